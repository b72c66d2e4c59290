"""Reconciliation of a restored database: repeats deletions and revocations since the backup."""
