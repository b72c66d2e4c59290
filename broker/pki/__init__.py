"""X.509 certificates and certificate authorities (CAs); no other package parses certificates."""
