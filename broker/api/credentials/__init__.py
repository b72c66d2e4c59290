"""The credentials of service instances (``/credentials/v1``), which SAP's service does not have."""
