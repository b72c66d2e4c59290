"""The grammar of ``redirect-uris`` (H-39, H-40, H-41)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FIXED_LABELS = 2
_LABEL = re.compile(r"[A-Za-z0-9\-*]+")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_FORBIDDEN = re.compile(r"[\s\\#@]|%2[fF]|%5[cC]")

ALLOWED = (
    "an absolute https:// URI (http:// for localhost only) where * matches part of one host label"
    " or path segment, a first label ** any number of labels, a final ** the rest of the path, and"
    " the port * of localhost any port; the last two labels of the host are fixed"
)


@dataclass(frozen=True, slots=True)
class RedirectPolicy:
    """The operator's restrictions beyond the grammar.

    ``shared_domains`` are domains with host names of different owners, such as a platform's
    application domain: a wildcard label directly below one would match all of them.
    """

    shared_domains: tuple[str, ...] = ()
    localhost: bool = True

    def violations(self, uris: Iterable[str]) -> Iterator[Violation]:
        """Yield the URIs of ``oauth2-configuration.redirect-uris`` that the policy forbids."""
        for index, uri in enumerate(uris):
            if found := self._problem(uri):
                path = f"oauth2-configuration.redirect-uris[{index}]"
                yield Violation(path, *found)

    def _problem(self, uri: str) -> tuple[str, str] | None:
        authority = uri.partition("://")[2].partition("/")[0]
        host = _split_port(authority)[0].lower()
        if host in _LOOPBACK:
            return (
                None
                if self.localhost
                else (f'the host "{host}"', "no loopback host (XSUAA_LOCALHOST_REDIRECTS)")
            )
        labels = host.split(".")
        fixed = next((i for i, _ in enumerate(labels) if "*" not in "".join(labels[i:])), 0)
        if fixed == 0:
            return None
        below = ".".join(labels[fixed:])
        for domain in self.shared_domains:
            # A wildcard at a higher level may match a label of the shared domain, too.
            if below == domain or domain.endswith(f".{below}"):
                return f'the wildcard host "{host}"', f"a host with a fixed label before {domain}"
        return None


def problem_with(uri: str) -> str | None:
    """Return the fault of a redirect URI, None if it is valid."""
    if _FORBIDDEN.search(uri):
        return "a blank, backslash, fragment, user name or encoded slash"
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return "no scheme; start with https://"
    authority, _, path = rest.partition("/")
    if scheme not in {"https", "http"}:
        return f'the scheme "{scheme[:16]}"'
    host, port = _split_port(authority)
    if host in _LOOPBACK and port == "*":
        port = None
    if port is not None and not re.fullmatch(r"[0-9]{1,5}", port):
        return "a port that is not a number"
    if host in _LOOPBACK:
        return _path_problem(path)
    if scheme == "http":
        return "http:// for a host other than localhost"
    return _host_problem(host) or _path_problem(path)


def _split_port(authority: str) -> tuple[str, str | None]:
    if authority.startswith("["):
        host, bracket, rest = authority.partition("]")
        return host + bracket, rest.removeprefix(":") or None
    host, colon, port = authority.partition(":")
    return host, port if colon else None


def _is_label(label: str) -> bool:
    has_outer_hyphen = label.startswith("-") or label.endswith("-")
    return not has_outer_hyphen and _LABEL.fullmatch(label) is not None


def _host_problem(host: str) -> str | None:
    labels = host.removeprefix("**.").split(".")
    if not all(map(_is_label, labels)) or any("**" in each for each in labels):
        return "an invalid host name"
    if len(labels) < _FIXED_LABELS:
        return "a host name with only one label"
    if any("*" in label for label in labels[-_FIXED_LABELS:]):
        return "a wildcard in the last two labels of the host"
    return None


def _path_problem(path: str) -> str | None:
    path, _, query = path.partition("?")
    if "*" in query:
        return "a wildcard in the query"
    if "**" in path.removesuffix("**"):
        return "** before the end of the path"
    if any(segment in {".", ".."} for segment in path.split("/")):
        return "a path with dot segments"
    return None
