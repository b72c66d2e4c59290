"""Who may get which scope: references between applications, client authorities, roles."""
