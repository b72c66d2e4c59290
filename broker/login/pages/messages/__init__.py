"""The texts of pages, one module per language, each with the same keys (I-98)."""
