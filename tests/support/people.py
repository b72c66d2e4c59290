"""Users with roles, as an administrator creates them by commands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.platform import a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.application import Credentials
    from tests.support.platform import JsonObject
    from tests.support.server import Server

PASSWORD = "correct horse battery staple"


def displaying_users() -> JsonObject:
    """Return a descriptor whose users display or edit, restricted by country.

    ``CountryViewer`` has values, those of ``AnyViewer`` are unrestricted.
    """
    return a_descriptor(
        scopes=[{"name": "$XSAPPNAME.Display"}, {"name": "$XSAPPNAME.Edit"}],
        attributes=[{"name": "Country", "valueType": "string", "valueRequired": False}],
        role_templates=[
            {
                "name": "CountryViewer",
                "scope-references": ["$XSAPPNAME.Display", "uaa.user"],
                "attribute-references": [{"name": "Country", "default-values": ["DE", "FR"]}],
            },
            {
                "name": "AnyViewer",
                "scope-references": ["$XSAPPNAME.Display"],
                "attribute-references": ["Country"],
            },
            {"name": "Editor", "scope-references": ["$XSAPPNAME.Edit"]},
        ],
        oauth2_configuration=credential_types("binding-secret", "x509"),
    )


@dataclass(frozen=True)
class People:
    """Creates the users of one zone."""

    server: Server
    zone: str

    def create(self, *templates: str, app_id: str = "") -> str:
        """Return the name of a new user with the default role of each of the templates."""
        name = f"anna-{a_guid()[:8]}"
        self._run(
            *("users", "add", name, "--email", f"{name}@example.org", "--given-name", "Anna"),
            *("--family-name", "Example", "--password-stdin"),
            stdin=PASSWORD,
        )
        for template in templates:
            self.assign(name, app_id, template, template)
        return name

    def assign(self, name: str, app_id: str, template: str, role: str) -> None:
        """Assign the role by a collection of its own."""
        collection = f"{role} {a_guid()[:8]}"
        self._run("role-collections", "create", collection)
        self._run(
            *("role-collections", "add-role", collection, "--app", app_id),
            *("--template", template, "--role", role),
        )
        self._run("role-collections", "assign", collection, "--user", name)

    def run_json(self, *arguments: str) -> Any:
        """Run a command and return its JSON output."""
        return json.loads(self._run(*arguments, "--json"))

    def _run(self, *arguments: str, stdin: str = "") -> str:
        return self.server.command(*arguments, "--zone", self.zone, stdin=stdin).stdout


def people_of(server: Server, credentials: Credentials) -> People:
    """Return the users of the zone of these credentials."""
    return People(server, credentials["identityzoneid"])
