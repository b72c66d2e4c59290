"""The strict grammar of redirect URIs, registered or requested (D-45, H-39 to H-41).

Every part is read from the raw string, once, by this module only: two parsers that disagree on
where the host ends are how redirects are broken. The grammar is narrower than RFC 3986: it refuses
what servers, browsers and proxies read differently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NoReturn

MAX_LENGTH: Final = 2048
"""Characters of one URI."""

LOCALHOST: Final = "localhost"
LOOPBACK_ADDRESSES: Final = frozenset({"127.0.0.1", "[::1]"})

_MAX_SHOWN = 64
_FIXED_LABELS = 2
_MAX_PORT = 65_535
_REFUSED_CHARACTER = re.compile(r"[^!-~]|[\\#]")
_LABEL = re.compile(r"[a-z0-9_*\-]+")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_INCOMPLETE_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_RESPONSE_PARAMETERS = frozenset(
    {
        "code",
        "state",
        "iss",
        "id_token",
        "access_token",
        "token_type",
        "expires_in",
        "scope",
        "session_state",
        "response",
    }
)


class InvalidUri(ValueError):
    """A URI is outside the grammar. ``found`` and ``allowed`` are short, printable ASCII."""

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(f"{found}; allowed: {allowed}")
        self.found = found
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class RedirectUri:
    """The parts of a valid URI.

    ``scheme`` and ``labels`` of the host are in lower case; an address is a single label. ``port``
    is empty if there is none; ``query`` is None without ``?``. ``path`` and ``query`` are as given.
    """

    scheme: str
    labels: tuple[str, ...]
    port: str
    path: str
    query: str | None

    @property
    def host(self) -> str:
        """The host in lower case."""
        return ".".join(self.labels)

    @property
    def is_address(self) -> bool:
        """Whether the host is a loopback address."""
        return self.labels[0] in LOOPBACK_ADDRESSES

    @property
    def is_local(self) -> bool:
        """Whether the host is a loopback address, ``localhost``, or below ``localhost``."""
        return self.is_address or self.labels[-1] == LOCALHOST


def parse_uri(text: str) -> RedirectUri:
    """Return the parts of a requested URI; raise InvalidUri."""
    return parse_parts(text, is_pattern=False)


def parse_parts(text: str, *, is_pattern: bool) -> RedirectUri:
    """Return the parts; raise InvalidUri. Only a pattern has wildcards in host and port.

    ``*`` in the path of a requested URI is an ordinary character.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidUri(f"{len(text)} characters", f"at most {MAX_LENGTH} characters")
    _require_plain_characters(text)
    scheme, rest = _scheme(text, is_pattern=is_pattern)
    end = next((at for at, character in enumerate(rest) if character in "/?"), len(rest))
    labels, port = _authority(rest[:end], is_pattern=is_pattern)
    path, mark, query = rest[end:].partition("?")
    _require_safe_path(path)
    _require_safe_query(query)
    uri = RedirectUri(scheme, labels, port, path, query if mark else None)
    if scheme == "http" and not uri.is_local:
        raise InvalidUri(
            f'http:// for the host "{shown(uri.host)}"',
            "https://, or http:// for 127.0.0.1, [::1], localhost and hosts below localhost",
        )
    if port == "*" and not uri.is_local:
        raise InvalidUri("the port *", "* as port of localhost and loopback addresses only")
    return uri


def shown(text: str) -> str:
    """Return the beginning of a text of plain characters, for messages."""
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def _require_plain_characters(text: str) -> None:
    found = _REFUSED_CHARACTER.search(text)
    if found is None:
        return
    character = found[0]
    if character == "#":
        raise InvalidUri("a fragment (#)", "a URI without fragment")
    if character == "\\":
        raise InvalidUri("a backslash", "/ between path segments")
    if character == " ":
        raise InvalidUri("a blank", "a URI without blanks")
    kind = "control" if _CONTROL.match(character) else "non-ASCII"
    raise InvalidUri(
        f"the {kind} character U+{ord(character):04X}",
        "printable ASCII: punycode (xn--) in the host, percent-encoding in the path",
    )


def _scheme(text: str, *, is_pattern: bool) -> tuple[str, str]:
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise InvalidUri("no scheme", "an absolute URI that starts with https://")
    scheme = scheme.lower()
    if is_pattern and scheme == "http*":
        scheme = "https"
    if scheme not in {"https", "http"}:
        raise InvalidUri(f'the scheme "{scheme[:16]}"', "https, and http for localhost")
    return scheme, rest


def _authority(text: str, *, is_pattern: bool) -> tuple[tuple[str, ...], str]:
    if "@" in text:
        raise InvalidUri("user info (@) before the host", "a host without user name and password")
    if "%" in text:
        raise InvalidUri("percent-encoding in the host", "the plain host name")
    if text.startswith("["):
        host, bracket, rest = text.partition("]")
        colon, port = rest[:1], rest[1:]
        host += bracket
        if colon not in {"", ":"}:
            _refuse_address(text)
    else:
        host, colon, port = text.partition(":")
    labels = _host(host.lower(), is_pattern=is_pattern)
    if colon and not (is_pattern and port == "*"):
        _require_port(port)
    return labels, port


def _host(host: str, *, is_pattern: bool) -> tuple[str, ...]:
    if host in LOOPBACK_ADDRESSES:
        return (host,)
    if host.startswith("["):
        _refuse_address(host)
    if not host:
        raise InvalidUri("no host name", "a host name after the scheme")
    labels = host.split(".")
    if not labels[-1]:
        raise InvalidUri("a host name that ends with a dot", "a host name without final dot")
    for index, label in enumerate(labels):
        _require_label(label, is_first=index == 0, is_pattern=is_pattern)
    if _NUMBER.fullmatch(labels[-1]):
        if "*" in host:
            raise InvalidUri(
                f'the host "{shown(host)}", which could match an IP address',
                "a last label that is not a number",
            )
        _refuse_address(host)
    fixed = 1 if labels[-1] == LOCALHOST else _FIXED_LABELS
    if len(labels) < fixed:
        raise InvalidUri(
            f'the host "{shown(host)}" with only one label', "at least two labels, or localhost"
        )
    if any("*" in label for label in labels[-fixed:]):
        raise InvalidUri(
            f'a wildcard in the last two labels of the host "{shown(host)}"',
            "wildcards before the last two labels only, or before localhost",
        )
    return tuple(labels)


def _require_label(label: str, *, is_first: bool, is_pattern: bool) -> None:
    if is_pattern and "**" in label:
        if label == "**" and is_first:
            return
        raise InvalidUri(
            f'** in the host label "{shown(label)}"', "** as the whole first label, * elsewhere"
        )
    has_outer_hyphen = label.startswith("-") or label.endswith("-")
    has_star = "*" in label and not is_pattern
    if has_outer_hyphen or has_star or _LABEL.fullmatch(label) is None:
        raise InvalidUri(
            f'the host label "{shown(label)}"',
            "letters, digits, _ and -, but no - at the beginning or end",
        )


def _refuse_address(host: str) -> NoReturn:
    raise InvalidUri(
        f'the IP address "{shown(host)}"', "a host name; of addresses only 127.0.0.1 and [::1]"
    )


def _require_port(port: str) -> None:
    allowed = f"a number from 1 to {_MAX_PORT} without leading zeros"
    if not port.isdigit():
        raise InvalidUri(f'the port "{shown(port)}"', allowed)
    if port.startswith("0"):
        raise InvalidUri(f'the port "{shown(port)}" with a leading zero', allowed)
    if len(port) > len(str(_MAX_PORT)) or int(port) > _MAX_PORT:
        raise InvalidUri(f'the port "{shown(port)}" above {_MAX_PORT}', allowed)


def _require_safe_path(path: str) -> None:
    if "@" in path:
        raise InvalidUri("@ in the path", "%40 in its place")
    decoded = _decoded(path)
    for segment in decoded.split("/"):
        # Some servers remove ";x" from a segment before they resolve dots.
        if segment.partition(";")[0] in {".", ".."}:
            raise InvalidUri(f'the dot segment "{_ascii(segment)}"', "a path without dot segments")
    for escape in _ESCAPE.findall(path.encode()):
        if chr(int(escape, 16)) in "/\\.%":
            raise InvalidUri(
                f"the encoded {chr(int(escape, 16))} (%{escape.decode()}) in the path",
                "a path without encoded slash, backslash, dot and percent sign",
            )


def _require_safe_query(query: str) -> None:
    _decoded(query)
    # Some servers separate parameters by ";", too.
    for parameter in query.replace(";", "&").split("&"):
        name = _decoded(parameter.partition("=")[0].replace("+", " "))
        # Some servers ignore leading blanks, case, and an index such as [0].
        plain = name.strip().lower().partition("[")[0]
        if plain in _RESPONSE_PARAMETERS or plain.startswith("error") or "%" in name:
            raise InvalidUri(
                f'the query parameter "{_ascii(name)}"',
                "a query without the parameters of the response, such as code, state and error",
            )


def _ascii(text: str) -> str:
    return shown(text.encode("ascii", "replace").decode())


def _decoded(text: str) -> str:
    """Return the text without percent-encoding; raise InvalidUri unless it is UTF-8."""
    if "%" not in text:
        return text
    if incomplete := _INCOMPLETE_ESCAPE.search(text):
        raise InvalidUri(f'the percent sign in "{incomplete[0]}"', "% and two hexadecimal digits")
    try:
        decoded = _ESCAPE.sub(lambda escape: bytes.fromhex(escape[1].decode()), text.encode())
        result = decoded.decode()
    except UnicodeDecodeError:
        raise InvalidUri("percent-encoding of invalid UTF-8", "percent-encoded UTF-8") from None
    if control := _CONTROL.search(result):
        raise InvalidUri(
            f"the encoded control character U+{ord(control[0]):04X}", "printable characters"
        )
    return result
