"""The migration from instance secrets to binding secrets, step by step over real HTTP.

``make demo`` prints the steps, ``test_migration.py`` checks them.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from tests.support.application import claims_of, fetch_token
from tests.support.platform import SERVICE_ID, PlatformClient, a_guid

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTANCE_SECRET = re.compile(r"[A-Za-z0-9+/]{27}=")
BINDING_SECRET = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\$[A-Za-z0-9_-]{43}=")
CLIENT_ID = re.compile(r"sb-product-list[a-z0-9-]*!t[0-9]+")

DESCRIPTOR = Path(__file__).with_name("xs-security.json")


@dataclass
class Step:
    """One command of a user and its expected results."""

    command: str
    checks: list[tuple[str, bool, str]] = field(default_factory=list)

    def expect(self, what: str, got: object, expected: object) -> None:
        """Record an expected and an actual value."""
        self.checks.append((what, got == expected, "" if got == expected else f"{got!r}"))

    def expect_that(self, what: str, holds: bool) -> None:  # noqa: FBT001 - the point of it
        """Record whether a condition on a value that must not be printed holds."""
        self.expect(what, got=holds, expected=True)

    def expect_form(self, what: str, got: str, form: re.Pattern[str]) -> None:
        """Record an expected form; the value may be secret and is not kept."""
        matches = form.fullmatch(got) is not None
        self.checks.append((what, matches, "" if matches else f"not {form.pattern}"))

    @property
    def passed(self) -> bool:
        """Whether all expectations hold."""
        return all(passed for _, passed, _ in self.checks)


class MigrationWalkthrough:
    """M0 to M7 of the migration table: an administrator, two developers, one application."""

    def __init__(self, platform: PlatformClient, *, name_suffix: str = "") -> None:
        """Use this platform's broker; the suffix distinguishes runs on one database."""
        self.platform = platform
        self.instance = a_guid()
        self.descriptor: dict[str, Any] = json.loads(DESCRIPTOR.read_text())
        self.descriptor["xsappname"] += name_suffix
        self.ids = {name: a_guid() for name in ("key1", "key2", "key3", "key4", "key5", "app")}
        self.credentials: dict[str, dict[str, str]] = {}

    def steps(self) -> Iterator[Step]:
        """Yield each step after its execution."""
        yield self._read_catalog()
        yield self._create_service()
        yield from self._bind_with_instance_secrets()
        yield self._change_types("binding-secret", "x509", "instance-secret")
        yield from self._bind_with_binding_secrets()
        yield self._delete_key("key3")
        yield self._try_secrets(key3=401, key4=200, key1=200, app=200)
        yield self._change_types("binding-secret", "x509")
        yield self._try_secrets(key1=401, key2=401, key5=401, app=401, key4=200)
        yield from self._delete_everything()
        yield self._try_secrets(key1=401, key4=401)

    def _read_catalog(self) -> Step:
        step = Step("cf create-service-broker xsuaa …")
        response = self.platform.catalog()
        step.expect("the catalog is served", response.status_code, 200)
        services = response.json()["services"]
        step.expect("one service, xsuaa", [s["name"] for s in services], ["xsuaa"])
        step.expect("its id is the documented one", services[0]["id"], SERVICE_ID)
        plans = [plan["name"] for plan in services[0]["plans"]]
        step.expect("with plans application and apiaccess", plans, ["application", "apiaccess"])
        return step

    def _create_service(self) -> Step:
        step = Step("cf create-service xsuaa application my-uaa -c xs-security.json")
        response = self.platform.provision(self.instance, self.descriptor)
        step.expect("created", response.status_code, 201)
        return step

    def _bind_with_instance_secrets(self) -> Iterator[Step]:
        yield self._create("cf create-service-key my-uaa key1", "key1")
        yield self._create("cf create-service-key my-uaa key2", "key2")
        yield self._create("cf bind-service my-app my-uaa", "app", app_guid=a_guid())
        step = Step("cf service-key my-uaa key1    # and key2, and cf env my-app")
        shown = [self.credentials[name] for name in ("key1", "key2", "app")]
        step.expect_form("clientid sb-<xsappname>!t<n>", shown[0]["clientid"], CLIENT_ID)
        step.expect_form("a secret of 28 characters", shown[0]["clientsecret"], INSTANCE_SECRET)
        for fields in ("clientid", "clientsecret"):
            same = len({credentials[fields] for credentials in shown}) == 1
            step.expect_that(f"the same {fields} in all three", same)
        types = {credentials["credential-type"] for credentials in shown}
        step.expect("credential-type instance-secret", types, {"instance-secret"})
        yield step
        yield self._fetch_token("key1")

    def _bind_with_binding_secrets(self) -> Iterator[Step]:
        yield self._create("cf create-service-key my-uaa key3", "key3")
        yield self._create("cf create-service-key my-uaa key4", "key4")
        wish = {"credential-type": "instance-secret"}
        command = f"cf create-service-key my-uaa key5 -c '{json.dumps(wish)}'"
        yield self._create(command, "key5", parameters=wish)
        step = Step("cf service-key my-uaa key3    # and key4, and key5")
        key1, key3, key4, key5 = (self.credentials[f"key{n}"] for n in (1, 3, 4, 5))
        for name, key in (("key3", key3), ("key4", key4)):
            step.expect_form(f"{name} has a binding secret", key["clientsecret"], BINDING_SECRET)
            step.expect(f"{name} says so", key["credential-type"], "binding-secret")
        different = key3["clientsecret"] != key4["clientsecret"]
        step.expect_that("key3 and key4 have different secrets", different)
        same_client = {key["clientid"] for key in (key1, key3, key4, key5)} == {key1["clientid"]}
        step.expect_that("the clientid is still the same", same_client)
        same_secret = key5["clientsecret"] == key1["clientsecret"]
        step.expect_that("key5 asked for the instance secret and has it", same_secret)
        yield step
        yield self._try_secrets(key1=200, key3=200, key4=200, key5=200, app=200)

    def _change_types(self, *types: str) -> Step:
        changed = copy.deepcopy(self.descriptor)
        changed["oauth2-configuration"] = {"credential-types": list(types)}
        step = Step(f"cf update-service my-uaa -c xs-security.json    # {json.dumps(types)}")
        response = self.platform.update(self.instance, changed)
        step.expect("updated", response.status_code, 200)
        return step

    def _create(
        self, command: str, name: str, *, parameters: dict[str, Any] | None = None, **members: Any
    ) -> Step:
        step = Step(command)
        if "app_guid" in members:
            members["bind_resource"] = {"app_guid": members["app_guid"]}
        response = self.platform.bind(self.instance, self.ids[name], parameters, **members)
        step.expect("created", response.status_code, 201)
        self.credentials[name] = response.json()["credentials"]
        return step

    def _fetch_token(self, name: str) -> Step:
        step = Step("curl -u <clientid>:<clientsecret> -d grant_type=client_credentials …")
        response = fetch_token(self.credentials[name])
        step.expect("a token", response.status_code, 200)
        claims = claims_of(response)
        step.expect("issued to the client", claims["cid"], self.credentials[name]["clientid"])
        step.expect("of the zone", claims["zid"], self.credentials[name]["identityzoneid"])
        step.expect("token_type bearer", response.json()["token_type"], "bearer")
        return step

    def _delete_key(self, name: str) -> Step:
        step = Step(f"cf delete-service-key my-uaa {name}")
        response = self.platform.unbind(self.instance, self.ids[name])
        step.expect("deleted", response.status_code, 200)
        return step

    def _delete_everything(self) -> Iterator[Step]:
        for name in ("key1", "key2", "key4", "key5", "app"):
            yield self._delete_key(name)
        step = Step("cf delete-service my-uaa")
        step.expect("deleted", self.platform.deprovision(self.instance).status_code, 200)
        yield step

    def _try_secrets(self, **expected: int) -> Step:
        step = Step(f"curl … /oauth/token    # with the secret of {', '.join(expected)}")
        for name, status in expected.items():
            response = fetch_token(self.credentials[name], in_body=True)
            meaning = "works" if status == requests.codes.ok else "is refused"
            step.expect(f"{name} {meaning} ({status})", response.status_code, status)
        return step
