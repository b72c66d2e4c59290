"""The process: deadlines, draining, bounded waits, and the state directory."""
