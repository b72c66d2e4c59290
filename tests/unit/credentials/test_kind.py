"""The repr of secrets, and pinned and unpinned certificates."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from broker.credentials.binding_secret import BindingSecret
from broker.credentials.kind import CertificateCredential

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_the_repr_of_a_secret_hides_it() -> None:
    minted = BindingSecret().mint(str(uuid4()))
    assert minted.text not in repr(minted)


def test_a_certificate_that_is_found_by_its_names_is_not_pinned() -> None:
    assert not CertificateCredential("names", "names", NOW, NOW).is_pinned
    assert CertificateCredential("thumbprint", "names", NOW, NOW).is_pinned
