"""Zones: the tenants that instances and clients belong to."""
