"""Signing keys, and what a revocation breaks."""
