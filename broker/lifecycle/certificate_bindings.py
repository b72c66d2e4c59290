"""Bindings whose credential is a certificate: made for the user, or brought along."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from broker.credentials import x509_managed, x509_self_managed
from broker.descriptor.binding import BindingParameters, X509Parameters
from broker.errors import InvalidRequest
from broker.ids import guid_for
from broker.lifecycle.payload import PRIVATE_KEY_FIELD
from broker.lifecycle.ports import WithAuthorities, WithBindings, WithCertificates
from broker.pki.authority import Subject

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from broker.clock import Clock
    from broker.credentials.kind import CertificateCredential
    from broker.descriptor.model import CredentialType
    from broker.instances.model import Binding, Instance
    from broker.pki.issuing import IssuingAuthorities
    from broker.pki.keys import KeyMaker
    from broker.pki.trust import Trust


class CertificateBindingStore(WithAuthorities, WithBindings, WithCertificates, Protocol):
    """What a binding with a certificate touches."""


class KeyNeeded(Exception):
    """The transaction needs a key of so many bits, which is made outside of it."""

    def __init__(self, bits: int) -> None:
        super().__init__(bits)
        self.bits = bits


@dataclass(frozen=True, slots=True)
class CertificateBindings:
    """Adds bindings with certificates."""

    clock: Clock
    keys: KeyMaker
    authorities: IssuingAuthorities
    trust: Trust
    are_accepted: bool = True
    """Whether there is an endpoint for client certificates at all."""

    def add(
        self,
        repositories: CertificateBindingStore,
        instance: Instance,
        binding: Binding,
        parameters: BindingParameters,
        key: RSAPrivateKey | None,
    ) -> Binding:
        """Insert the binding with its certificate; return it with the complete payload.

        Raises KeyNeeded for a certificate to be made when ``key`` is None, InvalidRequest for one
        that cannot be accepted.
        """
        if not self.are_accepted:
            raise InvalidRequest.at(
                "credential-type",
                '"x509" is of no use here: the operator has set up no endpoint for certificates',
                "another type, or that the operator sets XSUAA_TLS_PORT, XSUAA_CERT_URL or"
                " XSUAA_FORWARDED_CERTIFICATE",
            )
        wanted = parameters.x509 or X509Parameters()
        if wanted.is_self_managed:
            return self._add_self_managed(repositories, instance, binding, wanted)
        return self._add_managed(repositories, instance, binding, wanted, key)

    def _add_managed(
        self,
        repositories: CertificateBindingStore,
        instance: Instance,
        binding: Binding,
        wanted: X509Parameters,
        key: RSAPrivateKey | None,
    ) -> Binding:
        if key is None:
            raise KeyNeeded(wanted.key_length)
        now = self.clock.now()
        minted = x509_managed.mint(
            self.authorities.issuing(repositories.authorities, now),
            _subject(instance, binding),
            key,
            wanted.validity,
            now,
        )
        payload = {
            **binding.payload,
            "certificate": minted.chain,
            "certificate-pinning": True,
            PRIVATE_KEY_FIELD: minted.private_key,
        }
        until = minted.credential.not_after
        complete = replace(binding, payload=payload, expires_at=until, private_key_until=until)
        repositories.bindings.add(complete)
        repositories.certificates.add(instance.client, complete, minted.credential, now)
        return complete

    def _add_self_managed(
        self,
        repositories: CertificateBindingStore,
        instance: Instance,
        binding: Binding,
        wanted: X509Parameters,
    ) -> Binding:
        now, pinned = self.clock.now(), wanted.certificate_pinning
        registered = x509_self_managed.register(
            wanted.certificate or "", self.trust, now, pinned=pinned
        )
        credential = registered.credential
        for other in repositories.certificates.find_similar(instance.client, credential):
            _refuse_duplicate(credential, other)
        payload = {**binding.payload, "certificate-pinning": pinned}
        if not wanted.hide_certificate:
            payload["certificate"] = registered.chain
        # Not pinned, it is renewed in place, and the binding never expires.
        expires_at = credential.not_after if pinned else None
        complete = replace(binding, payload=payload, expires_at=expires_at)
        repositories.bindings.add(complete)
        repositories.certificates.add(instance.client, complete, credential, now)
        return complete


def refuse_certificate_parameters(parameters: BindingParameters, type_: CredentialType) -> None:
    """Raise InvalidRequest if something is said about a certificate that there will not be."""
    if parameters.x509 is not None:
        raise InvalidRequest.at(
            "x509",
            f'parameters of a certificate, and the binding\'s type is "{type_}"',
            'these together with "credential-type": "x509" only',
        )


def _refuse_duplicate(new: CertificateCredential, other: CertificateCredential) -> None:
    """Raise InvalidRequest if one certificate would authenticate for two bindings.

    Deleting either binding would not stop it then.
    """
    if new.lookup == other.lookup and new.is_pinned:
        found = "another binding of this service instance has the same certificate"
    elif not other.is_pinned:
        found = (
            "another binding of this service instance, with certificate-pinning false, has the same"
            " subject and issuer"
        )
    elif not new.is_pinned and other.not_before >= new.not_before:
        found = (
            "another binding of this service instance has a certificate that this one, with"
            " certificate-pinning false, would accept as well"
        )
    else:
        return
    raise InvalidRequest.at(
        x509_self_managed.PARAMETER, found, "a certificate that no other binding accepts"
    )


def _subject(instance: Instance, binding: Binding) -> Subject:
    return Subject(
        binding=guid_for(binding.binding_id, instance.instance_id, binding.binding_id),
        instance=guid_for(instance.instance_id, "instance", instance.instance_id),
        tenant=instance.client.zone.guid,
    )
