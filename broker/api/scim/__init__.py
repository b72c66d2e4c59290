"""Users and groups (``/Users``, ``/Groups``): SCIM 1.1 as UAA speaks it."""
