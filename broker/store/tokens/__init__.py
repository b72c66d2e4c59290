"""Repositories of the token service: signing keys, revoked tokens, granted scopes."""
