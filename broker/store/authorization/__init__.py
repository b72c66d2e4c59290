"""References between applications, roles, and names kept for their space."""
