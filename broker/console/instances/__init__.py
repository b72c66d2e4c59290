"""Service instances with their credentials: who uses what, what a change would break."""
