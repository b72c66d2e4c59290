"""How a binding gets its credential: one issuer for each credential type, and the payload."""
