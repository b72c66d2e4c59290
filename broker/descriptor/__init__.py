"""② Parsing of ``xs-security.json`` and binding parameters into frozen types."""
