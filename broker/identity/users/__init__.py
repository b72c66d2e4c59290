"""The administration of a zone's users (I-01 to I-13)."""
