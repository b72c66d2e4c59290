"""Requests to providers: allowed targets, bounds of time and bytes, a cache (I-33, I-34)."""
