"""One JSON object a line: the log itself, and the line of each request (D-26)."""
