"""Which client may have which scope: references, client authorities and roles."""
