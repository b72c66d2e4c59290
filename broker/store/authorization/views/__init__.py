"""Lists of role collections, roles and applications in the database."""
