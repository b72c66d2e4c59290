"""Names of service instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.cli import main
from broker.cli.platform.names import binding_id_of, inspected, named
from broker.errors import NotFound, StateConflict
from broker.lifecycle.inspect import Inspect

if TYPE_CHECKING:
    from tests.support.domain import Domain
    from tests.unit.cli.conftest import CommandLine


def test_an_id_is_stronger_than_a_name(on_sqlite: Domain) -> None:
    for instance_id, name in (("i", "a"), ("j", "i"), ("k", "b"), ("l", "b")):
        on_sqlite.provision(
            instance_id, {"xsappname": f"app-{instance_id}"}, context={"instance_name": name}
        )
    inspect = Inspect(on_sqlite.transactions)
    assert inspected(inspect, "i").instance.instance_id == "i"
    assert inspected(inspect, "a").instance.instance_id == "i"
    assert {each.instance_id for each in named(inspect, "b")} == {"k", "l"}
    with pytest.raises(StateConflict, match=r"use the id: [kl], [kl]"):
        inspected(inspect, "b")
    with pytest.raises(NotFound, match="no service instance with the id or name 'c'"):
        inspected(inspect, "c")


def test_a_short_id_is_enough(on_sqlite: Domain) -> None:
    first, second = "0f0d6a4e-0000-4000-8000-000000000001", "0f0d6a4e-0000-4000-8000-000000000002"
    on_sqlite.provision(first, {"xsappname": "a"})
    inspect = Inspect(on_sqlite.transactions)
    assert inspected(inspect, "0f0d6a4e").instance.instance_id == first
    with pytest.raises(NotFound):
        inspected(inspect, "0f0d6a4")
    on_sqlite.provision(second, {"xsappname": "b"})
    with pytest.raises(StateConflict):
        inspected(inspect, "0f0d6a4e")
    assert inspected(inspect, second[:36]).instance.instance_id == second


def test_a_short_id_of_one_binding_is_enough(on_sqlite: Domain) -> None:
    first, second = "1f0d6a4e-0000-4000-8000-000000000001", "1f0d6a4e-1111-4000-8000-000000000002"
    on_sqlite.provision("i", {"xsappname": "a"})
    for each in (first, second, "key"):
        on_sqlite.bind("i", each)
    found = inspected(Inspect(on_sqlite.transactions), "i")
    assert binding_id_of(found, "1f0d6a4e-1") == second
    assert binding_id_of(found, "key") == "key"
    for unknown in ("1f0d6a4e", "ke"):
        with pytest.raises(NotFound, match=f"i has no service key or binding '{unknown}'"):
            binding_id_of(found, unknown)


@pytest.mark.parametrize(
    "name", ["", "a b", "../a", "-a", ".a", "$(a)", "a/b", "`a`", "ä", "a" * 101, "a\n"]
)
def test_names_that_a_shell_or_a_file_system_reads_otherwise_are_refused(
    command_line: CommandLine, name: str
) -> None:
    assert "service-keys" in main.commands
    refused = command_line.try_out("service-keys", "create", "i", "--", name)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "is not a name" in refused.stderr
