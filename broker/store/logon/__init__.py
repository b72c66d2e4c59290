"""Storage of logons: counters of failures, known sources, passcodes, one-time links."""
