"""Service instances that the platform no longer has: found by its list, and deleted."""
