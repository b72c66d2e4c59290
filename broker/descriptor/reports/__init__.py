"""Reports of the commands ``descriptor check``, ``diff`` and ``reference``."""
