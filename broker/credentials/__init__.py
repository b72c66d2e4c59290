"""④⑥ Credentials: minted for a binding, recognised again at the token endpoint."""
