"""Names in the environment and in .env that look like settings but are none."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from dotenv import dotenv_values

from broker.settings.model import PREFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENV_FILE: Final = ".env"

_INTERNAL: Final = ("XSUAA_LISTENER_", "XSUAA_LIFELINE_")
"""Beginnings of variables that the supervisor sets for its listeners."""

_SERVICE: Final = re.compile(r"_SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)$")
_SERVICE_PORT: Final = re.compile(r"_PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?$")
_LINK: Final = re.compile(r"(?:tcp|udp|sctp)://")
_NEAR: Final = 0.8
_MAX_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A name without a meaning, its place, and the nearest setting, '' if none is near."""

    name: str
    place: str
    nearest: str

    def __str__(self) -> str:
        """Return the sentence for the user, without the value."""
        hint = f"; did you mean {self.nearest}?" if self.nearest else " and has no effect"
        return f"{self.name[:_MAX_NAME]}: is no setting{self.place}{hint}"


def unknown_names() -> Iterator[UnknownName]:
    """Yield the unknown names in the environment, then those in .env."""
    yield from _unknown(os.environ, "")
    given = dotenv_values(ENV_FILE)
    yield from _unknown({name: value or "" for name, value in given.items()}, f" ({ENV_FILE})")


def _unknown(variables: Mapping[str, str], place: str) -> Iterator[UnknownName]:
    known = {
        name: str(field.validation_alias or f"{PREFIX}{name.upper()}")
        for name, field in Settings.model_fields.items()
    }
    # The port has no prefix, which users add.
    names = {variable.removeprefix(PREFIX): variable for variable in known.values()}
    for given, value in sorted(variables.items()):
        name = given.upper()
        if not name.startswith(PREFIX) or name in known.values() or _is_foreign(name, value):
            continue
        near = get_close_matches(name.removeprefix(PREFIX)[:_MAX_NAME], names, 1, _NEAR)
        yield UnknownName(given, place, names[near[0]] if near else "")


def _is_foreign(name: str, value: str) -> bool:
    """Return whether Kubernetes or the supervisor has set the variable.

    Kubernetes sets those of a service named xsuaa-…: its address, and links with a scheme.
    """
    if name.startswith(_INTERNAL) or _SERVICE.search(name):
        return True
    is_port = _SERVICE_PORT.search(name) is not None
    return is_port and (name.count("_PORT_") > 0 or _LINK.match(value) is not None)
