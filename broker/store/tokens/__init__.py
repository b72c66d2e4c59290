"""What the token service keeps: signing keys, revoked tokens, granted scopes."""
