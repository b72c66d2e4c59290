"""Reconciliation from log lines of this version and of older ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from broker.recovery.reconcile import Reconciliation, event_of, from_log

BACKUP = datetime(2026, 1, 1, tzinfo=UTC)
AT = "2026-01-02T00:00:00+00:00"

OLDER: dict[str, dict[str, Any]] = {
    "unbind": {"action": "unbind", "instance_id": "i", "binding_id": "b"},
    "types": {"action": "update", "instance_id": "i", "detail": "credential-types: x509, a"},
    "all": {"action": "revoke-tokens", "identity": {"client_id": "c", "all_tokens": True}},
    "one": {"action": "revoke-tokens", "identity": {"client_id": "c", "token_id": "t"}},
    "key": {"action": "revoke-signing-key", "identity": {"signing_keys": ["k1", "k2"]}},
}
TODAY: dict[str, dict[str, Any]] = {
    "unbind": {"action": "unbind", "instance_id": "i", "binding_id": "b"},
    "types": {
        "action": "update",
        "instance_id": "i",
        "details": {"credential_types": ["x509", "a"], "previous_credential_types": ["a"]},
    },
    "all": {"action": "revoke-tokens", "subject": "c", "details": {"all_tokens": True}},
    "one": {"action": "revoke-tokens", "subject": "c", "details": {"token_id": "t"}},
    "key": {"action": "revoke-signing-key", "subject": "k1, k2"},
}


def line(form: str, name: str, **more: Any) -> dict[str, Any]:
    if form == "older":
        return {"event": "audit", "at": AT, "platform": "", **OLDER[name], **more}
    entry = {"details": {}, "outcome": "done", **TODAY[name]}
    entry["subject"] = {"kind": "", "id": entry.get("subject", "")}
    return {"event": "audit", "at": AT, "actor": {"kind": "", "id": ""}, **entry, **more}


def planned(entry: dict[str, Any]) -> Reconciliation:
    event = event_of(entry)
    return from_log([event] if event else [], BACKUP, may_have_gaps=True)


@pytest.mark.parametrize("form", ["older", "today"])
def test_every_revocation_is_repeated(form: str) -> None:
    assert planned(line(form, "unbind")).bindings == {("i", "b")}
    assert planned(line(form, "types")).types == {"i": ("x509", "a")}
    assert planned(line(form, "all")).clients == {"c": 1}
    assert planned(line(form, "one")).tokens["t"][0] == "c"
    [key] = planned(line(form, "key")).signing_keys
    assert key.subject_id == "k1, k2"


def test_refused_operations_are_ignored() -> None:
    assert planned(line("today", "types", outcome="refused")).types == {}


def test_an_event_in_several_logs_is_repeated_once() -> None:
    """Otherwise two revocations would end the tokens issued after the first one."""
    event = event_of(line("today", "all"))
    listed = event_of(line("today", "all", correlation_id="c", identity=None))
    later = event_of(line("today", "all", at="2026-01-03T00:00:00+00:00"))
    assert event
    assert listed
    assert later
    plan = from_log([event, later, listed], BACKUP, may_have_gaps=True)
    assert plan.clients == {"c": 2}


def test_one_update_has_credential_types_and_dropped_collections() -> None:
    details = {"credential_types": ["x509"], "dropped_role_collections": ["B", "A"]}
    plan = planned(line("today", "types", details=details))
    assert plan.types == {"i": ("x509",)}
    assert {name: list(names) for name, names in plan.collections.dropped.items()} == {
        "i": ["B", "A"]
    }


@pytest.mark.parametrize("details", [{"cut_off": True}, {"cut off": "{"}])
def test_an_update_with_details_that_were_cut_off_is_reported(details: dict[str, Any]) -> None:
    subject = {"kind": "service-instance", "id": "i"}
    plan = planned(line("today", "types", details=details, subject=subject, zone="z"))
    assert list(plan.users.reports()) == [
        "The service-instance i of zone z was changed (update) at 2026-01-02T00:00:00Z; check it."
    ]


def test_other_lines_are_ignored() -> None:
    assert event_of({"event": "request", "path": "/v2/catalog"}) is None
