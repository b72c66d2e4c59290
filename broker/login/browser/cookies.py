"""The names and attributes of cookies (I-81, I-82, I-87)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask import Response

LOGIN_LIFETIME: Final = timedelta(minutes=30)
"""How long a login page can be submitted (I-92, I-93)."""

DEVICE_LIFETIME: Final = timedelta(days=90)

MAX_VALUE: Final = 256
"""Characters of a cookie's value; longer ones are ignored."""

_MAX_SESSIONS = 16
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_PART = re.compile(r"[A-Za-z0-9_\-]{8}")


@dataclass(frozen=True, slots=True)
class Cookies:
    """The cookies of a deployment.

    On https the prefix ``__Host-`` keeps other hosts of the domain from setting them (TH-25). On
    http, which only mode dev serves, the names contain the port: browsers send cookies to all
    ports of a host.
    """

    is_secure: bool
    port: int

    @classmethod
    def at(cls, url: str) -> Cookies:
        """Return the cookies of a public URL."""
        parts = urlsplit(url.replace("{zone}", "zone"))
        is_secure = parts.scheme == "https"
        return cls(is_secure, parts.port or (443 if is_secure else 80))

    @property
    def login(self) -> str:
        """The name of the cookie before the login."""
        return self._name("login")

    @property
    def console(self) -> str:
        """The name of the cookie of the console (I-86)."""
        return self._name("console")

    @property
    def console_form(self) -> str:
        """The name of the cookie with a form of the console that demanded a recent logon."""
        return self._name("console-form")

    def session(self, zone_index: int) -> str:
        """Return the name of the session cookie: zones that share a host have different ones."""
        return f"{self._name('session')}-{zone_index}"

    def device(self, zone_index: int) -> str:
        """Return the name of the cookie of a known device (I-19)."""
        return f"{self._name('device')}-{zone_index}"

    def attempt(self, part: str) -> str:
        """Return the name of the cookie of an attempt at a provider; ``part`` is of its state."""
        return f"{self._name('idp')}-{part}"

    def attempts_in(self, cookies: Mapping[str, str]) -> dict[str, str]:
        """Return the cookies of attempts at providers, at most 16 of them."""
        prefix = f"{self._name('idp')}-"
        found = [
            name
            for name in cookies
            if name.startswith(prefix) and _PART.fullmatch(name.removeprefix(prefix))
        ]
        return {name: cookies[name] for name in found[:_MAX_SESSIONS]}

    def sessions_in(self, cookies: Mapping[str, str]) -> Iterator[tuple[int, str]]:
        """Yield zone index and value of the session cookies, at most 16 of them."""
        prefix = f"{self._name('session')}-"
        found = 0
        for name, value in cookies.items():
            index = name.removeprefix(prefix) if name.startswith(prefix) else ""
            if _INDEX.fullmatch(index) and len(value) <= MAX_VALUE and found < _MAX_SESSIONS:
                found += 1
                yield int(index), value

    def set(
        self,
        response: Response,
        name: str,
        value: str,
        lifetime: timedelta | None = None,
        *,
        is_framed: bool = False,
    ) -> None:
        """Set a cookie; without ``lifetime`` it ends with the browser.

        ``is_framed``: the zone's pages may be in frames of other sites (I-87). Such a cookie is
        kept apart for each of these sites.
        """
        crosses_sites = is_framed and self.is_secure
        response.set_cookie(
            name,
            value,
            max_age=lifetime,
            expires=0 if lifetime == timedelta() else None,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="None" if crosses_sites else "Lax",
            partitioned=crosses_sites,
        )

    def replace(self, response: Response, name: str, value: str, *, is_framed: bool) -> None:
        """Set a cookie that ends with the browser, and delete its other form.

        The deletion comes first: to browsers that ignore ``Partitioned`` both are one cookie.
        """
        if self.is_secure:
            self.set(response, name, "", timedelta(), is_framed=not is_framed)
        self.set(response, name, value, is_framed=is_framed)

    def delete(self, response: Response, name: str) -> None:
        """Delete a cookie in both forms: the zone's framing may have changed since it was set."""
        for is_framed in (False, True) if self.is_secure else (False,):
            self.set(response, name, "", timedelta(), is_framed=is_framed)

    def _name(self, purpose: str) -> str:
        return f"__Host-xs-{purpose}" if self.is_secure else f"xs-{purpose}-{self.port}"
