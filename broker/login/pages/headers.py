"""Headers of pages (I-90, I-91)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOCAL = ("http://localhost:*", "http://*.localhost:*", "http://127.0.0.1:*")
"""Sources of the local hosts that the grammar of redirect URIs accepts (D-45)."""

_IPV6 = "http://[::1]"

_SOURCE = re.compile(r"https?:(?://[A-Za-z0-9._*-]{1,255}(?::(?:\*|[0-9]{1,5}))?)?", re.ASCII)

_FIXED = (
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)


def page_headers(
    form_targets: Iterable[str] = (), frame_ancestors: Iterable[str] = ()
) -> list[tuple[str, str]]:
    """Return the security headers of a page.

    Its forms may post to its own origin, and their redirects may lead to ``form_targets``; the
    origins ``frame_ancestors`` may frame it. A text that is no source expression is ignored: it
    may contain a ``;``.
    """
    forms = " ".join(("'self'", *_sources(form_targets)))
    framing = _sources(frame_ancestors)
    ancestors = " ".join(framing) or "'none'"
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'"
        f"; form-action {forms}; frame-ancestors {ancestors}"
    )
    headers = [("Content-Security-Policy", policy), *_FIXED]
    return headers if framing else [*headers, ("X-Frame-Options", "DENY")]


def form_targets_for(redirect_uri: str = "", *, is_secure: bool) -> tuple[str, ...]:
    """Return the ``form_targets`` of a form whose response leads to the redirect URI (I-90).

    Chromium applies ``form-action`` to each redirect after the form, in applications as well.
    Without ``is_secure``, identity providers may be at local hosts, too.
    """
    if redirect_uri.startswith(_IPV6):
        # Sources of a Content-Security-Policy cannot name IPv6 addresses.
        return ("https:", "http:")
    is_local = not is_secure or redirect_uri.startswith("http://")
    return ("https:", *_LOCAL) if is_local else ("https:",)


def _sources(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if _SOURCE.fullmatch(text)]
