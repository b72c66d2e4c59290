"""The interface that issues the credential of a new binding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.ports import WithAudit
from broker.errors import InvalidRequest
from broker.instances.plan import Plan
from broker.lifecycle.ports import (
    WithAuthorities,
    WithBindings,
    WithCertificates,
    WithCredentials,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from broker.audit.actor import Actor
    from broker.descriptor.binding import BindingParameters
    from broker.instances.model import Binding, Instance


class IssuerStore(
    WithBindings, WithCredentials, WithCertificates, WithAuthorities, WithAudit, Protocol
):
    """The store of issuers."""


class KeyNeeded(Exception):
    """The transaction needs a key of ``bits`` bits, to be generated outside of it."""

    def __init__(self, bits: int) -> None:
        super().__init__(bits)
        self.bits = bits


@dataclass(frozen=True, slots=True)
class NewBinding:
    """A binding to issue a credential for, as requested by ``caller``."""

    instance: Instance
    binding: Binding
    parameters: BindingParameters
    caller: Actor


class Issuer(Protocol):
    """Issues the credentials of one type."""

    def issue(self, store: IssuerStore, new: NewBinding, key: RSAPrivateKey | None) -> Binding:
        """Insert the binding with its credential; return it with the complete payload.

        ``key`` is the key generated after KeyNeeded, else None. Raises InvalidRequest for
        parameters that the type does not support.
        """


def refuse_certificate_parameters(new: NewBinding) -> None:
    """Raise InvalidRequest if the parameters of another credential type have ``x509``."""
    if new.parameters.x509 is not None:
        if new.instance.plan is Plan.APIACCESS:
            raise InvalidRequest.at(
                "x509", "plan apiaccess takes no certificate parameters", "no such key"
            )
        raise InvalidRequest.at(
            "x509",
            f'certificate parameters, although the type is "{new.binding.credential_type}"',
            'no such key, or "credential-type": "x509" beside it',
        )
