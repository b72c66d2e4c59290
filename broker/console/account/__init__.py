"""The user's own sessions, applications and password."""
