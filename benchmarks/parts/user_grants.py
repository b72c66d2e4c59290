"""Grants to users, and introspection of their tokens; one core."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import requests

from benchmarks.commits import SqliteCommits
from benchmarks.cores import server_core
from benchmarks.http_requests import basic, form_request, write_requests
from benchmarks.measured_server import measured_server
from benchmarks.report import Table
from benchmarks.samples import figures
from broker.descriptor.model import GrantType
from tests.support.server_store import ServerStore, store_of
from tests.support.users import a_user

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.bench import Bench
    from benchmarks.population import Known
    from benchmarks.samples import Sample

EXCHANGE, REFRESH, INTROSPECTION = "exchange", "refresh", "/introspect, user's token"

TO_SIGNATURES_AND_COMMIT = "÷ signatures and commit"

_SIGNATURES = 2
_USERS = 100
_CONNECTIONS = 4
"""As many grants that may block as a worker serves at the same time (D-50)."""


class _User(NamedTuple):
    """A user of a client's zone, with tokens that the client fetched."""

    client: Known
    access_token: str
    refresh_token: str

    def request(self, name: str) -> bytes:
        """Return the request that this row measures."""
        header = basic(self.client.client_id, self.client.secret)
        if name == INTROSPECTION:
            return form_request("/introspect", {"token": self.access_token}, header)
        form = {
            EXCHANGE: {"grant_type": GrantType.JWT_BEARER, "assertion": self.access_token},
            REFRESH: {"grant_type": GrantType.REFRESH_TOKEN, "refresh_token": self.refresh_token},
        }
        return form_request("/oauth/token", form[name], header)


def measure(bench: Bench) -> Table:
    """Compare with the signature rate of the same core, and with durable commits beside them.

    A grant signs two tokens, an access token and an id token, and commits one transaction.
    """
    commits = SqliteCommits(bench.directory / "user-grants.db")
    rates: list[float] = []
    populated = bench.databases.on_sqlite(bench.effort.bindings)
    url = bench.databases.copy(populated, "user_grants")
    with measured_server(bench, "user_grants", server_core(), url) as (server, what):
        with store_of(server) as store:
            users = [_user(store, what.url, each) for each in populated.known[:_USERS]]
        files = {
            name: write_requests(
                bench.directory / f"user-grants-{number}.requests",
                [user.request(name) for user in users],
            )
            for number, name in enumerate((EXCHANGE, REFRESH, INTROSPECTION))
        }
        samples: dict[str, list[Sample]] = {name: [] for name in files}
        for number in bench.rounds():
            rates.append(commits.measure(1, bench.effort.commit_seconds))
            for name, file in files.items():
                found = bench.sample(what, file, connections=_CONNECTIONS)
                samples[name].append(found)
                bench.say_sample(number, name, found)
    return Table(
        f"Grants to users on one core: SQLite, {bench.effort.bindings:,} bindings, one worker,"
        f" {_CONNECTIONS} connections, beside the signatures of the same core",
        {
            name: figures(found) | ({} if name == INTROSPECTION else _writing(found, rates))
            for name, found in samples.items()
        },
    )


def _writing(samples: Sequence[Sample], commits: Sequence[float]) -> dict[str, float]:
    """Return the figures beside the two signatures and the commit of a grant."""
    return {
        "commits/s": median(commits),
        TO_SIGNATURES_AND_COMMIT: median(
            sample.load.rate * (_SIGNATURES / sample.bound + 1 / rate)
            for sample, rate in zip(samples, commits, strict=True)
        ),
    }


def _user(store: ServerStore, url: str, known: Known) -> _User:
    credentials = {"clientid": known.client_id, "clientsecret": known.secret}
    user = a_user(store.tokens.client(credentials).client.zone, name=known.client_id)
    store.transactions.run(lambda repositories: repositories.users.add(user))
    token = store.tokens.issue(credentials, user).access_token
    response = requests.post(
        f"{url}/oauth/token",
        data={"grant_type": GrantType.JWT_BEARER, "assertion": token},
        auth=(known.client_id, known.secret),
        timeout=30,
    )
    body = response.json()
    return _User(known, body["access_token"], body["refresh_token"])
