"""The rules of origins, names and issuers."""

from __future__ import annotations

import pytest

from broker.errors import InvalidRequest
from broker.identity.providers.rules import new_origin, require_supported, valid_name


def test_saml_is_refused_with_a_way_out() -> None:
    """I-52."""
    with pytest.raises(InvalidRequest, match="SAML is not supported; connect a SAML provider"):
        require_supported("saml")
    require_supported("oidc1.0")


def test_an_origin_may_have_36_characters() -> None:
    """I-12."""
    assert new_origin("a" * 36) == "a" * 36
    assert valid_name("Käse & Co.") == "Käse & Co."
