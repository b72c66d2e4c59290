"""Client credentials: secrets and certificates, their usage, and failed authentications."""
