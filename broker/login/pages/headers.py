"""Headers of pages (I-90, I-91)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ANY_APPLICATION = ("https:",)
"""``form_targets`` of a form whose response redirects to an application (I-90).

Chromium applies ``form-action`` to each redirect after the form, in applications as well.
"""

LOCAL_APPLICATION = ("https:", "http://localhost:*", "http://127.0.0.1:*")
"""The same if the redirect URI of the pending request is one for development."""

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


def form_targets_for(redirect_uri: str) -> tuple[str, ...]:
    """Return the ``form_targets`` of a form that leads to the redirect URI of a client."""
    return LOCAL_APPLICATION if redirect_uri.startswith("http://") else ANY_APPLICATION


def _sources(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if _SOURCE.fullmatch(text)]
