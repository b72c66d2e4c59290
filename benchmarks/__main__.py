"""Run all measurements: ``python -m benchmarks``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import refusals
from tests.support.server import Server


def main() -> None:
    """Start a server on SQLite, measure, and stop it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        print("Starting a server", flush=True)
        with Server(Path(directory), workers=1, XSUAA_LOG_LEVEL="error") as server:
            print(f"Measuring for about {refusals.SECONDS:.0f} seconds", flush=True)
            refusals.measure(server)


if __name__ == "__main__":
    main()
