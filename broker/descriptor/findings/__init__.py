"""The errors of a document in words, all at once."""
