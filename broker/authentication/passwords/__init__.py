"""Logon with passwords and passcodes: throttling, hashing and the check itself (D-41)."""
