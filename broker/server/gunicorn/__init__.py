"""HTTPS, and HTTP behind a proxy that forwards client certificates, by gunicorn (D-21, D-33)."""
