"""The listeners and their worker processes, which gunicorn manages (D-21)."""
