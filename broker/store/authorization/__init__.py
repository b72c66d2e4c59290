"""Application references, roles, and held names."""
