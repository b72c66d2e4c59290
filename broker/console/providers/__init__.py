"""Identity providers of a zone: who they are, their test, and their deactivation."""
