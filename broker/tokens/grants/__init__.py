"""One file per grant type."""
