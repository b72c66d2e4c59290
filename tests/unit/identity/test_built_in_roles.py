"""Who may change who holds a built-in role: every way to it (D-47, TH-13)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from broker.audit.actor import Actor, ActorKind
from broker.authentication.passwords.links import PasswordLinks
from broker.authorization.collections.assign import AssignCollections
from broker.authorization.collections.custom_roles import CustomRole, ZoneRoles
from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.model import CollectionMapping, RoleKey
from broker.authorization.collections.names import ADMINISTRATORS, VIEWERS
from broker.authorization.collections.zone_collections import NewCollection, ZoneCollections
from broker.authorization.groups.of_user import CollectionsOfUser
from broker.authorization.groups.write import UserChange, WriteUsers
from broker.errors import AccessDenied
from broker.identity.built_in_roles import EVERY_WRITE_SCOPE, may_change_holders
from broker.identity.password_policy import PasswordPolicy
from broker.identity.providers.administer import NewProvider, ProviderChanges, Providers
from broker.identity.set_password import SetPassword
from broker.identity.user import Snapshot
from broker.identity.users.add import AddUser, NewUser
from broker.identity.users.change import ChangeUser
from broker.identity.users.delete import DeleteUser
from broker.identity.users.find import UserId
from tests.support.domain import OPERATOR
from tests.support.role_collections import ADMINISTRATOR, assign, descriptor, user_name
from tests.support.users import NOW, stored_provider, stored_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.identity.user import User
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

PASSWORD = "correct horse battery staple"
CONFIGURATION = {"issuer": "https://idp.example.org", "relyingPartyId": "client"}
PARTIAL = [
    Actor(kind, "an-actor", scopes=frozenset(set(EVERY_WRITE_SCOPE) - {missing}))
    for kind in (ActorKind.CLIENT, ActorKind.USER)
    for missing in EVERY_WRITE_SCOPE
]
WAYS: dict[str, Callable[[Scene, Actor], object]] = {}


class Scene:
    """A zone with an administrator, an auditor by a provider's group, and plain users."""

    def __init__(self, domain: Domain) -> None:
        self.domain, self.transactions, self.clock = domain, domain.transactions, domain.clock
        provisioned = domain.provision("app", descriptor("app", "All"), organization_guid="org")
        self.zone: Zone = provisioned.instance.client.zone
        self.name = self.zone.guid
        self.role = RoleKey(
            f"xsuaa!t{self.zone.index}", "xsuaa_admin", "User and Role Administrator"
        )
        self.viewer = RoleKey(f"app!t{self.zone.index}", "Viewer", "Viewer")
        self.anna = stored_user(domain, self.zone, "anna")
        assign(domain, self.anna, ADMINISTRATORS)
        assign(domain, stored_user(domain, self.zone, "second"), ADMINISTRATORS)
        self.plain = stored_user(domain, self.zone, "plain")
        stored_provider(domain, self.zone, "corp")
        self.mapping = CollectionMapping(VIEWERS, "corp", "Groups", "auditors")
        MapCollections(self.transactions).map(OPERATOR, self.name, self.mapping)
        snapshot = Snapshot(("auditors",), {}, NOW)
        self.mapped = stored_user(domain, self.zone, "max", origin="corp", snapshot=snapshot)
        self.unmapped = stored_user(domain, self.zone, "eva", origin="corp")
        collections = ZoneCollections(self.transactions)
        collections.create(OPERATOR, self.name, "Mixed", None, [self.role, self.viewer])
        collections.create(OPERATOR, self.name, "Plain", None, [self.viewer])
        self.collections = collections
        self.own_role = RoleKey(self.role.app_id, self.role.template, "own")
        ZoneRoles(self.transactions).create(
            OPERATOR, self.name, CustomRole(self.own_role, None, {})
        )

    @property
    def passwords(self) -> SetPassword:
        return SetPassword(self.transactions, PasswordPolicy(15), lambda _: "$phc")

    @property
    def providers(self) -> Providers:
        return Providers(self.transactions, self.clock, allows_http=True)

    def change(self) -> ChangeUser:
        return ChangeUser(self.transactions, self.clock)

    def write(self) -> WriteUsers:
        add = AddUser(self.transactions, self.clock, self.passwords)
        delete = DeleteUser(self.transactions, self.clock)
        return WriteUsers(self.transactions, add, self.change(), delete)

    def assignments(self) -> AssignCollections:
        return AssignCollections(self.transactions)


def way(function: Callable[[Scene, Actor], object]) -> Callable[[Scene, Actor], object]:
    WAYS[function.__name__] = function
    return function


@way
def assign_it(scene: Scene, actor: Actor) -> object:
    return scene.assignments().assign(actor, user_name(scene.plain), ADMINISTRATORS)


@way
def assign_a_collection_that_contains_it(scene: Scene, actor: Actor) -> object:
    return scene.assignments().assign(actor, user_name(scene.plain), "Mixed")


@way
def unassign_it(scene: Scene, actor: Actor) -> object:
    return scene.assignments().unassign(actor, user_name(scene.anna), ADMINISTRATORS)


@way
def map_it(scene: Scene, actor: Actor) -> object:
    mapping = replace(scene.mapping, value="others")
    return MapCollections(scene.transactions).map(actor, scene.name, mapping)


@way
def unmap_it(scene: Scene, actor: Actor) -> object:
    return MapCollections(scene.transactions).unmap(actor, scene.name, scene.mapping)


@way
def create_a_collection_with_it(scene: Scene, actor: Actor) -> object:
    new = NewCollection("New", None, [scene.role])
    scene.collections.create_all(actor, scene.name, [new])
    return None


@way
def add_it_to_a_collection(scene: Scene, actor: Actor) -> object:
    return scene.collections.add_roles(actor, scene.name, "Plain", scene.viewer, scene.role)


@way
def take_it_out_of_a_collection(scene: Scene, actor: Actor) -> object:
    return scene.collections.remove_roles(actor, scene.name, "Mixed", scene.role)


@way
def delete_a_collection_with_it(scene: Scene, actor: Actor) -> object:
    return scene.collections.delete(actor, scene.name, "Mixed")


@way
def make_a_role_of_its_template(scene: Scene, actor: Actor) -> object:
    role = CustomRole(replace(scene.own_role, name="another"), None, {})
    ZoneRoles(scene.transactions).create(actor, scene.name, role)
    return None


@way
def delete_a_role_of_its_template(scene: Scene, actor: Actor) -> object:
    return ZoneRoles(scene.transactions).delete(actor, scene.name, scene.own_role)


@way
def change_a_role_of_its_template(scene: Scene, actor: Actor) -> object:
    role = CustomRole(scene.own_role, "Another description", {})
    return ZoneRoles(scene.transactions).change(actor, scene.name, role)


@way
def rename_a_holder(scene: Scene, actor: Actor) -> object:
    return scene.change().update(actor, user_name(scene.anna), name="hanna")


@way
def change_the_address_of_a_holder_by_mapping(scene: Scene, actor: Actor) -> object:
    return scene.change().update(actor, user_name(scene.mapped), email="other@example.org")


@way
def deactivate_a_holder(scene: Scene, actor: Actor) -> object:
    return scene.change().deactivate(actor, user_name(scene.anna))


@way
def activate_a_holder(scene: Scene, actor: Actor) -> object:
    scene.change().deactivate(OPERATOR, user_name(scene.anna))
    return scene.change().activate(actor, user_name(scene.anna))


@way
def delete_a_holder(scene: Scene, actor: Actor) -> object:
    return DeleteUser(scene.transactions, scene.clock)(actor, user_name(scene.anna))


@way
def end_the_sessions_of_a_holder(scene: Scene, actor: Actor) -> object:
    return scene.change().end_sessions(actor, user_name(scene.anna))


@way
def create_a_holder(scene: Scene, actor: Actor) -> object:
    return scene.write().create_all(actor, scene.name, [(NewUser("new"), ["All", "Mixed"])])


@way
def give_it_with_all_collections_of_a_user(scene: Scene, actor: Actor) -> object:
    change = UserChange(collections=["All", ADMINISTRATORS])
    return scene.write().change(actor, user_name(scene.plain), change)


@way
def take_it_with_all_collections_of_a_user(scene: Scene, actor: Actor) -> object:
    change = UserChange({"given_name": "Anna"}, [])
    return scene.write().change(actor, user_name(scene.anna), change)


@way
def delete_a_holder_with_its_collections(scene: Scene, actor: Actor) -> object:
    return scene.write().delete(actor, user_name(scene.anna))


@way
def assign_it_to_the_current_user(scene: Scene, actor: Actor) -> object:
    of = UserId(scene.name, scene.plain.user_id)
    return CollectionsOfUser(scene.transactions).assign(actor, of, ["All", VIEWERS])


@way
def take_it_from_the_current_user(scene: Scene, actor: Actor) -> object:
    of = UserId(scene.name, scene.anna.user_id)
    return CollectionsOfUser(scene.transactions).unassign(actor, of, [ADMINISTRATORS])


@way
def narrow_a_role_of_its_template(scene: Scene, actor: Actor) -> object:
    return ZoneRoles(scene.transactions).narrow(actor, scene.name, scene.own_role, {})


@way
def set_the_password_of_a_holder(scene: Scene, actor: Actor) -> object:
    return scene.passwords.in_zone(actor, scene.name, "anna", PASSWORD)


@way
def send_a_password_link_to_a_holder(scene: Scene, actor: Actor) -> object:
    links = PasswordLinks(scene.transactions, scene.domain.keys, scene.passwords)
    return links.reset(actor, scene.name, "anna")


@way
def change_a_provider_with_a_mapping(scene: Scene, actor: Actor) -> object:
    return scene.providers.change(actor, scene.name, "corp", ProviderChanges(name="Corporate"))


@way
def delete_a_provider_with_a_mapping(scene: Scene, actor: Actor) -> object:
    return scene.providers.delete(actor, scene.name, "corp")


@way
def add_a_provider_that_has_a_mapping_already(scene: Scene, actor: Actor) -> object:
    mapping = replace(scene.mapping, origin="later")
    MapCollections(scene.transactions).map(OPERATOR, scene.name, mapping)
    return scene.providers.add(actor, scene.name, NewProvider("later", CONFIGURATION))


@way
def change_the_local_store_of_a_holder(scene: Scene, actor: Actor) -> object:
    return scene.providers.change(actor, scene.name, "sap.default", ProviderChanges(name="Local"))


@pytest.fixture
def scene(on_sqlite: Domain) -> Scene:
    return Scene(on_sqlite)


@pytest.mark.parametrize("name", sorted(WAYS))
def test_every_write_scope_is_required(scene: Scene, name: str) -> None:
    for actor in PARTIAL:
        with pytest.raises(AccessDenied) as raised:
            WAYS[name](scene, actor)
        assert raised.value.scope == " ".join(EVERY_WRITE_SCOPE)
    WAYS[name](scene, ADMINISTRATOR)


@pytest.mark.parametrize("name", sorted(WAYS))
def test_the_command_line_may_change_holders(scene: Scene, name: str) -> None:
    WAYS[name](scene, OPERATOR)


def test_other_changes_need_no_further_scope(scene: Scene) -> None:
    actor, name = PARTIAL[0], scene.name
    assert scene.assignments().assign(actor, user_name(scene.plain), "All")
    assert scene.assignments().unassign(actor, user_name(scene.plain), "All")
    mapping = replace(scene.mapping, collection="All", origin="other")
    assert MapCollections(scene.transactions).map(actor, name, mapping)
    assert scene.collections.remove_roles(actor, name, "Mixed", scene.viewer)
    assert scene.collections.describe(actor, name, "Mixed", "Described")
    scene.collections.delete(actor, name, "Plain")
    for user in (scene.plain, scene.unmapped):
        changed: User = scene.change().update(actor, user_name(user), email="new@example.org")
        assert changed.email == "new@example.org"
        DeleteUser(scene.transactions, scene.clock)(actor, user_name(user))
    scene.providers.add(actor, name, NewProvider("free", CONFIGURATION))


def test_who_may_change_holders() -> None:
    assert may_change_holders(OPERATOR)
    assert may_change_holders(Actor(ActorKind.SYSTEM, "start"))
    assert not any(map(may_change_holders, PARTIAL))
    for kind in ActorKind:
        if kind not in {ActorKind.COMMAND_LINE, ActorKind.SYSTEM}:
            assert not may_change_holders(Actor(kind, "x"))
