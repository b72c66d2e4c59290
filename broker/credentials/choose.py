"""The choice of a new binding's credential type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.credentials.registry import is_shared
from broker.descriptor.model import CredentialType
from broker.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

_PARAMETER = "credential-type"


def choose_type(
    requested: CredentialType | None,
    listed: Sequence[str],
    *,
    mints_instance_secrets: bool,
) -> CredentialType:
    """Return the requested type, else the first listed one.

    Raises InvalidRequest if it is not listed, or not available for new bindings.
    """
    chosen = requested or listed[0]
    allowed = ", ".join(listed)
    if chosen not in listed:
        raise InvalidRequest.at(
            _PARAMETER, f'"{chosen}" is not among this instance\'s credential-types', allowed
        )
    if not isinstance(chosen, CredentialType):
        raise InvalidRequest.at(
            _PARAMETER,
            f'"{chosen}", the default of this instance, needs a newer version of this broker',
            ", ".join(CredentialType),
        )
    if is_shared(chosen) and not mints_instance_secrets:
        raise InvalidRequest.at(
            _PARAMETER,
            '"instance-secret" is no longer supported for new bindings and service keys',
            ", ".join(t for t in listed if t is not chosen)
            or "another type; add one to credential-types with an update first",
        )
    return chosen
