"""Users by origin and name (``/sap/rest/user``)."""
