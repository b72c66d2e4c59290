"""The documentation is complete and correct."""

from __future__ import annotations

import re
from pathlib import Path

from broker.settings.model import PREFIX, Settings

ROOT = Path(__file__).parents[2]


def test_every_setting_is_documented_with_its_default() -> None:
    documented = dict(
        re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )
    variables = {
        str(field.validation_alias or f"{PREFIX}{name.upper()}"): field
        for name, field in Settings.model_fields.items()
    }
    assert set(documented) == set(variables)
    for variable, field in variables.items():
        default = field.get_default(call_default_factory=False)
        if isinstance(default, bool):
            default = str(default).lower()
        if isinstance(default, int | str) and variable != "XSUAA_MODE":
            assert documented[variable] == str(default), variable


def test_every_number_that_code_cites_is_explained_and_no_other() -> None:
    sources = [
        path
        for folder in ("broker", "tests", "migrations")
        for path in ROOT.joinpath(folder).rglob("*.py")
    ]
    cited = {
        number
        for path in sources
        if "node_modules" not in path.parts
        for number in re.findall(
            r"(?<![%\w])(?:(?:[DHIO]|TH)-G?\d{1,3}a?|[AP][1-9]\d?)\b", path.read_text()
        )
    }
    explained = re.findall(
        r"^\| ((?:[DHIO]|TH)-G?\d+a?|[AP]\d+) \|",
        (ROOT / "docs/numbers.md").read_text(),
        re.MULTILINE,
    )
    assert len(explained) == len(set(explained))
    assert set(explained) == cited
