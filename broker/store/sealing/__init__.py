"""Encryption at rest: data keys, envelopes, and re-encryption with newer keys (D-12)."""
