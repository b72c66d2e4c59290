"""Builds services from settings: the WSGI application, the token service, administration."""
