"""The listeners that serve requests, their supervisor, and its background tasks."""
