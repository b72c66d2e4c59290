"""The list of requirements, the page generated from it, and the cited proofs."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.contract.page import PAGE, render, unproven
from tests.contract.proofs import cited_in, find_proofs
from tests.contract.registry import load
from tests.contract.requirements import load_requirements

HERE = Path(__file__).parent
REQUIREMENTS = load_requirements()


def test_the_page_is_up_to_date() -> None:
    current = PAGE.read_text() if PAGE.exists() else ""
    assert current == render(), "run: python -m tests.contract.page"


def test_every_requirement_has_a_proof_or_a_reason() -> None:
    assert unproven(REQUIREMENTS, find_proofs()) == []


def test_every_requirement_belongs_to_a_group_and_has_a_level() -> None:
    for requirement in REQUIREMENTS.all.values():
        assert requirement.group in REQUIREMENTS.groups
        assert requirement.level in {"M", "S", "P", "Y"}
        assert requirement.text.endswith(".")


def test_reasons_are_given_for_requirements_that_exist() -> None:
    assert set(REQUIREMENTS.reasons) <= set(REQUIREMENTS.all)


def test_every_citation_exists() -> None:
    assert set(find_proofs()) <= set(REQUIREMENTS.all)
    for entry in load():
        assert set(entry.requirements) <= set(REQUIREMENTS.all), entry.name


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("OSB-PROV-01.", ["OSB-PROV-01"]),
        ("OSB-PROV-01, -02, -04: so", ["OSB-PROV-01", "OSB-PROV-02", "OSB-PROV-04"]),
        ("OSB-AUTH-01 to -03, -07", [f"OSB-AUTH-0{n}" for n in (1, 2, 3, 7)]),
        ("(OSB-HDR-02,\n   OSB-CF)", ["OSB-HDR-02"]),
        ("D-10, OSB-BIND-02, OSB-GETB-01, -03", ["OSB-BIND-02", "OSB-GETB-01", "OSB-GETB-03"]),
        ("CF-SEND-01 and -02", ["CF-SEND-01", "CF-SEND-02"]),
        ("OSB-BODY", []),
    ],
)
def test_citations_are_read_as_people_write_them(text: str, cited: list[str]) -> None:
    assert list(cited_in(text)) == cited


def test_checks_need_nothing_but_python_and_requests() -> None:
    """The checks of any broker need no other package and no module of this product."""
    allowed = {*sys.stdlib_module_names, "requests", "tests"}
    modules = [path for path in HERE.rglob("*.py") if not path.name.startswith("test_")]
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [str(node.module)]
            for name in names:
                assert name.partition(".")[0] in allowed, path
                assert not name.startswith("tests.") or name.startswith("tests.contract."), path
