"""Certificates: the only place that knows X.509."""
