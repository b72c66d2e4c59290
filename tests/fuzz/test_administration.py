"""For any request to the administration APIs, the served document allows the response."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import allow_header_conformance

from tests.clients.service_instance import ServiceInstance
from tests.fuzz.administration_requests import WEIGHTS, Objects, load_document
from tests.fuzz.generated_requests import any_requests, operation_id, operations_of, seldom
from tests.fuzz.judge import CONFORMANCE, Judge
from tests.support.administration import api_client, in_organization
from tests.support.people import displaying_users
from tests.support.platform import PlatformClient, a_guid, credential_types

if TYPE_CHECKING:
    from collections.abc import Callable

    import schemathesis

    from tests.support.server import Server

    Case = schemathesis.Case[Any]

SEED = 1
# A collection may be named like a fixed segment, so its methods are allowed on that path, too.
CHECKS = [each for each in CONFORMANCE if each is not allow_header_conformance]


class Zone:
    """A zone with an application; its own client sends the requests."""

    def __init__(self, server: Server) -> None:
        """Create both."""
        platform = PlatformClient(server.url, server.user, server.password)
        organization = a_guid()
        api = api_client(platform, organization=organization)
        instance = ServiceInstance(platform)
        types = credential_types("instance-secret", "binding-secret", "x509")
        descriptor = displaying_users() | {"oauth2-configuration": types}
        created = platform.provision(
            instance.instance_id, descriptor, **in_organization(organization)
        )
        assert created.status_code == 201, created.text
        keys = [instance.create_key(each) for each in (*types["credential-types"], "x509")]
        self.objects = Objects(
            keys[0].credentials["xsappname"],
            instance.instance_id,
            [each.binding_id for each in keys],
        )
        served = requests.get(f"{server.url}/openapi.json", timeout=30).json()
        self.document = load_document(served, self.objects)
        self.url = server.url
        self.headers = {"Authorization": f"Bearer {api.token}"}
        self.judge = Judge(server.url, CHECKS, headers=self.headers)

    def send(self, case: Case, *, authenticated: bool = True) -> None:
        """Send a request; raise unless the document allows the response."""
        response = self.judge.send(case, authenticated=authenticated)
        self.objects.remember(response.content)

    def send_limits(self, every: int) -> None:
        """Send the document's own cases, each limit kept and each violated; one of ``every``."""
        number = 0
        for operation in operations_of(self.document):
            for case in self.document.iter_coverage_cases(
                operation,
                generation_modes=list(GenerationMode),
                generation_config=self.document.config.generation,
            ):
                number += 1
                if number % every == 0:
                    self.send(case)

    def send_any(self, count: int, number: int) -> None:
        """Send any requests in any order."""
        print(f"hypothesis.seed({number})")

        @seed(number)
        @settings(
            max_examples=count,
            database=None,
            # The response depends on all earlier requests: a shrunk example would not fail.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=any_requests(self.document, WEIGHTS), anonymous=seldom)
        def send(case: Case, *, anonymous: bool) -> None:
            self.send(case, authenticated=not anonymous)

        send()

    def succeeded(self) -> set[str]:
        """Return the operations that succeeded."""
        return {name for name, status in self.judge.statuses if status < 300}


@pytest.fixture
def zone(servers: Callable[[str], Server]) -> Zone:
    return Zone(servers("sqlite"))


def test_the_limits_of_parameters(zone: Zone) -> None:
    zone.send_limits(every=6)
    assert sum(zone.judge.statuses.values()) > 300


def test_any_requests(servers: Callable[[str], Server]) -> None:
    zone = Zone(servers("postgresql"))  # which refuses more values
    zone.send_any(250, SEED)
    assert len(zone.succeeded()) > 15


@pytest.mark.soak
def test_the_limits_of_every_parameter(zone: Zone) -> None:
    zone.send_limits(every=1)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_any_requests_at_length(
    servers: Callable[[str], Server], kind: str, request: pytest.FixtureRequest
) -> None:
    """Most operations succeed sometimes; those of the current user need a user."""
    zone = Zone(servers(kind))
    zone.send_any(2500, request.config.getoption("randomly_seed", SEED))
    every = {operation_id(each) for each in operations_of(zone.document)}
    assert len(zone.succeeded()) > 0.7 * len(every), every - zone.succeeded()


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_sequences_of_requests(servers: Callable[[str], Server], kind: str) -> None:
    """Requests refer to what earlier responses contain."""
    zone = Zone(servers(kind))
    broken = [error for number in range(12) for error in broken_in_sequences(zone, number)]
    assert broken == []
    assert len(zone.succeeded()) > 25


def broken_in_sequences(zone: Zone, number: int) -> list[Exception]:
    """Send sequences of requests; return what the document does not allow."""
    broken: list[Exception] = []
    # The identifiers in responses include those of the own client.
    document = zone.document.exclude(operation_id="revokeBindingCredential")

    class Machine(document.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            return {"base_url": zone.url, "headers": zone.headers}

        def validate_response(self, response: Any, case: Case, *_: Any, **__: Any) -> None:
            try:
                zone.judge.judge(case, response)
            except Exception as error:
                broken.append(error)
                raise

    # The same choices do not lead to the same responses, which Hypothesis notices.
    with suppress(Flaky):
        run_state_machine_as_test(
            seed(number)(Machine),
            settings=settings(
                max_examples=10,
                stateful_step_count=15,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    return broken
