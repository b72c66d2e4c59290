"""The process: deadlines, draining, bounded waits, files that are made once."""
