"""Bindings with a certificate: managed or self-managed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from broker.audit.event import Action
from broker.credentials import x509_managed, x509_self_managed
from broker.descriptor.binding import X509Parameters
from broker.errors import InvalidRequest
from broker.ids import guid_for
from broker.lifecycle.events import authority_events
from broker.lifecycle.issuing.issuer import IssuerStore, KeyNeeded, NewBinding
from broker.lifecycle.issuing.payload import PRIVATE_KEY_FIELD
from broker.pki.authority import Subject

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from broker.addresses import Addresses
    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.credentials.envelope import Payload
    from broker.credentials.kind import CertificateCredential
    from broker.instances.model import Binding, Instance
    from broker.pki.authority import Authority
    from broker.pki.issuing import IssuingAuthorities
    from broker.pki.trust import Trust


@dataclass(frozen=True, slots=True)
class CertificateBindings:
    """Issues managed certificates and registers self-managed ones."""

    clock: Clock
    authorities: IssuingAuthorities
    trust: Trust
    addresses: Addresses
    are_accepted: bool = True
    """Whether an endpoint for client certificates is configured."""

    def issue(self, store: IssuerStore, new: NewBinding, key: RSAPrivateKey | None) -> Binding:
        """Insert the binding with its certificate; return it with the complete payload.

        Raises KeyNeeded for a managed certificate without ``key``, InvalidRequest for a certificate
        that is not accepted.
        """
        if not self.are_accepted:
            raise InvalidRequest.at(
                "credential-type",
                '"x509" is not available: no endpoint for client certificates is configured',
                "another type, or x509 once the operator has set XSUAA_TLS_PORT, XSUAA_CERT_URL or"
                " XSUAA_FORWARDED_CERTIFICATE",
            )
        requested = new.parameters.x509 or X509Parameters()
        if requested.is_self_managed:
            return self._add_self_managed(store, new, requested)
        return self._add_managed(store, new, requested, key)

    def _add_managed(
        self,
        store: IssuerStore,
        new: NewBinding,
        requested: X509Parameters,
        key: RSAPrivateKey | None,
    ) -> Binding:
        if key is None:
            raise KeyNeeded(requested.key_length)
        now = self.clock.now()
        minted = x509_managed.mint(
            self._issuing(store, new.caller, now),
            _subject(new.instance, new.binding),
            key,
            requested.validity,
            now,
        )
        payload = {
            **self._payload(new),
            "certificate": minted.chain,
            "certificate-pinning": True,
            PRIVATE_KEY_FIELD: minted.private_key,
        }
        until = minted.credential.not_after
        complete = replace(new.binding, payload=payload, expires_at=until, private_key_until=until)
        store.bindings.add(new.instance, complete)
        store.certificates.add(new.instance.client, complete, minted.credential, now)
        return complete

    def _add_self_managed(
        self, store: IssuerStore, new: NewBinding, requested: X509Parameters
    ) -> Binding:
        now, pinned = self.clock.now(), requested.certificate_pinning
        client = new.instance.client
        registered = x509_self_managed.register(
            requested.certificate or "", self.trust, now, pinned=pinned
        )
        credential = registered.credential
        for other in store.certificates.find_similar(client, credential):
            _refuse_duplicate(credential, other)
        payload = {**self._payload(new), "certificate-pinning": pinned}
        if not requested.hide_certificate:
            payload["certificate"] = registered.chain
        # An unpinned certificate is renewed in place, so the binding does not expire.
        expires_at = credential.not_after if pinned else None
        complete = replace(new.binding, payload=payload, expires_at=expires_at)
        store.bindings.add(new.instance, complete)
        store.certificates.add(client, complete, credential, now)
        return complete

    def _issuing(self, store: IssuerStore, caller: Actor, now: datetime) -> Authority:
        authority = self.authorities.issuing(store.authorities, now)
        for event in authority_events(Action.CREATE_AUTHORITY, store.authorities, caller, now):
            store.audit.append(event)
        return authority

    def _payload(self, new: NewBinding) -> Payload:
        return {
            **new.binding.payload,
            "certurl": self.addresses.cert_origin(new.instance.client.zone.subdomain),
            "clientx509enabled": True,
        }


def _refuse_duplicate(new: CertificateCredential, other: CertificateCredential) -> None:
    """Raise InvalidRequest if one certificate would authenticate for two bindings.

    Otherwise the certificate would remain accepted after deletion of either binding.
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
