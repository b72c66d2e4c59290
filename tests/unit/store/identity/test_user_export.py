"""Everything stored about one user."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from broker.audit.actor import Actor, ActorKind
from broker.audit.event import Action
from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.model import CollectionMapping
from broker.identity.user import Snapshot
from broker.identity.user_events import user_event
from tests.support.domain import OPERATOR
from tests.support.user_rows import DESCRIPTOR, fill, tables_of_users
from tests.support.users import NOW, stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.domain import Domain


def exported(domain: Domain, user: User) -> dict[str, Any]:
    document = domain.transactions.read(lambda store: store.user_export.of(user))
    assert json.loads(json.dumps(document)) == document
    return document


def test_the_export_has_a_section_for_every_table_and_no_secret(domain: Domain) -> None:
    zone = domain.provision("i", DESCRIPTOR).instance.client.zone
    snapshot = Snapshot(("admins",), {"Country": ("DE",)}, NOW)
    user = stored_user(domain, zone, origin="corp", snapshot=snapshot)
    for value in ("admins", "others"):
        mapping = CollectionMapping("Readers", "corp", "Groups", value)
        MapCollections(domain.transactions).map(OPERATOR, "1", mapping)
    other = stored_user(domain, zone, "berta")
    fill(domain, user)
    by_user, by_other = (Actor(ActorKind.USER, each.user_id) for each in (user, other))

    def record(store: Any) -> None:
        store.audit.append(user_event(Action.UPDATE_USER, OPERATOR, user, NOW))
        store.audit.append(user_event(Action.DEACTIVATE_USER, by_user, other, NOW))
        store.audit.append(user_event(Action.UPDATE_USER, by_other, other, NOW))
        store.audit.append(user_event(Action.UPDATE_USER, OPERATOR, other, NOW, by=user.user_id))

    domain.transactions.run(record)
    document = exported(domain, user)
    assert document["user"]["provider_groups"] == ["admins"]
    sections = {name: value for name, value in document.items() if name != "user"}
    assert len(sections) == len(tables_of_users()) + 2
    assert {len(rows) for name, rows in sections.items() if name != "audit_events"} == {1}
    assert document["role_collections"][0]["name"] == "Readers"
    assert document["mapped_role_collections"] == [
        {"name": "Readers", "attribute": "Groups", "value": "admins"}
    ]
    assert document["refresh_tokens"][0]["client_id"] == "sb-app!t1"
    assert len(document["audit_events"]) == 3
    names = {name for rows in sections.values() for row in rows for name in row}
    assert not names & {"digest", "sealed_hash", "lookup", "sealed_id_token", "code_challenge"}
    empty = exported(domain, other)
    assert not any(rows for name, rows in empty.items() if name not in {"user", "audit_events"})
