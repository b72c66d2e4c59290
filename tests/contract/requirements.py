"""The numbered requirements, read from ``requirements.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Requirement:
    """One requirement of a broker."""

    id: str
    group: str
    level: str
    text: str
    since: str = ""


@dataclass(frozen=True)
class Requirements:
    """All requirements in order, the titles of their groups, and reasons for missing proofs."""

    all: dict[str, Requirement]
    groups: dict[str, str]
    reasons: dict[str, str]


def load_requirements() -> Requirements:
    """Read the file beside this module."""
    with Path(__file__).with_name("requirements.toml").open("rb") as file:
        document = tomllib.load(file)
    requirements = {
        identifier: Requirement(identifier, identifier.rpartition("-")[0], **entry)
        for identifier, entry in document["requirements"].items()
    }
    return Requirements(requirements, document["groups"], document["reasons"])
