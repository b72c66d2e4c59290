"""The authorization endpoint's rules: what a request asks for, and what may be granted (I-60)."""
