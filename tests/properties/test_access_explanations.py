"""Properties of explanations: they say what tokens contain, and name exactly what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.authorization.decision.assigned import Assigned, HeldRole, RoleAttribute
from broker.authorization.decision.decide import Facts
from broker.authorization.decision.path import Path, Removal
from broker.authorization.user_rights import DecidedRights
from broker.descriptor.names import ADMINISTRATION_SCOPES, USER_SCOPES
from broker.errors import GrantRefused
from broker.tokens.grants.admission import require_admitted
from tests.properties.drawn_rights import FOREIGN, NAMES, facts_of_users
from tests.support.rights import MAX_SNAPSHOT_AGE
from tests.support.users import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from broker.authorization.decision.explanation import ExplainedScope, Explanation
    from broker.identity.client import Client
    from broker.identity.user import User

SCOPES = (
    *(f"a!t1.{name}" for name in NAMES),
    *FOREIGN,
    *sorted(USER_SCOPES),
    *sorted(ADMINISTRATION_SCOPES)[:2],
    "a!t1.unknown",
    "unknown",
)
OWN = "$XSAPPNAME."


class Now:
    """The time of the facts."""

    def now(self) -> Any:
        """Return the time."""
        return NOW


@dataclass
class Roles:
    """What the database has about one user; ``others`` is what further collections give."""

    facts: Facts
    others: Assigned = Assigned()  # noqa: RUF009 - immutable

    def of(self, user: User, client: Client) -> Assigned:
        """Return what the user has."""
        return self.facts.assigned

    def with_candidates(
        self, user: User, client: Client, scopes: Sequence[str]
    ) -> tuple[Assigned, Assigned]:
        """Return what the user has, and what the others would give."""
        return self.facts.assigned, self.others

    def containing(self, client: Client, scope: str) -> Assigned:
        """Return what the others would give."""
        return self.others

    def accepted(self, client: Client, scopes: Collection[str]) -> Collection[str]:
        """Return the scopes of other applications that the client may have."""
        granted = self.facts.assigned.granted
        return [scope for scope in scopes if granted.get(scope)]


def explained(facts: Facts, *scopes: str, others: Assigned | None = None) -> Explanation:
    """Return the explanation that a page or command shows."""
    rights = DecidedRights(Roles(facts, others or Assigned()), Now(), MAX_SNAPSHOT_AGE)
    return rights.explain(facts.user, facts.client, facts.settings, scopes)


def issued(facts: Facts) -> tuple[str, ...]:
    """Return the scopes of a token, as grants do; none if it is refused."""
    rights = DecidedRights(Roles(facts), Now(), MAX_SNAPSHOT_AGE)
    if "password" not in facts.client.grant_types:
        return ()
    try:
        require_admitted(facts.user, facts.settings)
        return rights.of(facts.user, facts.client, facts.settings).scopes
    except GrantRefused:
        return ()


@st.composite
def _facts(draw: st.DrawFn) -> Facts:
    """Return facts with clients that admit no users, or not those of the provider."""
    facts = draw(facts_of_users())
    providers = draw(st.sampled_from([None, None, ("sap.default",), ("idp",), ()]))
    grants = draw(st.sampled_from([("password",), ("password",), ("client_credentials",)]))
    return replace(
        facts,
        client=replace(facts.client, grant_types=grants),
        settings=replace(facts.settings, allowed_providers=providers),
    )


@settings(max_examples=60)
@given(_facts(), st.sampled_from(SCOPES))
def test_an_explanation_says_what_a_token_contains(facts: Facts, scope: str) -> None:
    """It says that the user may exactly if a grant issues a token with the scope."""
    tokens = issued(facts)
    [one] = explained(facts, scope).scopes
    assert (one.scope, one.is_granted) == (scope, scope in tokens)
    every = explained(facts)
    assert {each.scope for each in every.scopes if each.is_granted} == set(tokens)
    assert every.rights.scopes == tokens
    assert all(each.paths for each in every.scopes)


@settings(max_examples=200)
@given(_facts())
def test_each_missing_link_is_necessary_and_all_are_sufficient(facts: Facts) -> None:
    """All missing links resolved grant the scope; all but one leave that one missing."""
    for path in (path for one in explained(facts).scopes for path in one.paths):
        scope = path.scope
        reasons = [each for each in path.removals if each in RESOLVED]
        if len(reasons) < len(path.removals):
            continue  # what a template cannot contain, or the user has no role of
        resolved = facts
        for each in reasons:
            resolved = RESOLVED[each](resolved, path)
        assert scope in issued(resolved), (path, explained(resolved, scope))
        for kept in reasons:
            partly = facts
            for each in reasons:
                if each is not kept:
                    partly = RESOLVED[each](partly, path)
            assert kept in removals_of(partly, scope, path)


@settings(max_examples=60)
@given(_facts(), facts_of_users(), st.sampled_from(SCOPES))
def test_the_assignment_of_a_named_role_collection_is_a_remedy(
    facts: Facts, more: Facts, scope: str
) -> None:
    """A role collection that is named with no other gap gives the scope, once it is assigned."""
    others = replace(
        facts.assigned,
        memberships=tuple(
            each._replace(expires_at=None, mapping=None) for each in more.assigned.memberships
        ),
        roles=(*facts.assigned.roles, *more.assigned.roles),
    )
    held = {each.collection for each in facts.assigned.memberships}
    # A statement reads the roles of all collections, those of the user included.
    facts = replace(facts, assigned=replace(facts.assigned, roles=others.roles))
    [one] = explained(facts, scope, others=others).scopes
    for path in one.candidates:
        assert path.collection not in held
        assigned = tuple(each for each in others.memberships if each.collection == path.collection)
        memberships = (*facts.assigned.memberships, *assigned)
        after = replace(facts, assigned=replace(facts.assigned, memberships=memberships))
        same = [each for each in scope_of(after, scope).paths if each.collection == path.collection]
        assert path.removals in [each.removals for each in same]
        if not path.removals:
            assert scope in issued(after)


def scope_of(facts: Facts, scope: str) -> ExplainedScope:
    """Return the explanation of the scope."""
    return explained(facts, scope).scopes[0]


def removals_of(facts: Facts, scope: str, path: Path) -> set[Removal]:
    """Return what is missing on the ways through the same collection, role and application."""
    paths = scope_of(facts, scope).paths
    same = [each for each in paths if _place(each) == _place(path)] or list(paths)
    return {removal for each in same for removal in each.removals}


def _place(path: Path) -> tuple[str, ...]:
    return path.collection, path.role, path.app_id


def _user(**changes: Any) -> Callable[[Facts, Path], Facts]:
    def remedy(facts: Facts, _: Path) -> Facts:
        return replace(facts, user=replace(facts.user, **changes))

    return remedy


def _assigned(facts: Facts, **changes: Any) -> Facts:
    return replace(facts, assigned=replace(facts.assigned, **changes))


def _again(facts: Facts, path: Path) -> Facts:
    memberships = tuple(
        each._replace(expires_at=NOW + timedelta(days=1))
        if each.collection == path.collection and each.expires_at
        else each
        for each in facts.assigned.memberships
    )
    return _assigned(facts, memberships=memberships)


def _logged_on(facts: Facts, path: Path) -> Facts:
    snapshot = facts.user.snapshot
    assert snapshot is not None
    return replace(facts, user=replace(facts.user, snapshot=replace(snapshot, taken_at=NOW)))


def _roles(facts: Facts, path: Path, change: Callable[[HeldRole], HeldRole]) -> Facts:
    roles = tuple(
        change(each) if (each.name, each.app_id) == (path.role, path.app_id) else each
        for each in facts.assigned.roles
    )
    return _assigned(facts, roles=roles)


def _with_values(facts: Facts, path: Path) -> Facts:
    """Give the role unrestricted values, as an administrator does by another role."""

    def change(role: HeldRole) -> HeldRole:
        values = {each.name: RoleAttribute("unrestricted") for each in role.template_attributes}
        return role._replace(is_default=False, attributes=values)

    return _roles(facts, path, change)


def _granted_to_template(facts: Facts, path: Path) -> Facts:
    app_id, _, name = path.scope.partition(".")

    def change(role: HeldRole) -> HeldRole:
        scopes = tuple(
            each._replace(is_granted=True) if (each.app_id, each.name) == (app_id, name) else each
            for each in role.foreign_scopes
        )
        return role._replace(foreign_scopes=scopes)

    return _roles(facts, path, change)


def _granted_to_client(facts: Facts, path: Path) -> Facts:
    return _assigned(facts, granted={**facts.assigned.granted, path.scope: True})


def _named(facts: Facts, path: Path) -> Facts:
    own = f"{facts.client.app_id}."
    text = f"{OWN}{path.scope.removeprefix(own)}" if path.scope.startswith(own) else path.scope
    names = (*(facts.settings.user_scopes or ()), text)
    return replace(facts, settings=replace(facts.settings, user_scopes=names))


def _approved(facts: Facts, path: Path) -> Facts:
    return _assigned(_named(facts, path), is_approved=True)


def _with_user_grant(facts: Facts, path: Path) -> Facts:
    return replace(facts, client=replace(facts.client, grant_types=("password",)))


def _with_provider(facts: Facts, path: Path) -> Facts:
    allowed = (*(facts.settings.allowed_providers or ()), facts.user.origin)
    return replace(facts, settings=replace(facts.settings, allowed_providers=allowed))


RESOLVED: dict[Removal, Callable[[Facts, Path], Facts]] = {
    Removal.INACTIVE_USER: _user(is_active=True),
    Removal.INACTIVE_PROVIDER: _user(provider_is_active=True),
    Removal.EXPIRED: _again,
    Removal.OLD_SNAPSHOT: _logged_on,
    Removal.NO_VALUE: _with_values,
    Removal.RESTRICTED_ELSEWHERE: _with_values,
    Removal.NOT_GRANTED_TO_TEMPLATE: _granted_to_template,
    Removal.NOT_DEFINED: _named,
    Removal.NOT_NAMED: _named,
    Removal.NOT_APPROVED: _approved,
    Removal.NOT_GRANTED: _granted_to_client,
    Removal.NOT_ACCEPTED: _granted_to_client,
    Removal.NO_USER_GRANT: _with_user_grant,
    Removal.PROVIDER_NOT_ALLOWED: _with_provider,
}
"""Remedies of missing links, but of other zones, limits of a template, and missing roles."""
