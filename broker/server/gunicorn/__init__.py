"""HTTPS, and HTTP behind a proxy that forwards client certificates, on gunicorn (D-21, D-33)."""
