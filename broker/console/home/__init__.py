"""The start page, and the operator's choice of a zone."""
