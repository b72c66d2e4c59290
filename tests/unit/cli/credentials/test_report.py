"""``credentials report``: which credential types are still needed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from broker.credentials.usage import Usage
from broker.store.credentials.usage import write_usage
from broker.store.tables.core import credential

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def filled(command_line: CommandLine) -> CommandLine:
    """A database with an instance that shows its secret in one binding."""
    command_line.domain.provision("i", {"xsappname": "app"})
    command_line.domain.bind("i", "b")
    return command_line


def use_secret(filled: CommandLine) -> None:
    with filled.domain.engine.connect() as connection:
        row_id = connection.execute(select(credential.c.id)).scalar_one()
    now = Usage(accepted=1, last_used_at=datetime.now(UTC))
    assert write_usage(filled.domain.engine, {row_id: now}) == {}


def report(filled: CommandLine, *options: str) -> Any:
    return json.loads(filled("credentials", "report", "--json", *options))


def test_need_follows_from_use(filled: CommandLine) -> None:
    [before] = report(filled)["instances"]
    assert before["removal"]["instance-secret"]["need"] == "held, use unknown"
    use_secret(filled)
    document = report(filled, "--within", "1d")
    assert document["within_seconds"] == 86_400
    [after] = document["instances"]
    removal = after["removal"]["instance-secret"]
    assert (removal["need"], removal["would_break"]) == ("in use", ["b"])
    assert after["instance_secret"]["accepted"] == 1
    assert after["bindings"][0]["use"] is None


def test_the_last_line_names_the_users_of_the_instance_secret(filled: CommandLine) -> None:
    use_secret(filled)
    *table, last = filled("credentials", "report", "--instance", "i").splitlines()
    assert "app!t1" in last
    assert any(line.startswith("b ") for line in table)
    filled.domain.deprovision("i")
    assert "app!t1" not in filled("credentials", "report").splitlines()[-1]


def test_a_missing_instance_is_a_failure(filled: CommandLine) -> None:
    result = filled.try_out("credentials", "report", "--instance", "missing")
    assert (result.exit_code, result.stdout) == (1, "")


def test_the_answer_for_each_type_is_in_the_document_and_in_the_status(
    filled: CommandLine,
) -> None:
    words = ("credentials", "report", "--fail-if-needed", "instance-secret")
    assert filled.try_out(*words).exit_code == 3  # its use is unknown
    use_secret(filled)
    gated = filled.try_out(*words, "--json")
    assert gated.exit_code == 3
    answer = json.loads(gated.stdout)["types"]["instance-secret"]
    assert answer == {
        "needed": True,
        "in_use": ["app!t1"],
        "use_unknown": [],
        "held_unused": [],
    }
    assert filled.try_out("credentials", "report", "--fail-if-needed", "x509").exit_code == 0
    filled.domain.deprovision("i")
    assert filled.try_out(*words).exit_code == 0


def test_a_long_name_shortens_no_need(command_line: CommandLine) -> None:
    command_line.domain.provision("i", {"xsappname": "a" * 60})
    command_line.domain.bind("i", "b")
    header, line, *_ = command_line("credentials", "report").splitlines()
    assert "held, use unknown" in line
    assert max(len(header), len(line)) <= 80
