"""An edge whose broker records its calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from broker.osb.admission import Admission, Limits
from broker.osb.catalog import Catalog
from broker.osb.edge import Edge
from broker.osb.schemas import catalog_schemas
from broker.runtime.resources import resource


@dataclass
class RecordedBroker:
    """Records the method, ids, details and options of each call; returns ``result``.

    ``admitted`` holds for each call whether it had the only slot of the admission.
    """

    result: Any = None
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    admitted: list[bool] = field(default_factory=list)
    admission: Admission = field(
        default_factory=lambda: Admission(
            Limits(body_bytes=1, request_seconds=1, active_requests=1, queued_requests=1)
        )
    )

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append((name, arguments, options))
            free = self.admission._active.acquire(blocking=False)
            if free:
                self.admission._active.release()
            self.admitted.append(not free)
            return self.result

        return call


@pytest.fixture
def broker() -> RecordedBroker:
    return RecordedBroker()


@pytest.fixture
def edge(broker: RecordedBroker) -> Edge:
    recorded: Any = broker
    catalog = Catalog.load(resource("catalog.yaml"), catalog_schemas())
    return Edge(recorded, catalog, broker.admission)
