"""Audit events of versions before 0.2, in the form of this version."""

from __future__ import annotations

from typing import Any

import pytest

from broker.audit.actor import Actor, ActorKind
from broker.audit.event import Subject, SubjectKind
from broker.audit.older import older_actor, older_details, older_subject

CLOUD_FOUNDRY = {"platform": "cloudfoundry", "value": {"user_id": "u"}}
CLIENT = {"client_id": "sb-app!t1"}


@pytest.mark.parametrize(
    ("platform", "identity", "actor"),
    [
        (
            "default",
            CLOUD_FOUNDRY,
            Actor(ActorKind.PLATFORM, "default", "default", CLOUD_FOUNDRY, "c"),
        ),
        ("default", None, Actor(ActorKind.PLATFORM, "default", "default", None, "c")),
        ("default", {}, Actor(ActorKind.PLATFORM, "default", "default", None, "c")),
        (
            "default",
            {"platform": "command line", "value": {"username": "root"}},
            Actor(ActorKind.COMMAND_LINE, "root", "default", None, "c"),
        ),
        (
            "operator",
            {"platform": "command line", "value": {"user": "root"}},
            Actor(ActorKind.COMMAND_LINE, "root", "operator", None, "c"),
        ),
        (
            "",
            {"platform": "command line", "value": "root"},
            Actor(ActorKind.COMMAND_LINE, "", "", None, "c"),
        ),
        ("default", CLIENT, Actor(ActorKind.CLIENT, "sb-app!t1")),
        ("operator", None, Actor(ActorKind.SYSTEM, "operator", "", None, "c")),
        ("", None, Actor(ActorKind.SYSTEM, "", "", None, "c")),
    ],
)
def test_the_actor_follows_from_platform_and_identity(
    platform: str, identity: dict[str, Any] | None, actor: Actor
) -> None:
    assert older_actor(platform, identity, "c") == actor


@pytest.mark.parametrize(
    ("ids", "identity", "subject"),
    [
        (("i", "b"), None, Subject(SubjectKind.BINDING, "b")),
        (("i", ""), CLOUD_FOUNDRY, Subject(SubjectKind.INSTANCE, "i")),
        (("i", ""), CLIENT, Subject(SubjectKind.CLIENT, "sb-app!t1")),
        (("", ""), {"signing_keys": ["k1", "k2"]}, Subject(SubjectKind.SIGNING_KEY, "k1, k2")),
        (("", ""), {"signing_keys": "k1"}, Subject(SubjectKind.AUTHORITY)),
        (("", ""), None, Subject(SubjectKind.AUTHORITY)),
    ],
)
def test_the_subject_is_the_narrowest_thing_named(
    ids: tuple[str, str], identity: dict[str, Any] | None, subject: Subject
) -> None:
    assert older_subject(*ids, identity) == subject


@pytest.mark.parametrize(
    ("detail", "identity", "details"),
    [
        ("", None, {}),
        (
            "credential-types: x509, binding-secret",
            None,
            {"credential_types": ["x509", "binding-secret"]},
        ),
        ("something else", None, {"text": "something else"}),
        ("", {"client_id": "c", "token_id": "t"}, {"token_id": "t"}),
        ("", {"client_id": "c", "all_tokens": True}, {"all_tokens": True}),
        ("", {"signing_keys": ["k1"]}, {"changed": ["k1"]}),
    ],
)
def test_details_come_from_text_and_identity(
    detail: str, identity: dict[str, Any] | None, details: dict[str, Any]
) -> None:
    assert older_details(detail, identity) == details
