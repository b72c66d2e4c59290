"""The forms in which descriptors are written: wrappers, YAML and MTA descriptors."""
