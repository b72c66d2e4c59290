"""Redirect URIs: one grammar for registration and matching (D-45)."""
