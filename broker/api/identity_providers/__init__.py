"""Identity providers (``/sap/rest/identity-providers``)."""
