"""What a restored database must lose again."""
