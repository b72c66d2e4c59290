"""Role collections of a zone, with their users and mappings."""
