"""The guard against removing a credential type that is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from broker.credentials.usage import Usage
from broker.errors import ForbiddenChange
from broker.store.credentials.usage import write_usage
from tests.support.domain import CALLER, Domain

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def guarded(migrated_url: str) -> Iterator[Domain]:
    """A domain with a guard for credentials used within 30 days."""
    opened = Domain(migrated_url, guard_days=30)
    yield opened
    opened.close()


def descriptor(*types: str, **members: Any) -> dict[str, Any]:
    return {"xsappname": "app", "oauth2-configuration": {"credential-types": list(types)}} | members


def use(domain: Domain, credentials: dict[str, Any]) -> None:
    """Use credentials at the domain's time."""
    client = domain.authenticator.authenticate(credentials["clientid"], credentials["clientsecret"])
    used = Usage(accepted=1, last_used_at=domain.clock.now())
    assert write_usage(domain.engine, {client.credential_id: used}) == {}


def test_a_type_in_use_cannot_be_removed_and_its_bindings_are_named(guarded: Domain) -> None:
    guarded.provision("i", descriptor("binding-secret", "instance-secret"))
    keys = {name: guarded.bind("i", name) for name in ("used", "unused")}
    use(guarded, keys["used"])
    used = "binding-secret is used by service key used"
    with pytest.raises(ForbiddenChange, match=used) as refused:
        guarded.update("i", descriptor("instance-secret"))
    assert "unused" not in str(refused.value)
    assert "Nothing was changed." in str(refused.value)
    assert all(guarded.accepts(key) for key in keys.values())  # unchanged


def test_a_shared_secret_in_use_names_all_bindings_that_show_it(guarded: Domain) -> None:
    guarded.provision("i", descriptor("instance-secret", "binding-secret"))
    shown = [guarded.bind("i", "one"), guarded.bind("i", "two", app_guid="app-2")]
    use(guarded, shown[0])
    holders = r"instance-secret is used by service key one, app app-2 \(binding two\)\."
    with pytest.raises(ForbiddenChange, match=holders):
        guarded.update("i", descriptor("binding-secret"))
    guarded.unbind("i", "one")
    guarded.unbind("i", "two")
    # A copy of the secret is still in use.
    with pytest.raises(ForbiddenChange, match="a client that no longer has a binding"):
        guarded.update("i", descriptor("binding-secret"))


def test_the_parameter_overrides_it_once(guarded: Domain) -> None:
    guarded.provision("i", descriptor("instance-secret", "binding-secret"))
    key = guarded.bind("i", "one")
    use(guarded, key)
    guarded.update("i", descriptor("binding-secret", **{"ignore-credential-usage": True}))
    assert not guarded.accepts(key)
    stored = guarded.fetch_.instance(CALLER, "i").parameters
    assert "ignore-credential-usage" not in stored


def test_unused_types_can_be_removed(guarded: Domain) -> None:
    guarded.provision("i", descriptor("instance-secret", "binding-secret"))
    key = guarded.bind("i", "one")
    use(guarded, key)
    guarded.clock.advance(days=31)
    guarded.update("i", descriptor("binding-secret"))
    assert not guarded.accepts(key)


def test_off_it_refuses_nothing(domain: Domain) -> None:
    domain.provision("i", descriptor("instance-secret", "binding-secret"))
    key = domain.bind("i", "one")
    use(domain, key)
    domain.update("i", descriptor("binding-secret"))
    assert not domain.accepts(key)


def test_a_dry_run_shows_the_differences_and_the_refusal(guarded: Domain) -> None:
    guarded.provision("i", descriptor("instance-secret", "binding-secret"))
    use(guarded, guarded.bind("i", "one"))
    less = descriptor("binding-secret", **{"dry-run": True})
    report = guarded.update("i", less)
    assert report[0] == "Dry run: nothing was changed."
    assert report[1].startswith("The update would be refused.")
    assert "within the last 30 days" in report[1]
    assert [text for text in report if text.endswith("bindings with instance-secret are cut off.")]
    assert report[-1].startswith("service key one: its instance-secret")
    overridden = guarded.update("i", less | {"ignore-credential-usage": True})
    assert overridden == [report[0], *report[2:]]
    with pytest.raises(ForbiddenChange):
        guarded.update("i", descriptor("binding-secret"))


def test_a_long_list_of_bindings_is_cut(guarded: Domain) -> None:
    guarded.provision("i", descriptor("instance-secret", "binding-secret"))
    keys = [guarded.bind("i", f"b{number:02}") for number in range(22)]
    use(guarded, keys[0])
    with pytest.raises(ForbiddenChange, match=r"service key b19 and 2 more\."):
        guarded.update("i", descriptor("binding-secret"))
