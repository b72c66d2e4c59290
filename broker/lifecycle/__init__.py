"""③ The logic of the broker operations; one file per operation."""
