"""The audit trail: who did what, found by filters, and each event with all it recorded."""
