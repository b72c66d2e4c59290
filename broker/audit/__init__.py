"""The audit trail: events, and the actors that cause them; never a secret (D-23)."""
