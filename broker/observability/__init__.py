"""What a platform team sees of a running server, and the log line of each request."""
