"""Structured logs: one JSON object per line, and one line per request (D-26)."""
