"""Connections, errors and schema, with the same guarantees on SQLite and PostgreSQL (D-19)."""
