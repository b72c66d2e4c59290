"""The texts of refusals, which are all that a user of ``cf`` sees (D-11)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from broker.errors import AlreadyExists, ForbiddenChange, InvalidRequest
from broker.instances.plan import Plan
from broker.osb.catalog import Catalog
from broker.osb.schemas import catalog_schemas
from broker.runtime.resources import resource
from tests.support.databases import migrated_copy
from tests.support.domain import APIACCESS, APPLICATION, Domain
from tests.support.platform import SERVICE_ID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CATALOG = Catalog.load(resource("catalog.yaml"), catalog_schemas())
ATTRIBUTE = {"name": "country", "valueType": "string"}
FULL: dict[str, Any] = {
    "xsappname": "app",
    "attributes": [ATTRIBUTE],
    "role-templates": [{"name": "Viewer"}],
    "role-collections": [{"name": "All", "role-template-references": ["$XSAPPNAME.Viewer"]}],
    "oauth2-configuration": {"credential-types": ["binding-secret", "x509", "instance-secret"]},
}
ONE_TYPE = {"oauth2-configuration": {"credential-types": ["x509"]}}
X509 = {"credential-type": "x509"}

PROVISIONS: dict[str, dict[str, Any]] = {
    "an id that exists": {"instance_id": "i"},
    "a name that exists": {"parameters": {"xsappname": "app"}},
    "a name of another space": {"parameters": {"xsappname": "gone"}, "space_guid": "other"},
    "a dry run": {"parameters": {"xsappname": "new", "dry-run": True}},
    "a collection that exists": {"parameters": FULL | {"xsappname": "new"}},
    "an id of another organization": {
        "parameters": {"xsappname": "new", "authorities": ["x!t9.read"]}
    },
    "too many instances": {"parameters": {"xsappname": "more"}},
}
UPDATES: dict[str, dict[str, Any]] = {
    "another name": {"parameters": {"xsappname": "renamed"}},
    "another tenant mode": {"parameters": FULL | {"tenant-mode": "shared"}},
    "another type of an attribute": {
        "parameters": FULL | {"attributes": [ATTRIBUTE | {"valueType": "int"}]}
    },
    "a type in use": {"parameters": FULL | ONE_TYPE},
    "another plan": {"plan_id": APIACCESS},
    "another service": {"service_id": "other"},
    "a dry run of another name": {"parameters": {"xsappname": "renamed", "dry-run": True}},
}
BINDS: dict[str, dict[str, Any]] = {
    "an id that exists": {"binding_id": "b", "app_guid": "other"},
    "a type that is not listed": {"instance_id": "api", "parameters": X509, "plan_id": APIACCESS},
    "another type's parameters": {"parameters": {"x509": {}}},
    "parameters of plan application": {
        "instance_id": "api",
        "plan_id": APIACCESS,
        "parameters": {"x509": {}},
    },
    "another plan": {"plan_id": APIACCESS},
    "a validity that is too long": {"parameters": X509 | {"x509": {"validity": 400}}},
    "a key that is too short": {"parameters": X509 | {"x509": {"key-length": 1024}}},
    "no certificate": {"parameters": X509 | {"x509": {"certificate": "x"}}},
    "a private key": {"parameters": X509 | {"x509": {"certificate": "-----BEGIN PRIVATE KEY"}}},
    "both kinds of certificates": {
        "parameters": X509 | {"x509": {"certificate": "x", "validity": 7}}
    },
    "an unknown predecessor": {"predecessor_id": "missing"},
    "too many bindings": {"binding_id": "more"},
}


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Domain]:
    """Two instances, a binding that was used, and the name of a deleted instance."""
    url = migrated_copy(tmp_path, None)
    domain = Domain(url, max_instances=3, max_bindings=3, guard_days=30)
    domain.provision("gone", {"xsappname": "gone"})
    domain.bind("gone", "g")
    domain.deprovision("gone")
    domain.provision("i", FULL)
    domain.provision("api", plan=Plan.APIACCESS, plan_id=APIACCESS)
    credentials = domain.bind("i", "b")
    client = domain.authenticator.authenticate(credentials["clientid"], credentials["clientsecret"])
    assert client.credential_id is not None
    domain.count_use(client.credential_id)
    yield domain
    domain.close()


def refusals(domain: Domain) -> Iterator[tuple[str, str]]:
    """Yield name and text of every refusal."""
    for name, changes in PROVISIONS.items():
        if name.startswith("too many"):
            domain.provision("another", {"xsappname": "another"})
        yield f"provision {name}", refusal(domain.provision, {"instance_id": "new"} | changes)
    for name, changes in UPDATES.items():
        yield f"update {name}", refusal(domain.update, {"instance_id": "i"} | changes)
    for name, changes in BINDS.items():
        if name.startswith("too many"):
            domain.bind("i", "second")
            domain.bind("i", "third")
        arguments = {"instance_id": "i", "binding_id": "new"} | changes
        yield f"bind {name}", refusal(domain.bind, arguments)
    yield "an unknown plan", refusal(CATALOG.plan, {"plan_id": "unknown"})
    yield "an unknown service", refusal(CATALOG.require_service, {"service_id": "unknown"})


def refusal(operation: Any, arguments: dict[str, Any]) -> str:
    with pytest.raises((InvalidRequest, ForbiddenChange, AlreadyExists)) as refused:
        operation(**arguments)
    return str(refused.value)


GUIDS = (*CATALOG.plans, SERVICE_ID, APPLICATION, APIACCESS)
FAULTS = {
    "a doubled prefix": r"(Error (?:parsing|updating|in)).*Error|^([\w.\- ]+: )\2",
    "a period inside a sentence": r"\.[;,.]|;;|: :",
    "a regular expression": r"\^\[|\]\{|\\[wd]|\]\+|\)\$",
    "the id of a plan or service": "|".join(map(re.escape, GUIDS)),
    "a text of Python": r"None|<class|\{'",
}


def test_every_refusal_is_readable(filled: Domain) -> None:
    texts = dict(refusals(filled))
    assert len(texts) == len(PROVISIONS) + len(UPDATES) + len(BINDS) + 2
    found = [
        (fault, text)
        for fault, pattern in FAULTS.items()
        for text in texts.values()
        if re.search(pattern, text)
    ]
    assert found == []
    assert [text for text in texts.values() if len(text) > 400] == []
    for name, text in texts.items():
        assert text.startswith("Dry run: ") == (" a dry run" in name), text
