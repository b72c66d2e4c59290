"""Settings that are an origin (scheme, host and port) or a host name."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from broker.settings.strength import origin_in_production


def origin(value: str) -> str:
    """Return the origin without a trailing slash; raise ValueError for any other text.

    An empty text is a setting that is not set.
    """
    if not value:
        return value
    url = urlsplit(value)
    more = url.path.strip("/") or url.query
    if url.scheme not in {"http", "https"} or not url.hostname or more:
        raise ValueError("must be an origin such as https://uaa.example.org, without a path")
    return value.rstrip("/")  # a trailing slash would be doubled in URLs


def host_name(value: str) -> str:
    """Return the host name, with or without a port; raise ValueError for any other text."""
    if value and not re.fullmatch(r"[A-Za-z0-9.\-]+(:[0-9]+)?|\[[0-9a-fA-F:]+\](:[0-9]+)?", value):
        raise ValueError("must be a host name without scheme, such as authentication.example.org")
    return value


Origin = Annotated[str, AfterValidator(origin), AfterValidator(origin_in_production)]
HostName = Annotated[str, AfterValidator(host_name)]
