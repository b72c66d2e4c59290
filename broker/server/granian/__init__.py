"""Plain HTTP by granian, the faster one of the two servers (D-21)."""
