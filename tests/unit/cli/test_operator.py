"""The operator in the audit trail, even if the user has no name."""

from __future__ import annotations

import getpass

import pytest

from broker.audit.actor import ActorKind
from broker.cli.operator import operator


def test_it_is_the_user_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "root")
    actor = operator("default")
    assert (actor.kind, actor.id, actor.platform) == (ActorKind.COMMAND_LINE, "root", "default")
    assert actor.correlation_id != operator().correlation_id
    assert operator().platform == ""


@pytest.mark.parametrize("error", [OSError, KeyError])
def test_a_number_without_a_name_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", fail)
    assert operator().id == ""
