"""Settings become services: the WSGI application, the token service, what commands run on."""
