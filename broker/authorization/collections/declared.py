"""Rules for the role collections that descriptors declare (D-40, I-150 to I-155)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authorization.collections.model import Use
from broker.authorization.collections.names import taken_names
from broker.descriptor.declarations import Usage
from broker.errors import ForbiddenChange, Violation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from broker.authorization.collections.ports import WithDeclaredCollections
    from broker.authorization.reference import Reference
    from broker.authorization.roles import DeclaredCollection
    from broker.identity.client import Client

FORCE = "force"
"""The update parameter that drops role collections in use; it is not stored."""

DROPPED = "dropped_role_collections"
"""The detail of the audit event with the names; a restore repeats the end of their use."""

REFERENCES_CHANGED = (
    "Cannot add or remove role-template-references from role collection if already in use (app"
    " subscribed or role collection assigned to user). Please create a new role-collection with a"
    " different name instead"
)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Role collections that an update deletes with their assignments and mappings."""

    names: Sequence[str] = ()
    use: Use = Use()  # noqa: RUF009 - immutable

    def details(self) -> dict[str, object]:
        """Return the details of the audit event."""
        if not self.names:
            return {}
        return {
            DROPPED: list(self.names),
            "ended_assignments": self.use.assignments,
            "ended_mappings": self.use.mappings,
        }

    def notes(self) -> list[str]:
        """Return a note about the ended use."""
        if not self.names:
            return []
        names = ", ".join(self.names)
        return [f"Role collections in use were deleted (force): {names}, with {self.use}."]


def taken(
    store: WithDeclaredCollections, client: Client, names: Collection[str], *, is_new: bool = False
) -> Mapping[str, str]:
    """Return those of the names that the client may not declare, with the name they resemble.

    ``is_new``: the client has declared none before.
    """
    if not names:
        return {}
    collections = store.declared_collections
    own = set[str]() if is_new else collections.names(client)
    return taken_names(names, own, collections.of_others(client, names))


def taken_violations(
    store: WithDeclaredCollections, client: Client, names: Sequence[str], *, is_new: bool
) -> Iterator[Violation]:
    """Yield a violation for each name that another collection in the zone has (I-155, I-162)."""
    found = taken(store, client, names, is_new=is_new)
    for index, name in enumerate(names):
        if name in found:
            other = found[name]
            similar = f' It would be confused with "{other}".' if other != name else ""
            yield Violation(
                f"role-collections[{index}].name",
                f"Role Collection {name} already exists in this subaccount."
                f" Please choose a different name.{similar}",
                "a name that no other role collection in this zone has, not even in upper or lower"
                " case, and no built-in one",
            )


class RolesInUse:
    """The role collections of a client that are in use, which its descriptor cannot change."""

    def __init__(
        self, store: WithDeclaredCollections, client: Client, references: Iterable[Reference]
    ) -> None:
        """``references`` are those stored for the client."""
        self._collections = store.declared_collections
        self._client = client
        self.use = self._collections.in_use(client)
        self._own = self._collections.own_templates(client) if self.use else {}
        self._references = _by_holder(references)

    def with_stored(self, references: Iterable[Reference]) -> set[Reference]:
        """Return the references with those of collections in use as stored."""
        changeable = {
            each
            for each in references
            if each.usage is not Usage.ROLE_TEMPLATE_REFERENCES or each.holder not in self.use
        }
        return changeable | {each for name in self.use for each in self._references.get(name, ())}

    def require_unchanged(
        self,
        declared: Sequence[DeclaredCollection],
        references: Iterable[Reference],
        *,
        force: bool,
    ) -> Dropped:
        """End the use of the collections that are no longer declared, if ``force`` is given.

        Raises ForbiddenChange for changed roles of a collection in use, and for the removal of one
        without ``force``; nothing was changed then (I-151, I-152).
        """
        violations = [
            *self._changed(declared, _by_holder(references)),
            *([] if force else self._removed(declared)),
        ]
        if violations:
            reasons = "; ".join(f"{each.found}" for each in violations)
            raise ForbiddenChange(
                f"Error updating application {self._client.app_id} ({reasons}).", violations
            )
        names = sorted(self.use.keys() - {part.name for part in declared})
        if not names:
            return Dropped()
        return Dropped(names, self._collections.end_use(self._client, names))

    def _changed(
        self,
        declared: Sequence[DeclaredCollection],
        references: Mapping[str, set[Reference]],
    ) -> Iterator[Violation]:
        for index, part in enumerate(declared):
            name = part.name
            if name in self.use and (
                set(part.templates) != self._own.get(name, set())
                or self._targets(references, name) != self._targets(self._references, name)
            ):
                yield Violation(
                    f"role-collections[{index}].role-template-references",
                    f'role collection "{name}", assigned to {self.use[name]}: {REFERENCES_CHANGED}',
                    "the same references",
                )

    def _targets(self, references: Mapping[str, set[Reference]], name: str) -> set[Reference]:
        return {each.in_zone_of(self._client) for each in references.get(name, ())}

    def _removed(self, declared: Sequence[DeclaredCollection]) -> Iterator[Violation]:
        kept = {part.name for part in declared}
        for name, use in sorted(self.use.items()):
            if name not in kept:
                yield Violation(
                    "role-collections",
                    f'role collection "{name}" is assigned to {use}; keep its name, or add'
                    f' "{FORCE}": true to the parameters to end these assignments',
                    "all collections in use",
                )


def _by_holder(references: Iterable[Reference]) -> dict[str, set[Reference]]:
    found: dict[str, set[Reference]] = {}
    for reference in references:
        if reference.usage is Usage.ROLE_TEMPLATE_REFERENCES:
            found.setdefault(reference.holder, set()).add(reference)
    return found
