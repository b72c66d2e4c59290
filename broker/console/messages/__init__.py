"""The texts that all pages share; each family has its own beside its pages."""
