"""What the overviews of service instances and their credentials contain; never a secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from broker.credentials.readiness import CredentialState, CredentialUse, HeldBinding, Need
from broker.credentials.registry import is_shared
from broker.instances.model import BindingSummary, Instance
from broker.lifecycle.overview.cut_off import CutOff


@dataclass(frozen=True, slots=True)
class InstancePage:
    """Which instances to list, in the order of their application ids, or of their creation.

    ``search``: part of application id, name or instance id, in lower case. ``type``: only those
    that list this credential type.
    """

    search: str = ""
    type: str = ""
    offset: int = 0
    limit: int = 100
    by_creation: bool = False
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class BindingPage:
    """Which bindings of an instance to show: the newest first, or those used last first.

    ``search``: part of binding id or application GUID, in lower case. ``days``: how many days of
    use each has.
    """

    search: str = ""
    type: str = ""
    by_last_use: bool = False
    offset: int = 0
    limit: int = 100
    days: int = 30
    exact: str = ""
    """The id of the only binding."""


@dataclass(frozen=True, slots=True)
class ListedInstance:
    """A service instance in a list.

    ``last_used_at`` is of any credential, ``secret_used_at`` of the instance secret; ``expires_at``
    is the earliest end of a certificate's validity.
    """

    instance_id: str
    name: str | None
    app_id: str
    plan: str
    platform: str
    zone: str
    types: Sequence[str]
    bindings: int
    created_at: datetime
    updated_at: datetime
    last_used_at: datetime | None
    secret_used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class RecentUse:
    """An instance that got tokens lately; ``zone`` is the subdomain."""

    instance_id: str
    app_id: str
    zone: str
    last_used_at: datetime


@dataclass(frozen=True, slots=True)
class TypeCount:
    """How many bindings of an instance have a credential type, and when one was last used.

    ``apps`` of them are bindings of applications, the others service keys.
    """

    type: str
    bindings: int
    apps: int
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class HeldCredentials:
    """The credentials of an instance as stored; ``bindings`` is a page of ``total``.

    ``counted_since`` is when the counting of uses began.
    """

    counted_since: datetime
    secret: CredentialUse | None
    types: Sequence[TypeCount]
    bindings: Sequence[HeldBinding]
    total: int


@dataclass(frozen=True, slots=True)
class TypeUse:
    """A credential type that an instance lists, or that one of its credentials has."""

    type: str
    is_listed: bool
    is_default: bool
    bindings: int
    last_used_at: datetime | None
    need: Need


@dataclass(frozen=True, slots=True)
class Overview:
    """An instance with its credentials at the time ``at``."""

    instance: Instance
    at: datetime
    held: HeldCredentials
    types: Sequence[TypeUse]

    @property
    def listed(self) -> Sequence[str]:
        """The accepted types, the default first."""
        return self.instance.client.credential_types

    def use_of(self, binding: HeldBinding) -> CredentialUse | None:
        """Return the binding's credential, which may be the shared one of the instance."""
        return self.held.secret if is_shared(binding.type) else binding.use

    def state_of(self, binding: HeldBinding) -> CredentialState:
        """Return whether the binding's credential is accepted."""
        use = self.use_of(binding)
        return CredentialState.MISSING if use is None else use.state(self.listed, self.at)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an update of the instance to other credential types would change.

    ``guarded``: why the removal guard would refuse it, ''. ``lost_secret``: the instance secret
    that it de-lists; copies of it may be in use without a binding. ``accepted_again``: bindings
    whose credential is accepted again.
    """

    instance: Instance
    types: Sequence[str]
    cut_off: Sequence[CutOff]
    guarded: str
    lost_secret: CredentialUse | None
    accepted_again: Sequence[BindingSummary]
