"""The registry of secret types: adding one takes a line here and no branch elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.credentials.binding_secret import BindingSecret
from broker.credentials.instance_secret import LOOKUP, InstanceSecret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.credentials.kind import SecretKind
    from broker.descriptor.model import CredentialType

_KINDS: tuple[SecretKind, ...] = (BindingSecret(), InstanceSecret())

SECRET_KINDS: Final[Mapping[CredentialType, SecretKind]] = {kind.type: kind for kind in _KINDS}


SHARED_TYPES: Final = tuple(kind.type for kind in _KINDS if kind.is_shared)
"""Types whose credential belongs to the instance, not to a binding."""


def is_shared(type_: str) -> bool:
    """Return whether all bindings of an instance share the credential of this type."""
    return type_ in SHARED_TYPES


def lookup_of(presented: str) -> str:
    """Return the lookup key for a presented secret.

    Text that no type recognises gets a key, too, so that its refusal costs the same (D-17).
    """
    found = (kind.recognise(presented) for kind in _KINDS)
    return next((lookup for lookup in found if lookup is not None), LOOKUP)
