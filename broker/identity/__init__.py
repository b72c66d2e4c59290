"""Zones, the tenants of instances and clients."""
