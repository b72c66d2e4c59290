"""What lists of role collections, roles and applications contain, read in few statements."""
