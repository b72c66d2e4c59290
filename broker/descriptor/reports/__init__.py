"""What the commands ``descriptor check``, ``diff`` and ``reference`` tell."""
