"""② ``xs-security.json`` and binding parameters in, frozen types out; no framework, no database."""
