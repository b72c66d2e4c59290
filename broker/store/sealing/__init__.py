"""Encryption at rest: data keys, envelopes, and moving to newer keys (D-12)."""
