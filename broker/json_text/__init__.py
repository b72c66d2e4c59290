"""JSON texts of clients and files."""
