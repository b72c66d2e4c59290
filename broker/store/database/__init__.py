"""Connections, faults, schema: what SQLite and PostgreSQL need to keep the same promises (D-19)."""
