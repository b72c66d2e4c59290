"""Log on in a browser: endpoints, sessions and pages."""
