"""The service instance and its bindings."""
