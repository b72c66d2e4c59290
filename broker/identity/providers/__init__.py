"""Identity providers of a zone: records, configuration, mapping of claims (I-30 to I-46)."""
