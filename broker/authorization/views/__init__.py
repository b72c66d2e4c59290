"""What lists of zones, role collections, roles and applications contain, in few statements."""
