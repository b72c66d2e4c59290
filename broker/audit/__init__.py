"""The audit trail: events and their actors; never a secret (D-23)."""
