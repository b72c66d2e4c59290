"""Client authentication by secret or certificate, decided afresh each time (D-02, D-03)."""
