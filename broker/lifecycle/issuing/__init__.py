"""Issuing of credentials: one issuer per credential type, and the payload."""
