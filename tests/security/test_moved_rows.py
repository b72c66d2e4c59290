"""Rows that a database writer gives to another owner, behind the real server (D-52)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from broker.store.tables.core import client, credential, service_binding, service_instance
from tests.support.application import token_status
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server_store import store_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine, Table

    from tests.support.application import Credentials
    from tests.support.server import Server

OWN = {"credential-type": "binding-secret"}


class Tenant:
    """A service instance with an own and a shared secret."""

    def __init__(self, platform: PlatformClient) -> None:
        """Create it."""
        self.platform, self.instance_id, self.binding_id = platform, a_guid(), a_guid()
        types = credential_types("binding-secret", "instance-secret")
        descriptor = a_descriptor(oauth2_configuration=types)
        assert platform.provision(self.instance_id, descriptor).ok
        self.own: Credentials = self.bound(OWN)
        shared = platform.bind(
            self.instance_id, a_guid(), {"credential-type": "instance-secret"}
        ).json()
        self.shared: Credentials = shared["credentials"]

    def bound(self, parameters: dict[str, str]) -> Credentials:
        response = self.platform.bind(self.instance_id, self.binding_id, parameters)
        credentials: Credentials = response.json()["credentials"]
        return credentials

    def answers(self, binding_id: str) -> Iterator[tuple[int, str]]:
        """Yield status and text of the responses that show a binding, old or new."""
        for response in (
            self.platform.fetch_binding(self.instance_id, binding_id),
            self.platform.bind(self.instance_id, self.binding_id, OWN),
        ):
            yield response.status_code, response.text


@contextmanager
def moved(engine: Engine, table: Table, column: str, row_id: int, value: object) -> Iterator[None]:
    """Write the value, and the former one at the end."""
    which = table.c.id == row_id
    with engine.begin() as connection:
        before = connection.execute(select(table.c[column]).where(which)).scalar_one()
        connection.execute(update(table).where(which).values({column: value}))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(update(table).where(which).values({column: before}))


def test_moved_rows_show_and_accept_nothing(server: Server) -> None:
    platform = PlatformClient(server.url, server.user, server.password, may_fail=True)
    mine, other = Tenant(platform), Tenant(platform)
    with store_of(server) as store:
        with store.engine.connect() as connection:
            ids = dict(
                connection.execute(
                    select(service_instance.c.instance_id, service_instance.c.id).where(
                        service_instance.c.instance_id.in_((mine.instance_id, other.instance_id))
                    )
                ).all()
            )
            clients = dict(connection.execute(select(client.c.client_id, client.c.id)).all())
            of_binding = select(service_binding.c.id).where(
                service_binding.c.binding_id == other.binding_id
            )
            binding = connection.execute(of_binding).scalar_one()
            shared = connection.execute(
                select(credential.c.id).where(
                    credential.c.client_row_id == clients[other.own["clientid"]],
                    credential.c.lookup == "",
                )
            ).scalar_one()
        my_client = clients[mine.own["clientid"]]
        secrets = {other.own["clientsecret"], other.shared["clientsecret"]}
        moves = (
            (service_binding, "instance_row_id", binding, ids[mine.instance_id]),
            (credential, "client_row_id", shared, my_client),
            (service_instance, "platform", ids[mine.instance_id], "other"),
            (credential, "generation", shared, 7),
        )
        for table, column, row_id, value in moves:
            if (table, column) == (credential, "client_row_id"):
                remove = update(credential).where(
                    credential.c.client_row_id == my_client, credential.c.lookup == ""
                )
                with store.engine.begin() as connection:
                    connection.execute(remove.values(lookup="aside"))
            with moved(store.engine, table, column, row_id, value):
                for status, text in mine.answers(other.binding_id):
                    assert status in {200, 404, 409, 500}
                    assert not any(secret in text for secret in secrets)
                if table is credential:
                    as_mine = other.shared | {"clientid": mine.own["clientid"]}
                    assert token_status(other.shared) == token_status(as_mine) == 401
                if column == "platform":
                    checked = server.command("doctor", "check", check=False)
                    assert checked.returncode == 1
                    assert f"service instance {mine.instance_id} has another" in checked.stdout
        with store.engine.begin() as connection:
            aside = (credential.c.client_row_id == my_client) & (credential.c.lookup == "aside")
            connection.execute(update(credential).where(aside).values(lookup=""))
        assert server.command("doctor", "check").stdout == "No inconsistencies found.\n"
        assert mine.bound(OWN) == mine.own
        assert token_status(mine.own) == token_status(other.shared) == 200
