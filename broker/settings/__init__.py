"""Every setting: its model, and the environment it is read from (D-25)."""
