"""Overviews of instances, and previews of updates, which promise what an update then does."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select

from broker.credentials.readiness import CredentialState, DayOfUse
from broker.credentials.usage import Usage
from broker.errors import InstanceNotFound, InvalidRequest, NotFound
from broker.instances.plan import Plan
from broker.lifecycle.guard import UsageGuard
from broker.lifecycle.overview.model import BindingPage, InstancePage
from broker.lifecycle.overview.read import ReadOverviews, parsed_types
from broker.store.credentials.usage import write_usage
from broker.store.tables.core import credential, service_binding
from tests.support.domain import APIACCESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.credentials.envelope import Payload
    from broker.lifecycle.update import Updated
    from tests.support.domain import Domain

TYPES = ("binding-secret", "instance-secret", "x509")
TYPE_SETS = [types for size in (1, 2, 3) for types in itertools.combinations(TYPES, size)]


def reader(domain: Domain, guard_days: int = 0) -> ReadOverviews:
    guard = UsageGuard(timedelta(days=guard_days))
    relist_within = timedelta(days=domain.relist_days)
    return ReadOverviews(domain.transactions, domain.clock, guard, relist_within)


def descriptor(*types: str) -> dict[str, Any]:
    return {"xsappname": "app", "oauth2-configuration": {"credential-types": list(types)}}


def zone_of(domain: Domain, instance_id: str) -> str:
    return domain.instance(instance_id).client.zone.guid


def use(domain: Domain, binding_id: str | None, day: int = 0, refused: int = 0) -> None:
    """Record uses of a binding's credential, None for the instance secret, on a day."""
    with domain.engine.connect() as connection:
        query = select(credential.c.id).outerjoin(
            service_binding, service_binding.c.id == credential.c.binding_row_id
        )
        found = query.where(service_binding.c.binding_id == binding_id)
        if binding_id is None:
            found = query.where(credential.c.binding_row_id.is_(None))
        row_id = connection.execute(found).scalar_one()
    usage = Usage()
    at = domain.clock.now() + timedelta(days=day)
    usage.accept(at, by_previous_secret=False)
    for _ in range(refused):
        usage.refuse(at)
    assert write_usage(domain.engine, {row_id: usage}) == {}


def test_an_instance_with_its_credentials(domain: Domain) -> None:
    domain.provision("i", descriptor("binding-secret", "instance-secret"))
    domain.bind("i", "own", app_guid="app-1")
    domain.bind("i", "shared", {"credential-type": "instance-secret"})
    domain.bind("i", "other")
    use(domain, "own", refused=2)
    use(domain, "own", day=-1)
    use(domain, None)
    found = reader(domain).one(zone_of(domain, "i"), "i")
    assert found.instance == domain.instance("i")
    by_id = {each.binding_id: each for each in found.held.bindings}
    assert set(by_id) == {"own", "shared", "other"}
    own = found.use_of(by_id["own"])
    assert own is not None
    today = domain.clock.now().date()
    assert own.days == [
        DayOfUse(today - timedelta(days=1), 1, 0),
        DayOfUse(today, 1, 2),
    ]
    assert (own.accepted, own.refused, own.used_at) == (2, 2, domain.clock.now())
    secret = found.use_of(by_id["shared"])
    assert secret is found.held.secret
    assert secret is not None
    assert [each.accepted for each in secret.days] == [1]
    assert {found.state_of(each) for each in found.held.bindings} == {CredentialState.ACCEPTED}
    assert [
        (each.type, each.is_default, each.bindings, each.last_used_at, each.need)
        for each in found.types
    ] == [
        ("binding-secret", True, 2, domain.clock.now(), "in use"),
        ("instance-secret", False, 1, domain.clock.now(), "in use"),
    ]


def test_a_type_that_is_no_longer_listed_stays_visible(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", descriptor("instance-secret"))
    on_sqlite.bind("i", "b")
    on_sqlite.unbind("i", "b")
    on_sqlite.update("i", descriptor("binding-secret"))
    found = reader(on_sqlite).one(None, "i")
    assert [(each.type, each.is_listed) for each in found.types] == [
        ("binding-secret", True),
        ("instance-secret", False),
    ]
    assert found.held.secret is not None
    state = found.held.secret.state(found.listed, found.at)
    assert state is CredentialState.NOT_LISTED


def test_an_expired_certificate_is_shown_as_expired(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", descriptor("x509"))
    on_sqlite.bind("i", "b")
    on_sqlite.clock.advance(days=8)
    found = reader(on_sqlite).one(None, "i")
    [binding] = found.held.bindings
    assert found.state_of(binding) is CredentialState.EXPIRED
    assert binding.use is not None
    assert binding.use.how == "managed"
    on_sqlite.clock.advance(days=-20)
    assert reader(on_sqlite).one(None, "i").state_of(binding) is CredentialState.NOT_YET_VALID


def test_other_zones_and_strange_ids_are_not_found(domain: Domain) -> None:
    domain.provision("i", descriptor("binding-secret"))
    domain.provision("j", descriptor("binding-secret"), organization_guid="other")
    read = reader(domain)
    for zone, instance_id in (
        (zone_of(domain, "j"), "i"),
        (zone_of(domain, "i"), "missing"),
        (None, "missing"),
        (None, "a\0b"),
        (None, "x" * 513),
    ):
        with pytest.raises(InstanceNotFound):
            read.one(zone, instance_id)
        with pytest.raises(InstanceNotFound):
            read.preview(zone, instance_id, TYPES)
    with pytest.raises(NotFound):
        read.instances("nowhere", InstancePage())


def test_the_list_is_of_one_zone_or_of_all(domain: Domain) -> None:
    for name, organization in (("a", "org"), ("b", "org"), ("c", "other")):
        context = {"instance_name": f"Instance {name.upper()}"}
        parameters = descriptor("binding-secret", "instance-secret") | {"xsappname": f"app-{name}"}
        domain.provision(name, parameters, organization_guid=organization, context=context)
    domain.bind("a", "one")
    domain.bind("a", "two", {"credential-type": "instance-secret"})
    use(domain, None)
    read, zone = reader(domain), zone_of(domain, "a")

    def ids(zone: str | None, **changes: Any) -> list[str]:
        found, total = read.instances(zone, InstancePage(**changes))
        assert total >= len(found)
        return [each.instance_id for each in found]

    assert ids(zone) == ["a", "b"]
    assert ids(None) == ["a", "b", "c"]
    assert ids(None, offset=1, limit=1) == ["b"]
    assert ids(None, search="instance c") == ["c"]
    assert ids(None, search="app-a") == ["a"]
    assert ids(None, search="%") == []
    assert ids(None, search="\0") == []
    assert ids(None, type="x509") == []
    assert ids(None, type="instance-secret") == ["a", "b", "c"]
    [first, second], total = read.instances(zone, InstancePage())
    assert (first.bindings, second.bindings, total) == (2, 0, 2)
    assert first.last_used_at == first.secret_used_at == domain.clock.now()
    assert second.last_used_at is None
    assert first.types == ("binding-secret", "instance-secret")


def test_bindings_are_paged_searched_and_sorted(domain: Domain) -> None:
    domain.provision("i", descriptor("binding-secret", "instance-secret"))
    for number in range(5):
        domain.bind("i", f"b{number}", app_guid=f"Guid-{number}")
        domain.clock.advance(seconds=1)
    domain.bind("i", "shared", {"credential-type": "instance-secret"})
    use(domain, "b1", day=-2)
    use(domain, "b3", day=-1)
    use(domain, None, day=-3)

    def ids(**changes: Any) -> tuple[list[str], int]:
        held = reader(domain).one(None, "i", BindingPage(**changes)).held
        return [each.binding_id for each in held.bindings], held.total

    assert ids() == (["shared", "b4", "b3", "b2", "b1", "b0"], 6)
    assert ids(offset=1, limit=2) == (["b4", "b3"], 6)
    assert ids(by_last_use=True, limit=4) == (["b3", "b1", "shared", "b4"], 6)
    assert ids(search="guid-2") == (["b2"], 1)
    assert ids(search="_") == ([], 0)
    assert ids(search="b\0") == ids(exact="b0\0") == ids(exact="b" * 300) == ([], 0)
    assert ids(type="instance-secret") == (["shared"], 1)
    assert ids(type="x509") == ([], 0)


@pytest.mark.parametrize("number", [1, 40])
def test_the_number_of_statements_does_not_grow(on_sqlite: Domain, number: int) -> None:
    on_sqlite.provision("i", descriptor("binding-secret", "instance-secret"))
    on_sqlite.bind("i", "shared", {"credential-type": "instance-secret"})
    for each in range(number):
        on_sqlite.bind("i", f"b{each}")
        use(on_sqlite, f"b{each}")
    zone, read = zone_of(on_sqlite, "i"), reader(on_sqlite)
    statements: list[object] = []

    def note(*arguments: object) -> None:
        statements.append(arguments[2])

    event.listen(on_sqlite.engine, "before_cursor_execute", note)
    read.one(zone, "i", BindingPage(limit=500))
    assert len(statements) <= 5
    statements.clear()
    read.instances(zone, InstancePage())
    assert len(statements) <= 4
    statements.clear()
    read.preview(zone, "i", ["x509"])
    assert len(statements) <= 6


@pytest.fixture
def with_every_type(domain: Domain) -> dict[str, Payload]:
    """The credentials of an instance with a binding of each type, and two with the secret."""
    domain.provision("i", descriptor(*TYPES))
    credentials = {type_: domain.bind("i", type_, {"credential-type": type_}) for type_ in TYPES}
    credentials["app"] = domain.bind(
        "i", "app", {"credential-type": "instance-secret"}, app_guid="app-1"
    )
    return credentials


def test_a_preview_is_what_the_update_cuts_off(
    domain: Domain, with_every_type: dict[str, Payload]
) -> None:
    """For all pairs of sets of types: the update's own report, and what authenticates."""
    read = reader(domain)
    for before, after in itertools.product(TYPE_SETS, TYPE_SETS):
        domain.update("i", descriptor(*before))
        accepted = accepted_bindings(domain, with_every_type)
        foreseen = read.preview(None, "i", after)
        updated = update(domain, after)
        assert foreseen.cut_off == updated.cut_off, (before, after)
        now_accepted = accepted_bindings(domain, with_every_type)
        assert {each.binding_id for each in foreseen.cut_off} == accepted - now_accepted
        assert {each.binding_id for each in foreseen.accepted_again} == now_accepted - accepted
        loses_secret = "instance-secret" in before and "instance-secret" not in after
        assert (foreseen.lost_secret is not None) is loses_secret


def test_a_secret_that_was_delisted_too_long_ago_does_not_return(
    on_sqlite: Domain,
) -> None:
    """D-02."""
    on_sqlite.provision("i", descriptor(*TYPES))
    old = on_sqlite.bind("i", "old", {"credential-type": "instance-secret"})
    on_sqlite.update("i", descriptor("binding-secret"))
    on_sqlite.clock.advance(days=on_sqlite.relist_days)
    assert reader(on_sqlite).preview(None, "i", TYPES).accepted_again == []
    update(on_sqlite, TYPES)
    assert not on_sqlite.accepts(old)


def accepted_bindings(domain: Domain, credentials: dict[str, Payload]) -> set[str]:
    """Return which bindings' credentials authenticate, of certificates by the type's listing."""
    found = {
        binding_id
        for binding_id, payload in credentials.items()
        if "clientsecret" in payload and domain.accepts(payload)
    }
    x509 = credentials["x509"]
    return found | ({"x509"} if accepts_certificate(domain, x509) else set())


def accepts_certificate(domain: Domain, payload: Payload) -> bool:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415

    certificate = load_pem_x509_certificates(str(payload["certificate"]).encode())[0]
    return domain.refusal(payload["clientid"], certificate.public_bytes(Encoding.DER)) is None


def update(domain: Domain, types: Sequence[str]) -> Updated:
    from broker.lifecycle.requests import UpdateRequest  # noqa: PLC0415
    from tests.support.domain import CALLER, SERVICE  # noqa: PLC0415

    return domain.update_(UpdateRequest(CALLER, "i", SERVICE, None, descriptor(*types), {}))


def test_the_guard_is_foreseen(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", descriptor("binding-secret", "x509"))
    on_sqlite.bind("i", "b")
    use(on_sqlite, "b")
    assert reader(on_sqlite).preview(None, "i", ["x509"]).guarded == ""
    text = reader(on_sqlite, guard_days=7).preview(None, "i", ["x509"]).guarded
    assert "service key b" in text
    [lost] = reader(on_sqlite).preview(None, "i", ["x509"]).cut_off
    assert lost.last_used_at == on_sqlite.clock.now()


def test_plan_apiaccess_keeps_its_type(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", None, plan=Plan.APIACCESS, plan_id=APIACCESS)
    read = reader(on_sqlite)
    assert read.preview(None, "i", ["x509", "binding-secret"]).types == ["binding-secret"]
    with pytest.raises(InvalidRequest, match="binding-secret"):
        read.preview(None, "i", ["x509"])


def test_types_in_a_query() -> None:
    assert parsed_types("x509, binding-secret,x509") == ["x509", "binding-secret"]
    for text in ("", ",", "password", "x509;binding-secret", "x509," * 100):
        with pytest.raises(InvalidRequest, match=r"types: .*instance-secret"):
            parsed_types(text)
