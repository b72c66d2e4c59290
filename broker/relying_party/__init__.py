"""The relying party: logon at OpenID Connect providers over the network (I-32 to I-40, D-46)."""
