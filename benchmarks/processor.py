"""Processor features that change the bound."""

from __future__ import annotations

from pathlib import Path

IFMA_VARIABLE = "OPENSSL_ia32cap"
WITHOUT_IFMA = ":~0x200000"
"""Disables AVX-512 IFMA in OpenSSL, which nearly halves the time of an RSA signature."""


def has_ifma() -> bool:
    """Return whether this machine's processor has these instructions."""
    file = Path("/proc/cpuinfo")
    return file.exists() and "avx512ifma" in file.read_text()
