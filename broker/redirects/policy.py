"""The operator's restrictions of registered redirect URIs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.errors import Violation
from broker.redirects.pattern import parse_pattern
from broker.redirects.uri import InvalidUri, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from broker.redirects.uri import RedirectUri

PATH = "oauth2-configuration.redirect-uris"


def grammar_violations(uris: Iterable[str]) -> Iterator[Violation]:
    """Yield the URIs of ``oauth2-configuration.redirect-uris`` that the grammar refuses."""
    yield from RedirectPolicy().violations(uris)


def _pattern(text: str) -> RedirectUri:
    return parse_pattern(text).uri


@dataclass(frozen=True, slots=True)
class RedirectPolicy:
    """Restrictions beyond the grammar.

    ``shared_domains`` are domains with host names of different owners, such as a platform's
    application domain: a wildcard label directly below one would match all of them. ``localhost``
    allows loopback addresses, ``localhost`` and hosts below it.
    """

    shared_domains: tuple[str, ...] = ()
    localhost: bool = True

    def violations(
        self, uris: Iterable[str], path: str = PATH, parse: Callable[[str], RedirectUri] = _pattern
    ) -> Iterator[Violation]:
        """Yield the URIs of the list at ``path`` that the grammar or the operator refuses.

        ``parse`` returns the parts of a URI or raises InvalidUri.
        """
        for index, text in enumerate(uris):
            try:
                self._require_allowed(parse(text))
            except InvalidUri as refused:
                yield Violation(f"{path}[{index}]", refused.found, refused.allowed)

    def _require_allowed(self, uri: RedirectUri) -> None:
        if uri.is_local:
            if not self.localhost:
                raise InvalidUri(
                    f'the host "{shown(uri.host)}"', "no loopback host (XSUAA_LOCALHOST_REDIRECTS)"
                )
            return
        labels = uri.labels
        fixed = next(
            index for index in range(len(labels)) if not any("*" in each for each in labels[index:])
        )
        if fixed == 0:
            return
        below = ".".join(labels[fixed:])
        for domain in self.shared_domains:
            # A wildcard at a higher level may match a label of the shared domain, too.
            if below == domain or domain.endswith(f".{below}"):
                raise InvalidUri(
                    f'the wildcard host "{shown(uri.host)}"',
                    f"a host with a fixed label before {domain}",
                )
