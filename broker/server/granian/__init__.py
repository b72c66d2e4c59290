"""The plain HTTP listener on granian, the faster of the two servers (D-21)."""
