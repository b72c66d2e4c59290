"""④⑥ Credential types: minting for a binding, recognition at the token endpoint."""
