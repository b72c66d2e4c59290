"""⑤ The token service over HTTP: forms and headers in, RFC 6749 JSON out."""
