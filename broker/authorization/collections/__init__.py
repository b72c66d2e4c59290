"""Role collections of a zone: built-in, declared by descriptors, made by administrators (D-40)."""
