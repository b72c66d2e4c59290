"""The role collections of one user, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from broker.audit.actor import Actor, ActorKind
from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.model import CollectionMapping
from broker.authorization.collections.names import ADMINISTRATORS, VIEWERS
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.authorization.groups.of_user import CollectionsOfUser, UserCollections
from broker.errors import AccessDenied, NotFound, StateConflict
from broker.identity.user import Snapshot
from broker.identity.users.find import UserId
from tests.support.domain import OPERATOR
from tests.support.role_collections import ADMINISTRATOR
from tests.support.users import stored_provider, stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

PARTIAL = Actor(ActorKind.CLIENT, "c", scopes=frozenset({"xs_authorization.write"}))


@pytest.fixture
def zone(domain: Domain) -> Zone:
    """A zone with two collections, one of them mapped."""
    found = zone_of(domain)
    collections = ZoneCollections(domain.transactions)
    for name in ("Own", "Mapped"):
        collections.create(OPERATOR, found.guid, name, None)
    mapping = CollectionMapping("Mapped", "corp", "Groups", "managers")
    MapCollections(domain.transactions).map(OPERATOR, found.guid, mapping)
    return found


@pytest.fixture
def of(domain: Domain, zone: Zone) -> UserId:
    """A user of the mapped group."""
    stored_provider(domain, zone, "corp")
    snapshot = Snapshot(("managers",), {}, datetime.now(UTC))
    user = stored_user(domain, zone, origin="corp", snapshot=snapshot)
    return UserId(zone.guid, user.user_id)


@pytest.fixture
def collections(domain: Domain) -> CollectionsOfUser:
    return CollectionsOfUser(domain.transactions)


def test_assigned_and_mapped_collections(of: UserId, collections: CollectionsOfUser) -> None:
    assert collections(of) == UserCollections((), ["Mapped"])
    assigned = collections.assign(OPERATOR, of, ["Own", VIEWERS, "Own"])
    assert assigned == UserCollections(["Own", VIEWERS], ["Mapped"])
    assert collections.assign(OPERATOR, of, ["Own"]) == assigned == collections(of)
    assert collections.unassign(OPERATOR, of, [VIEWERS, "Own"]) == UserCollections((), ["Mapped"])


def test_all_or_nothing_changes(of: UserId, collections: CollectionsOfUser) -> None:
    with pytest.raises(NotFound):
        collections.assign(OPERATOR, of, ["Own", "Unknown"])
    assert not collections(of).assigned
    collections.assign(OPERATOR, of, ["Own"])
    for names in (["Own", VIEWERS], ["Own", "Unknown"]):
        with pytest.raises(NotFound):
            collections.unassign(OPERATOR, of, names)
    assert collections(of).assigned == ["Own"]


def test_built_in_roles_need_every_write_scope(of: UserId, collections: CollectionsOfUser) -> None:
    """D-47."""
    for name in (VIEWERS, ADMINISTRATORS):
        with pytest.raises(AccessDenied):
            collections.assign(PARTIAL, of, ["Own", name])
    assert not collections(of).assigned
    collections.assign(PARTIAL, of, ["Own"])
    collections.assign(ADMINISTRATOR, of, [VIEWERS])
    with pytest.raises(AccessDenied):
        collections.unassign(PARTIAL, of, [VIEWERS])
    collections.unassign(PARTIAL, of, ["Own"])


def test_the_last_administrator_stays(of: UserId, collections: CollectionsOfUser) -> None:
    """I-160."""
    collections.assign(ADMINISTRATOR, of, [ADMINISTRATORS])
    with pytest.raises(StateConflict):
        collections.unassign(ADMINISTRATOR, of, [ADMINISTRATORS])
    assert collections(of).assigned == [ADMINISTRATORS]


def test_another_zones_user_is_unknown(
    domain: Domain, of: UserId, collections: CollectionsOfUser
) -> None:
    far = stored_user(domain, zone_of(domain, "far"))
    for user_id in (far.user_id, "", "\0", "x" * 300, "current"):
        other = UserId(of.zone, user_id)
        with pytest.raises(NotFound, match="does not exist"):
            collections(other)
        with pytest.raises(NotFound, match="does not exist"):
            collections.assign(OPERATOR, other, ["Own"])
        with pytest.raises(NotFound, match="does not exist"):
            collections.unassign(OPERATOR, other, ["Own"])
