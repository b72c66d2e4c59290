"""Applications and their scopes (``…/apps``, ``…/ownapp``)."""
