"""The client certificate of the current request, from where the operator says it comes."""

from __future__ import annotations

import ssl

from flask import request


def certificate_of_connection() -> bytes | None:
    """Return the certificate, as DER, whose key the TLS client has; None without one."""
    connection = request.environ.get("gunicorn.socket")
    if not isinstance(connection, ssl.SSLSocket):
        return None
    return connection.getpeercert(binary_form=True)
