"""⑦ Tokens: grants, the claims they issue, and the signing keys."""
