"""Users with role collections, roles and providers' values, and clients, to draw."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from broker.authorization.decision.assigned import (
    Assigned,
    ForeignScope,
    HeldRole,
    Membership,
    RoleAttribute,
    TemplateAttribute,
)
from broker.authorization.decision.decide import Facts
from broker.descriptor.names import ADMINISTRATION_SCOPES, USER_SCOPES
from broker.identity.client_settings import ClientSettings
from broker.identity.user import Snapshot
from tests.support.rights import MAX_SNAPSHOT_AGE, a_client
from tests.support.users import A_ZONE, NOW, a_user

CLIENT = a_client(A_ZONE, "a!t1")
APPLICATIONS = {each.app_id: each for each in (CLIENT, a_client(A_ZONE, "b!t1"))}
APPLICATIONS["xsuaa!t1"] = a_client(A_ZONE, "xsuaa!t1")
NAMES = ("read", "write")
FOREIGN = tuple(f"{app}.{name}" for app in ("b!t1", "xsuaa!t1", "c!t1") for name in NAMES)
PROVIDED = ("land", "unit")

_texts = st.sampled_from(
    [
        *(f"$XSAPPNAME.{name}" for name in NAMES),
        *FOREIGN,
        *sorted(USER_SCOPES | ADMINISTRATION_SCOPES),
        "uaa.resource",
        "$XSAPPNAME.a b!t1.read",
        "*",
        "",
    ]
)
_foreign = st.builds(
    ForeignScope, st.sampled_from(NAMES), st.sampled_from([None, "b!t1", "c!t1"]), st.booleans()
)
_values = st.lists(st.sampled_from(["DE", "FR", ""]), max_size=2, unique=True).map(tuple)
_template_attributes = st.lists(
    st.builds(TemplateAttribute, st.sampled_from(["Country", "Unit"]), _values, st.booleans()),
    max_size=2,
    unique_by=lambda each: each.name,
).map(tuple)
_attributes = st.dictionaries(
    st.sampled_from(["Country", "Unit"]),
    st.one_of(
        st.builds(RoleAttribute, st.sampled_from(["static", "unrestricted", "newer"]), _values),
        st.builds(RoleAttribute, st.just("idp"), st.sampled_from(PROVIDED).map(lambda it: (it,))),
    ),
)


@st.composite
def _roles(draw: st.DrawFn) -> HeldRole:
    application = draw(st.sampled_from(sorted(APPLICATIONS)))
    return HeldRole(
        row_id=draw(st.integers(1, 1000)),
        name=draw(st.sampled_from(["R", "S"])),
        template="T",
        client_row_id=APPLICATIONS[application].row_id,
        app_id=application,
        collection_row_ids=draw(st.lists(st.integers(1, 4), min_size=1, unique=True).map(tuple)),
        is_default=draw(st.booleans()),
        scopes=draw(st.lists(_texts, max_size=4).map(tuple)),
        foreign_scopes=draw(st.lists(_foreign, max_size=2).map(tuple)),
        template_attributes=draw(_template_attributes),
        attributes=draw(_attributes),
    )


@st.composite
def memberships(draw: st.DrawFn) -> Membership:
    number = draw(st.integers(1, 4))
    mapping = draw(st.sampled_from([None, None, ("Groups", "g"), ("land", "DE")]))
    hours = draw(st.sampled_from([None, None, -1, 0, 1])) if mapping is None else None
    expires_at = None if hours is None else NOW + timedelta(hours=hours)
    return Membership(number, f"C{number}", expires_at, mapping)


_snapshots = st.one_of(
    st.none(),
    st.builds(
        Snapshot,
        st.sampled_from([(), ("g",)]),
        st.dictionaries(st.sampled_from(PROVIDED), _values),
        st.sampled_from([NOW, NOW - MAX_SNAPSHOT_AGE]),
    ),
)
_named = st.lists(_texts.filter(lambda text: text not in FOREIGN), max_size=8).map(tuple)


@st.composite
def facts_of_users(draw: st.DrawFn) -> Facts:
    active = st.sampled_from([True, True, True, False])
    user = a_user(
        snapshot=draw(_snapshots), is_active=draw(active), provider_is_active=draw(active)
    )
    assigned = Assigned(
        draw(st.lists(memberships(), max_size=5).map(tuple)),
        draw(st.lists(_roles(), max_size=5, unique_by=lambda each: each.row_id).map(tuple)),
        draw(st.dictionaries(st.sampled_from(FOREIGN), st.booleans())),
        draw(st.booleans()),
    )
    settings = ClientSettings(user_scopes=draw(st.one_of(st.none(), _named)))
    return Facts(assigned, user, CLIENT, settings, NOW, MAX_SNAPSHOT_AGE)
