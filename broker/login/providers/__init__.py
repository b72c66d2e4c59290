"""Logon at identity providers: the choice of one, the redirect to it, its callback (I-35)."""
