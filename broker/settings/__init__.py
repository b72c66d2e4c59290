"""The settings: their model, and how they are read from the environment (D-25)."""
