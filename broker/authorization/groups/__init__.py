"""Users with the names of their role collections, and role collections as groups of users."""
