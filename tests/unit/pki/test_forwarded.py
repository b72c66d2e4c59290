"""Certificates in the headers of proxies, format by format (D-33)."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.pki.forwarded import ForwardedFormat, certificate_in, networks
from broker.pki.presented import UnreadableCertificate
from tests.support.pki import a_client, an_authority

HOLDER = a_client(an_authority())
BARE = base64.b64encode(HOLDER.der).decode()
ESCAPED = quote(HOLDER.pem, safe="")
GOROUTER, ENVOY, NGINX = ForwardedFormat.GOROUTER, ForwardedFormat.ENVOY, ForwardedFormat.NGINX


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (GOROUTER, BARE),
        (NGINX, ESCAPED),
        (NGINX, quote(HOLDER.pem.strip())),
        (ENVOY, f'Cert="{ESCAPED}"'),
        (ENVOY, f"cert={ESCAPED}"),
        (ENVOY, f'By=a;Hash=b;Cert="{ESCAPED}";Subject="CN=\\"x,Cert=y\\"";URI='),
        (ENVOY, f'Subject="a;Cert=b,Cert=c";Cert="{ESCAPED}"'),
    ],
)
def test_the_format_of_each_proxy_is_read(written: ForwardedFormat, value: str) -> None:
    assert certificate_in(value, written) == HOLDER.der


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *((GOROUTER, value) for value in ("!", f"{BARE},{BARE}", f"{BARE} ", ESCAPED, HOLDER.pem)),
        *((NGINX, value) for value in ("", "x", BARE, f"{ESCAPED},", ESCAPED * 2, "(null)")),
        *(
            (ENVOY, value)
            for value in (
                "",
                "x",
                BARE,
                ESCAPED,
                "Hash=x",
                'Cert=""',
                f'Cert="{ESCAPED}",Cert="{ESCAPED}"',
                f'Cert="{ESCAPED}";Cert="{ESCAPED}"',
                f'Hash=x,Cert="{ESCAPED}"',
                f'Cert="{ESCAPED}',
                f'Cert="{ESCAPED}" ',
            )
        ),
        *((each, "A" * 60_000) for each in ForwardedFormat),
    ],
)
def test_other_values_are_refused(written: ForwardedFormat, value: str) -> None:
    with pytest.raises(UnreadableCertificate):
        certificate_in(value, written)


@given(st.sampled_from(ForwardedFormat), st.text(st.characters(max_codepoint=255)))
def test_garbage_never_crashes(written: ForwardedFormat, value: str) -> None:
    try:
        certificate_in(value, written)
    except UnreadableCertificate:
        return


def test_a_network_of_all_addresses_is_refused() -> None:
    assert len(networks("10.0.0.0/8, fd00::/8")) == 2  # type: ignore[arg-type]
    for wrong in ("0.0.0.0/0", "::/0", "*", "10.0.0.1/8", "proxy.example.org", "10.0.0.0/8,"):
        with pytest.raises(ValueError, match=r"network|address|host bits"):
            networks(wrong)
