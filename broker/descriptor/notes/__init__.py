"""Notes on a valid descriptor: old spellings, and references without the effect they suggest."""
