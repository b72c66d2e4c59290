"""Zones and their tenants: creation in advance, completion after an upgrade, split."""
