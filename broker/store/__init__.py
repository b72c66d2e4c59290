"""Tables, repositories and encryption at rest; no other package contains SQL."""
