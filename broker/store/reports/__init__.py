"""Queries across all instances for commands, metrics and checks."""
