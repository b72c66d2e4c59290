"""The origins whose pages may show a zone's pages in frames: ``iframeDomains`` (I-74, I-87).

They become sources of ``frame-ancestors`` in a Content-Security-Policy, where a blank separates
sources and ``;`` ends the directive. The grammar of redirect URIs has neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.redirects.pattern import parse_pattern
from broker.redirects.uri import InvalidUri, shown

if TYPE_CHECKING:
    from broker.redirects.uri import RedirectUri


def parse_frame_origin(text: str) -> RedirectUri:
    """Return the parts of an origin such as ``https://*.example.org``; raise InvalidUri.

    ``*`` is the whole first label of the host and matches any number of labels, as browsers read
    it, or the port.
    """
    uri = parse_pattern(text).uri
    if uri.path or uri.query is not None:
        raise InvalidUri("a path or query after the host", "an origin: scheme, host and port")
    first, *others = uri.labels
    is_plain = "_" not in uri.host and (first == "*" or "*" not in first)
    if not is_plain or any("*" in label for label in others):
        raise InvalidUri(
            f'the host "{shown(uri.host)}"', "a host without _, with * as its whole first label"
        )
    return uri


def frame_source(uri: RedirectUri) -> str:
    """Return the origin as a source of ``frame-ancestors``."""
    return f"{uri.scheme}://{uri.host}{uri.port and f':{uri.port}'}"
