"""Users of a zone: who they are, what is assigned to them, and the end of their access."""
