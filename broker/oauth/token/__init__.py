"""``/oauth/token``: the endpoint, and the fast path for client credentials (D-50)."""
