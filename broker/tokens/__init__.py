"""⑦ Tokens: which grant gives which claims, and the keys that sign them."""
