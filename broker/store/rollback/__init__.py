"""Recognition of a SQLite file that was put back from a copy (D-62)."""
