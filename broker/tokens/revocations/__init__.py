"""Revocation of tokens: one, all of a client, all of a user."""
