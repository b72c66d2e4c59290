"""Security settings, token policy and signing keys of a subaccount (``…/securitySettings``)."""
