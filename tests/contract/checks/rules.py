"""Rules for every response in every check."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.contract.registry import rule

if TYPE_CHECKING:
    from tests.contract.response import Response

FIXED_WORDS = ("AsyncRequired", "ConcurrencyError", "RequiresApp", "MaintenanceInfoConflict")

_SUCCESSES = {
    "catalog": {200},
    "provision": {200, 201, 202},
    "bind": {200, 201, 202},
    "update": {200, 202},
    "unbind": {200, 202},
    "deprovision": {200, 202},
    "fetch_instance": {200},
    "fetch_binding": {200},
    "last_operation": {200},
    "last_binding_operation": {200},
}
_NAMED_ERRORS = {
    *(400, 401, 403, 404, 405, 408, 409, 410, 411, 412, 413, 414, 415, 422, 429, 431),
    *range(500, 600),
}
_INTERNALS = re.compile(
    r"Traceback|File \"|<(html|!doctype|body)|0x[0-9a-f]{6,}|__init__|NoneType"
    r"|\b(sqlalchemy|psycopg|pydantic|werkzeug|sqlite3?|goroutine|nil pointer)\b"
    r"|\bat [\w.$]+\(\w+\.(java|js)\b",
    re.IGNORECASE,
)
_STATEMENTS = re.compile(
    r"\b(SELECT|INSERT|UPDATE|DELETE) .*\b(FROM|INTO|SET)\b|\w(Error|Exception): "
)
_LONGEST_DESCRIPTION = 8192
_LONGEST_DESCRIPTION_KEPT = 16_384
_LONGEST_SECONDS = 20.0


@rule("OSB-HDR-09", expected="a JSON body with Content-Type application/json")
def every_response_is_json(response: Response) -> bool | None:
    if not _has_body(response):
        return None
    declared = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return declared == "application/json" and response.document is not None


@rule("CF-RULE-01", expected="a JSON object")
def every_response_is_an_object(response: Response) -> bool | None:
    return isinstance(response.document, dict) if _has_body(response) else None


@rule("CF-HTTP-03", expected="no redirect")
def no_response_redirects(response: Response) -> bool | None:
    return response.status not in {301, 302, 303, 307, 308}


@rule("OSB-ASYNC-06", "CF-RULE-06", expected=f"a response within {_LONGEST_SECONDS:.0f} s")
def every_response_is_quick(response: Response) -> bool | None:
    return response.seconds < _LONGEST_SECONDS


@rule("OSB-ERR-01", expected="a status that the specification allows for this call")
def every_status_is_named(response: Response) -> bool | None:
    if not response.call or response.status == 304:
        return None
    return response.status in _SUCCESSES[response.call] | _NAMED_ERRORS


@rule("OSB-ERR-10", expected="no 5xx")
def no_request_makes_the_broker_fail(response: Response) -> bool | None:
    return not response.failed_inside


@rule("OSB-ERR-02", expected="an object whose error and description are non-empty strings")
def every_error_is_an_error_object(response: Response) -> bool | None:
    if response.status < 400 or not response.call:
        return None
    word, text = response.members.get("error", "E"), response.members.get("description", "d")
    is_word = isinstance(word, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", word) is not None
    return isinstance(response.document, dict) and is_word and isinstance(text, str) and text != ""


@rule("OSB-ERR-03", "CF-RULE-10", expected="a description of at most 8 kB")
def every_error_explains_itself(response: Response) -> bool | None:
    if response.status < 400:
        return None
    return 0 < len(response.description.encode()) <= _LONGEST_DESCRIPTION


@rule("CF-ACCEPT-08", expected="at most 16 kB of description")
def no_description_is_cut_off(response: Response) -> bool | None:
    if response.status < 400:
        return None
    return len(response.description.encode()) <= _LONGEST_DESCRIPTION_KEPT


@rule("OSB-ERR-04", expected="status 422 with the fixed error codes")
def fixed_words_come_with_422(response: Response) -> bool | None:
    word = response.members.get("error")
    return response.status == 422 if response.status >= 400 and word in FIXED_WORDS else None


@rule("OSB-ERR-05", expected="instance_usable as a boolean on failed updates and deletions only")
def usability_is_told_where_it_belongs(response: Response) -> bool | None:
    if "instance_usable" not in response.members or response.call.startswith("last_"):
        return None
    fitting = response.status >= 400 and response.call in {"update", "deprovision"}
    return fitting and isinstance(response.members["instance_usable"], bool)


@rule("OSB-ERR-06", expected="update_repeatable as a boolean on failed updates only")
def repeatability_is_told_where_it_belongs(response: Response) -> bool | None:
    if "update_repeatable" not in response.members or response.call.startswith("last_"):
        return None
    fitting = response.status >= 400 and response.call == "update"
    return fitting and isinstance(response.members["update_repeatable"], bool)


@rule("OSB-ERR-09", expected="no internals of the broker and no HTML")
def no_error_shows_the_inside(response: Response) -> bool | None:
    if response.status < 400:
        return None
    text = response.content.decode(errors="replace")
    return not _INTERNALS.search(text) and not _STATEMENTS.search(text)


@rule("OSB-ERR-11", expected="one of the fixed error codes with 422")
def every_422_has_a_known_word(response: Response) -> bool | None:
    if response.status != 422 or response.method not in {"PUT", "DELETE"}:
        return None
    return response.members.get("error") in FIXED_WORDS


@rule("CF-ACCEPT-01", expected="200")
def the_catalog_succeeds_with_200(response: Response) -> bool | None:
    return _success_is_accepted(response, "catalog")


@rule("CF-ACCEPT-02", expected="200, 201 or 202")
def creations_succeed_as_accepted(response: Response) -> bool | None:
    return _success_is_accepted(response, "provision", "bind")


@rule("CF-ACCEPT-03", expected="200 or 202")
def updates_succeed_as_accepted(response: Response) -> bool | None:
    return _success_is_accepted(response, "update")


@rule("CF-ACCEPT-04", expected="200 or 202, and 410 for a missing resource")
def deletions_succeed_as_accepted(response: Response) -> bool | None:
    return _success_is_accepted(response, "unbind", "deprovision")


@rule("CF-ACCEPT-05", expected="200")
def readings_succeed_with_200(response: Response) -> bool | None:
    readings = ("fetch_instance", "fetch_binding", "last_operation", "last_binding_operation")
    return _success_is_accepted(response, *readings)


@rule("CF-ACCEPT-09", expected="no status that starts orphan mitigation")
def no_refusal_starts_mitigation(response: Response) -> bool | None:
    if response.call not in {"provision", "bind"} or response.status < 400:
        return None
    known = response.status == 422 and response.members.get("error") in FIXED_WORDS
    return known or (response.status < 500 and response.status not in {410, 422})


@rule("CF-ACCEPT-06", expected="a string, or null for dashboard_url; objects for metadata")
def responses_have_the_types_that_are_checked(response: Response) -> bool | None:
    if not response.call or not 200 <= response.status < 300 or response.call == "catalog":
        return None
    return not wrong_types(response)


@rule("CF-ACCEPT-07", expected="no null among the members")
def nothing_fetched_is_null(response: Response) -> bool | None:
    if response.call not in {"fetch_instance", "fetch_binding"} or response.status != 200:
        return None
    return None not in response.members.values()


@rule("OSB-AMB-15", expected="no operation in a synchronous response")
def synchronous_responses_have_no_operation(response: Response) -> bool | None:
    if response.method not in {"PUT", "PATCH", "DELETE"} or response.status not in {200, 201}:
        return None
    return "operation" not in response.members


def _has_body(response: Response) -> bool:
    # OPTIONS is no call of the API: web frameworks implement it by default.
    return response.status != 304 and response.method != "OPTIONS"


def wrong_types(response: Response) -> list[str]:
    """The members of a success whose type a platform refuses."""
    members = response.members
    wrong = [
        name
        for name, kind in {
            **dict.fromkeys(("operation", "description", "state"), str),
            **dict.fromkeys(("service_id", "plan_id"), str),
            **dict.fromkeys(("syslog_drain_url", "route_service_url"), str),
            **dict.fromkeys(("metadata", "parameters", "credentials", "maintenance_info"), dict),
            **dict.fromkeys(("endpoints", "volume_mounts"), list),
        }.items()
        if name in members and not isinstance(members[name], kind)
    ]
    metadata = members.get("metadata")
    if isinstance(metadata, dict):
        inside = (metadata.get(name, {}) for name in ("labels", "attributes"))
        wrong += ["metadata"] * (not all(isinstance(value, dict) for value in inside))
    if not isinstance(members.get("dashboard_url", ""), str | None):
        wrong.append("dashboard_url")
    if len(str(members.get("operation", ""))) > 10_000:
        wrong.append("operation")
    return wrong


def _success_is_accepted(response: Response, *calls: str) -> bool | None:
    if response.call not in calls or response.status >= 300:
        return None
    return response.status in _SUCCESSES[response.call]
