"""Stored descriptors that a version with tighter rules refuses: nothing is lost by that (D-54)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, update

from broker.errors import AlreadyExists, ForbiddenChange, InvalidRequest
from broker.lifecycle.complete import Complete
from broker.store.tables.core import client, service_instance
from broker.store.tables.declared import attribute, role_template
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from tests.support.domain import Domain

ATTRIBUTES = [
    {"name": "country", "valueType": "string"},
    {"name": "cost", "valueType": "int", "valueRequired": False},
]
CLERK = {
    "name": "Clerk",
    "attribute-references": [{"name": "country", "default-values": ["DE"]}],
}
STORED: dict[str, Any] = {
    "xsappname": "app",
    "scopes": [
        {"name": "$XSAPPNAME.read", "grant-as-authority-to-apps": ["$XSAPPNAME(application,b)"]}
    ],
    "attributes": ATTRIBUTES,
    "role-templates": [CLERK, {"name": "Viewer"}],
    "authorities": ["$XSAPPNAME.read", "$ACCEPT_GRANTED_AUTHORITIES"],
}


def oauth(**members: Any) -> dict[str, Any]:
    return {"oauth2-configuration": {key.replace("_", "-"): members[key] for key in members}}


UNREADABLE: dict[str, dict[str, Any]] = {
    "wildcard address": oauth(redirect_uris=["https://*.0.0.1/**"]),
    "port above 65535": oauth(redirect_uris=["https://app.example.org:99999/callback"]),
    "port with zeros": oauth(redirect_uris=["https://app.example.org:0443/callback"]),
    "stars beside text": oauth(redirect_uris=["https://app.example.org/foo**"]),
    "response parameter": oauth(redirect_uris=["https://app.example.org/callback?code=1"]),
    "dot segments": oauth(redirect_uris=["https://app.example.org/a/..;x/b"]),
    "encoded dots": oauth(redirect_uris=["https://app.example.org/a/%2e%2e/b"]),
    "too many stars": oauth(redirect_uris=["https://*.a.example.org/*/*/*/*/**"]),
    "null redirect URIs": oauth(redirect_uris=None),
    "null grant types": oauth(grant_types=None),
    "null credential types": oauth(credential_types=None),
    "null providers": oauth(allowedproviders=None),
    "reserved name": {"xsappname": "operator"},
    "reserved prefix": {"xsappname": "SB-app"},
    "both spellings": {
        "role-templates": [{**CLERK, "scope-references": [], "scopeReferences": []}]
    },
    "unknown key": {"of-a-later-version": True},
}
"""Members of a stored descriptor that some version of the rules refuses."""

FORBIDDEN: dict[str, dict[str, Any]] = {
    "attributes[0].valueType": {"attributes": [{"name": "country", "valueType": "date"}]},
    "attributes[1].valueRequired": {
        "attributes": [ATTRIBUTES[0], {"name": "cost", "valueType": "int"}]
    },
    "role-templates[0].attribute-references[1]": {
        "role-templates": [
            {**CLERK, "attribute-references": [*CLERK["attribute-references"], "cost"]}
        ]
    },
    "role-templates[0].attribute-references[0]": {
        "role-templates": [{"name": "Viewer", "attribute-references": ["cost"]}]
    },
    "role-templates[0].attribute-references[0].default-values": {
        "role-templates": [
            {**CLERK, "attribute-references": [{"name": "country", "default-values": ["FR"]}]}
        ]
    },
}


def store(domain: Domain, parameters: object) -> None:
    """Put the parameters beside the declarations, as they were under other rules."""
    text = parameters if isinstance(parameters, str) else json.dumps(parameters)
    with domain.engine.begin() as connection:
        connection.execute(
            update(service_instance)
            .where(service_instance.c.instance_id == "i")
            .values(parameters=text)
        )


@pytest.mark.parametrize("rule", UNREADABLE)
def test_an_update_is_as_restricted_as_before(domain: Domain, rule: str) -> None:
    domain.provision("i", STORED)
    store(domain, STORED | UNREADABLE[rule])
    for path, changed in FORBIDDEN.items():
        with pytest.raises(ForbiddenChange) as refused:
            domain.update("i", STORED | changed)
        assert f"({path}: " in str(refused.value)
    for changed in ({"xsappname": "other"}, {"tenant-mode": "shared"}):
        with pytest.raises(ForbiddenChange):
            domain.update("i", STORED | changed)
    domain.update("i", STORED | {"role-templates": [{"name": "Viewer"}, {"name": "New"}]})
    assert domain.instance("i").parameters["role-templates"][1]["name"] == "New"


def test_declarations_of_the_stored_descriptor_alone_forbid_nothing(on_sqlite: Domain) -> None:
    """The rows decide."""
    on_sqlite.provision("i", {"xsappname": "app"})
    store(on_sqlite, STORED)
    on_sqlite.update("i", STORED | FORBIDDEN["attributes[0].valueType"] | {"role-templates": []})


def test_a_dry_run_says_that_the_differences_are_unknown(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", STORED)
    store(on_sqlite, STORED | UNREADABLE["unknown key"])
    sentences = on_sqlite.update("i", STORED | {"dry-run": True})
    assert (
        "the stored descriptor does not satisfy the rules of this version; its differences from"
        " the new one are unknown."
    ) in sentences
    assert "No differences." not in sentences


def test_the_instance_keeps_its_scopes_and_roles(domain: Domain) -> None:
    """D-30, D-36: through completion and updates without parameters."""
    domain.provision("i", STORED)
    domain.provision("b", {"xsappname": "b", "authorities": ["$ACCEPT_GRANTED_AUTHORITIES"]})
    store(domain, STORED | UNREADABLE["unknown key"])
    before = domain.instance("i").client
    with domain.engine.begin() as connection:
        connection.execute(update(client).values(declared_epoch=None))
    Complete(domain.transactions, domain.declare, domain.clock)(OPERATOR)
    domain.update("i", context={"instance_name": "renamed"})
    after = domain.instance("i").client
    assert (after.authorities, after.grant_types, after.accepts_grants) == (
        before.authorities,
        before.grant_types,
        before.accepts_grants,
    )
    assert "app!t1.read" in domain.scopes("i")
    assert "app!t1.read" in domain.scopes("b")
    protections = domain.transactions.read(lambda found: found.roles.protections(after))
    assert set(protections.templates) == {"Clerk", "Viewer"}


def test_a_repeated_provision_finds_the_instance(on_sqlite: Domain) -> None:
    """OSB-AMB-06: a platform repeats a request whose answer it has not received."""
    parameters = STORED | UNREADABLE["unknown key"]
    on_sqlite.provision("i", STORED)
    store(on_sqlite, parameters)
    assert not on_sqlite.provision("i", parameters).created
    with pytest.raises(InvalidRequest):
        on_sqlite.provision("i", {**parameters, "description": "another"})
    with pytest.raises(AlreadyExists):
        on_sqlite.provision("i", parameters, service_id="another")
    with pytest.raises(InvalidRequest):
        on_sqlite.provision("j", parameters)


def test_without_declarations_of_an_older_version_the_descriptor_restricts(
    domain: Domain,
) -> None:
    """Written beside this server by a version that stores none."""
    domain.provision("i", STORED)
    with domain.engine.begin() as connection:
        connection.execute(delete(role_template))
        connection.execute(delete(attribute))
        connection.execute(update(client).values(declared_epoch=None))
    for path, changed in FORBIDDEN.items():
        with pytest.raises(ForbiddenChange) as refused:
            domain.update("i", STORED | changed)
        assert f"({path}: " in str(refused.value)
