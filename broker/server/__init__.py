"""The listeners that serve requests, and what their supervisor does beside them."""
