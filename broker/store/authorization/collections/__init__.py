"""Role collections, assignments, mappings and custom roles in the database."""
