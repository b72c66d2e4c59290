"""Mappings of provider attributes and groups (``…/identity-providers/{origin}/…``)."""
