"""Which client a presented secret or certificate proves, decided anew each time (D-02, D-03)."""
