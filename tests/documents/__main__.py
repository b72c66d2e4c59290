"""``python -m tests.documents``: writes every page that is generated."""

from __future__ import annotations

from tests.documents.generated import GENERATED
from tests.support.server import ROOT


def main() -> None:
    """Write the pages and print their names."""
    for page, render in GENERATED.items():
        (ROOT / page).write_text(render())
        print(page)


if __name__ == "__main__":
    main()
