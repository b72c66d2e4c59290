"""Authentication of platforms."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.contract.broker import ORIGINATING_IDENTITY, VERSION, basic
from tests.contract.checks.headers import MALFORMED_IDENTITIES
from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker, HeaderValue
    from tests.contract.expectations import Expectations
    from tests.contract.response import Response
    from tests.contract.subject import Subject

_SUFFIXES = {
    "/catalog": ("GET",),
    "/service_instances/unknown": ("GET", "PUT", "PATCH", "DELETE"),
    "/service_instances/unknown/last_operation": ("GET",),
    "/service_instances/unknown/service_bindings/unknown": ("GET", "PUT", "DELETE"),
    "/service_instances/unknown/service_bindings/unknown/last_operation": ("GET",),
}
_REFUSED = (401, 429)
"""Statuses for wrong credentials: a broker may limit failures."""

ALL_CALLS = [(method, path) for path, methods in _SUFFIXES.items() for method in methods]


def _encoded(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


@check("OSB-AUTH-01", "OSB-AUTH-02", "OSB-AUTH-03")
def every_call_wants_authentication(broker: Broker, _: Subject, expect: Expectations) -> None:
    for method, path in ALL_CALLS:
        response = broker.send(method, path, headers={"Authorization": None})
        expect("OSB-AUTH-01", "OSB-AUTH-02").status(response, 401, case="no credentials")
        challenge = response.headers.get("WWW-Authenticate", "")
        is_basic = challenge.lower().startswith("basic ") and "realm=" in challenge.lower()
        expect("OSB-AUTH-03").that('WWW-Authenticate: Basic realm="…"', is_basic, challenge)
        expect("OSB-AUTH-03").refused(response, 401)


@check("OSB-AUTH-02", "OSB-AUTH-04")
def wrong_and_odd_credentials_are_refused(broker: Broker, _: Subject, expect: Expectations) -> None:
    user = broker.user
    for case, value in {
        "wrong password": basic(user, "wrong"),
        "wrong user": basic(f"{user}-not", broker.password),
        "empty password": basic(user, ""),
        "empty pair": basic("", ""),
        "password and more": basic(user, f"{broker.password}x"),
        "part of the password": basic(user, broker.password[:-1]),
        "other case of the user": basic(user.swapcase(), broker.password + " "),
        "no colon": _encoded(user.encode()),
        "nothing encoded": _encoded(b""),
        "not ASCII": basic("bröker", "pässwörd🔑"),
        "not UTF-8": _encoded(b"\xff\xfe:\x80"),
        "NUL": basic(f"{user}\0", f"{broker.password}\0"),
        "oversized": basic(user, "x" * 5000),
        "no Base64": "Basic !!!",
        "wrong padding": "Basic abc",
        "scheme alone": "Basic",
        "another scheme": f"Bearer {basic(user, broker.password)[6:]}",
        "no scheme": basic(user, broker.password)[6:],
        "empty": "",
    }.items():
        response = broker.send("GET", "/catalog", headers={"Authorization": value})
        expect().status(response, *_REFUSED, case=case)


@check("OSB-AUTH-05", "OSB-HDR-07")
def strangers_learn_nothing_but_401(broker: Broker, _: Subject, expect: Expectations) -> None:
    unauthorized: dict[str, HeaderValue] = {"Authorization": basic(broker.user, "wrong")}
    odd: dict[str, dict[str, HeaderValue]] = {
        "no version": {VERSION: None},
        "garbage as version": {VERSION: "garbage"},
        "unsupported version": {VERSION: "1.0"},
        "wrong Content-Type": {"Content-Type": "text/html"},
    }
    for case, changes in odd.items():
        for method, path in ALL_CALLS:
            response = broker.send(
                method, path, body=b"{" * 100, headers={**unauthorized, **changes}
            )
            expect("OSB-AUTH-05").status(response, *_REFUSED, case=case)
    for case, value in MALFORMED_IDENTITIES.items():
        headers = {**unauthorized, ORIGINATING_IDENTITY: value}
        expect().status(broker.send("GET", "/catalog", headers=headers), *_REFUSED, case=case)
    for method, path in (("GET", "/nowhere"), ("POST", "/catalog")):
        response = broker.send(method, path, headers=unauthorized)
        expect("OSB-AUTH-05").status(response, *_REFUSED)


@check("OSB-AUTH-05")
def strangers_cannot_make_the_broker_wait_for_a_body(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    path = f"/v2{subject.draft_instance().path}"
    content = ("Content-Type", "application/json")

    def announced(*headers: tuple[str, str], body: bytes = b"") -> Response:
        stranger = ("Authorization", basic(broker.user, "wrong"))
        return broker.send_exactly("PUT", path, headers=[stranger, content, *headers], body=body)

    for case, response in {
        "announced, not sent": announced(("Content-Length", "1000000")),
        "announced in chunks, not sent": announced(("Transfer-Encoding", "chunked")),
        "12 MB": announced(body=b" " * 12_000_000),
    }.items():
        expect().status(response, *_REFUSED, case=case)
        quick = response.seconds < 10
        expect().that("a response within 10 s", quick, f"{response.seconds:.1f} s", case=case)
