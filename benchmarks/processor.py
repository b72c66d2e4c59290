"""What the processor can do that changes the bound."""

from __future__ import annotations

IFMA_VARIABLE = "OPENSSL_ia32cap"
WITHOUT_IFMA = ":~0x200000"
"""Has OpenSSL do without AVX-512 IFMA, which more than halves the time of an RSA signature."""
