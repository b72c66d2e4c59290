"""Filters of lists: their text, the conditions that they state, pages and order."""
