"""What commands that act as a platform share: OSB requests, names, files with credentials."""
