"""An OpenID Connect provider with one defect at a time (TH-06, TH-08, TH-10)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

if TYPE_CHECKING:
    import ssl

CLIENT_ID = "broker"
CLIENT_SECRET = "client secret: +/%"
ALGORITHMS = ["RS256", "PS256", "ES256", "RS512"]


@cache
def a_key(name: str = "first", kind: str = "RSA") -> RSAKey | ECKey:
    """Return a key pair with the name as key id; the same one in all tests of a process."""
    if kind == "EC":
        return ECKey.generate_key("P-256", {"kid": name}, private=True)
    return RSAKey.generate_key(2048, {"kid": name}, private=True)


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: str = "AA") -> str:
    """Return a token with a meaningless signature."""
    parts = (json.dumps(part).encode() for part in (header, claims))
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, signature])


def signed(
    claims: dict[str, Any] | bytes,
    key: Any = None,
    algorithm: str = "RS256",
    **header: Any,
) -> str:
    """Return a signed token; ``header`` replaces members, None removes one."""
    key = a_key() if key is None else key
    members = {"alg": algorithm, "kid": key.kid, "typ": "JWT"} | header
    kept = {name: value for name, value in members.items() if value is not None}
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    return jws.serialize_compact(kept, payload, key, ALGORITHMS, registry)


def signed_with_public_key(claims: dict[str, Any]) -> str:
    """Return a token whose HMAC has the public key of the provider as its secret."""
    signing_input = unsigned({"alg": "HS256", "kid": "first"}, claims).rpartition(".")[0]
    mac = hmac.digest(a_key().as_pem(private=False), signing_input.encode(), "sha256")
    return f"{signing_input}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@dataclass
class Reply:
    """A response as it is sent; ``parts`` are sent with a pause between them."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    parts: Callable[[], Any] | None = None
    length: int | None = None


@dataclass
class HostileProvider:
    """A provider on this machine; honest until a member is changed.

    ``claims`` are added to the id token, ``userinfo`` to that response; ``discovery`` replaces
    members of the document, None removes one. ``replies`` replaces responses by path.
    ``make_token`` signs the claims. ``requests`` are those received: method, path, form, headers.
    """

    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    replies: dict[str, Callable[[], Reply]] = field(default_factory=dict)
    make_token: Callable[[dict[str, Any]], str] = signed
    keys: list[Any] = field(default_factory=lambda: [a_key()])
    now: Callable[[], float] = time.time
    tls: ssl.SSLContext | None = None
    host: str = "localhost"
    requests: list[tuple[str, str, dict[str, str], dict[str, str]]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._server.daemon_threads = True
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(
            target=partial(self._server.serve_forever, 0.02), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """The port."""
        return int(self._server.server_address[1])

    @property
    def issuer(self) -> str:
        """The issuer."""
        return f"{'http' if self.tls is None else 'https'}://{self.host}:{self.port}"

    def configuration(self, **more: Any) -> dict[str, Any]:
        """Return the configuration of an identity provider; ``more`` are members of it."""
        return {
            "issuer": self.issuer,
            "relyingPartyId": CLIENT_ID,
            "relyingPartySecret": CLIENT_SECRET,
            "attributeMappings": {"user_name": "preferred_username"},
            **more,
        }

    def authorized(self, url: str, **changes: str | None) -> dict[str, str]:
        """Return the parameters of the response to an authorization request; a user agreed."""
        asked = dict(parse_qsl(urlsplit(url).query, strict_parsing=True))
        code = hashlib.sha256(url.encode() + str(len(self._codes)).encode()).hexdigest()
        self._codes[code] = asked
        response = {"code": code, "state": asked["state"], "iss": self.issuer} | changes
        return {name: value for name, value in response.items() if value is not None}

    def paths(self) -> list[str]:
        """Return the paths that were requested."""
        return [path for _, path, _, _ in self.requests]

    def token_for(self, asked: dict[str, str]) -> str:
        """Return the id token for an authorization request."""
        now = int(self.now())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "subject-1",
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": asked.get("nonce"),
            "preferred_username": "anna",
            "sid": "session-1",
            **self.claims,
        }
        return self.make_token({key: each for key, each in claims.items() if each is not None})

    def reply(self, path: str, form: dict[str, str], headers: dict[str, str]) -> Reply:
        """Return the response to a request."""
        if path in self.replies:
            return self.replies[path]()
        match path:
            case "/.well-known/openid-configuration":
                return _json(self._document())
            case "/keys":
                return _json({"keys": [key.as_dict(private=False) for key in self.keys]})
            case "/token":
                return self._token(form, headers)
            case "/userinfo":
                return _json({"sub": "subject-1", "email": "anna@example.org", **self.userinfo})
            case _:
                return Reply(status=404)

    def _document(self) -> dict[str, Any]:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/logout",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            **self.discovery,
        }
        return {key: value for key, value in document.items() if value is not None}

    def _token(self, form: dict[str, str], headers: dict[str, str]) -> Reply:
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(
            hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        )
        expected = asked and asked.get("code_challenge")
        if (
            asked is None
            or form.get("redirect_uri") != asked["redirect_uri"]
            or (expected and expected != challenge.rstrip(b"=").decode())
        ):
            return _json({"error": "invalid_grant"}, 400)
        pair = urlencode({CLIENT_ID: CLIENT_SECRET}).replace("=", ":").encode()
        basic = f"Basic {base64.b64encode(pair).decode()}"
        if basic != headers.get("authorization") and form.get("client_secret") != CLIENT_SECRET:
            return _json({"error": "invalid_client"}, 401)
        token = self.token_for(asked)
        return _json({"access_token": "opaque", "token_type": "Bearer", "id_token": token})


def _json(document: dict[str, Any], status: int = 200) -> Reply:
    return Reply(json.dumps(document).encode(), status, {"Content-Type": "application/json"})


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, provider: HostileProvider, *args: Any) -> None:
        self._provider = provider
        super().__init__(*args)

    def do_GET(self) -> None:
        """Respond."""
        self._respond({})

    def do_POST(self) -> None:
        """Respond to a form."""
        length = int(self.headers.get("Content-Length", "0"))
        self._respond(dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True)))

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _respond(self, form: dict[str, str]) -> None:
        path = urlsplit(self.path).path
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._provider.requests.append((self.command, path, form, headers))
        reply = self._provider.reply(path, form, headers)
        try:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            length = len(reply.body) if reply.length is None else reply.length
            if reply.parts is None or reply.length is not None:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(reply.body)
            for part in () if reply.parts is None else reply.parts():
                self.wfile.write(part)
        except OSError:
            self.close_connection = True
