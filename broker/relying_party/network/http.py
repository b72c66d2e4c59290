"""The HTTP client for providers: bounded in time and bytes, without redirects (I-33, I-34).

Of urllib3 only what this needs is used: no redirects, retries, cookies or decompression.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlencode

import structlog
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager, Timeout
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers, parse_url

from broker.errors import ProviderUnavailable
from broker.json_text.reader import MalformedJson, read_object
from broker.relying_party.network.connection import (
    TIMED_OUT,
    Watch,
    WatchedHttp,
    WatchedHttps,
)
from broker.relying_party.network.look_ups import LookUps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.relying_party.network.connection import Budget
    from broker.relying_party.network.slots import RequestSlots
    from broker.relying_party.network.targets import Target, TargetRules

_log = structlog.get_logger(__name__)

MAX_SECONDS: Final = 5.0
"""Of one request, from the look-up of the host name to the last byte."""

MAX_BYTES: Final = 256 * 1024
"""Of the body of a response."""

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "xsuaa-broker",
}


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """A complete response."""

    status: int
    body: bytes

    def json_object(self) -> dict[str, Any]:
        """Return the JSON object of a response with status 200; raise ProviderUnavailable."""
        if self.status != HTTPStatus.OK:
            raise ProviderUnavailable(f"the status is {self.status}")
        return self.any_json_object()

    def any_json_object(self) -> dict[str, Any]:
        """Return the JSON object of a response with any status; raise ProviderUnavailable."""
        try:
            return read_object(self.body)
        except MalformedJson:
            raise ProviderUnavailable("the body is no JSON object") from None


@dataclass(frozen=True)
class ProviderHttp:
    """Requests URLs of providers.

    ``ca_file``: CA certificates in addition to those of the system; ``proxy``: the URL of the proxy
    for ``rules.proxied_hosts``. ``seconds`` is the maximum for one request.
    """

    rules: TargetRules
    slots: RequestSlots
    ca_file: str | None = None
    proxy: str = field(default="", repr=False)
    seconds: float = MAX_SECONDS
    look_ups: LookUps = field(default_factory=LookUps)
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext
    """Entered while a thread waits for a provider."""

    def get(self, url: str, budget: Budget, *, bearer: str | None = None) -> Response:
        """Return the response to a GET request; raise ProviderUnavailable."""
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        return self._request("GET", url, budget, headers)

    def post(
        self, url: str, budget: Budget, form: Mapping[str, str], headers: Mapping[str, str]
    ) -> Response:
        """Return the response to a POST request with a form; raise ProviderUnavailable."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._request("POST", url, budget, {**headers, **kind}, urlencode(form).encode())

    def check_trust(self) -> None:
        """Raise OSError or ValueError if the CA certificates cannot be loaded."""
        _ = self._tls

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.ca_file is not None:
            context.load_verify_locations(self.ca_file)
        return context

    def _request(
        self,
        method: str,
        url: str,
        budget: Budget,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Response:
        target = self.rules.target(url)
        seconds = budget.left(self.seconds)
        try:
            with (
                self.waiting(),
                self._own_slot(target, budget),
                self.slots.holding(target.host, budget.owner),
                Watch(self.rules, seconds, self.look_ups, budget.owner) as watch,
            ):
                return self._exchange(watch, seconds, target, method, {**_HEADERS, **headers}, body)
        except ProviderUnavailable as error:
            _log.warning("identity provider unavailable", host=target.host, reason=error.reason)
            raise

    @staticmethod
    def _own_slot(target: Target, budget: Budget) -> AbstractContextManager[None]:
        if budget.slots is None:
            return nullcontext()
        return budget.slots.holding(target.host, budget.owner)

    def _exchange(  # noqa: PLR0913, PLR0917 - the parts of a request
        self,
        watch: Watch,
        seconds: float,
        target: Target,
        method: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Response:
        watch.is_proxied = target.is_proxied
        try:
            pool = self._pool(target, watch)
            try:
                response = pool.urlopen(
                    method,
                    target.path,
                    body=body,
                    headers=headers,
                    redirect=False,
                    retries=False,
                    timeout=Timeout(total=seconds),
                    preload_content=False,
                    decode_content=False,
                )
                try:
                    if response.headers.get("Content-Encoding", "identity") != "identity":
                        raise ProviderUnavailable("the body is compressed")
                    content = response.read(MAX_BYTES + 1, decode_content=False)
                finally:
                    response.close()
            finally:
                pool.close()
        except (HTTPError, OSError, ValueError) as error:
            reason = TIMED_OUT if watch.is_expired else _reason(error)
            raise ProviderUnavailable(reason) from None
        if watch.is_expired:
            raise ProviderUnavailable(TIMED_OUT)
        if len(content) > MAX_BYTES:
            raise ProviderUnavailable(f"the body has more than {MAX_BYTES} bytes")
        return Response(response.status, content)

    def _pool(self, target: Target, watch: Watch) -> HTTPConnectionPool:
        """Return a pool for one connection; nothing is shared between requests."""
        options: dict[str, Any] = {"num_pools": 1, "maxsize": 1, "ssl_context": self._tls}
        manager = self._proxied(options) if target.is_proxied else PoolManager(**options)
        pool = manager.connection_from_host(target.host.strip("[]"), target.port, target.scheme)
        is_tls = isinstance(pool, HTTPSConnectionPool)
        pool.ConnectionCls = WatchedHttps if is_tls else WatchedHttp
        pool.conn_kw["watch"] = watch
        return pool

    def _proxied(self, options: Mapping[str, Any]) -> PoolManager:
        if not self.proxy:
            raise ProviderUnavailable("no proxy is configured")
        auth = parse_url(self.proxy).auth
        headers = make_headers(proxy_basic_auth=unquote(auth)) if auth else None
        return ProxyManager(self.proxy, proxy_headers=headers, **options)


def _reason(error: Exception) -> str:
    """Return the kind of the error; texts of urllib3 contain addresses of objects and URLs."""
    is_certificate = "CERTIFICATE_VERIFY_FAILED" in str(error)
    return "the certificate is not valid" if is_certificate else type(error).__name__
