"""Roles and role templates (``…/roles``, ``…/apps/…/roletemplates``)."""
