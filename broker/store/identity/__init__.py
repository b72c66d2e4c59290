"""Users, their passwords and identity providers in the database."""
