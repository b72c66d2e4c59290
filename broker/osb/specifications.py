"""openbrokerapi's specification classes with the response members of OSB 2.17 that they lack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openbrokerapi.service_broker import (
    Binding,
    GetBindingSpec,
    GetInstanceDetailsSpec,
    ProvisionedServiceSpec,
    UpdateServiceSpec,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class Provisioned(ProvisionedServiceSpec):  # type: ignore[misc]  # untyped library
    """A service instance; Cloud Foundry shows ``description`` with the last operation."""

    def __init__(self, state: object, description: str | None, dashboard_url: str) -> None:
        super().__init__(state=state, dashboard_url=dashboard_url)
        self.description = description


class Updated(UpdateServiceSpec):  # type: ignore[misc]  # untyped library
    """A changed service instance; ``description`` as in Provisioned."""

    def __init__(self, description: str | None, dashboard_url: str) -> None:
        super().__init__(is_async=False, dashboard_url=dashboard_url)
        self.description = description


class Bound(Binding):  # type: ignore[misc]  # untyped library
    """A binding; ``metadata`` says until when its credentials are valid (OSB-BIND-12)."""

    def __init__(
        self, state: object, credentials: Mapping[str, Any], metadata: Mapping[str, str] | None
    ) -> None:
        super().__init__(state=state, credentials=credentials)
        self.metadata = metadata


class FetchedBinding(GetBindingSpec):  # type: ignore[misc]  # untyped library
    """A binding read back; ``metadata`` as in Bound."""

    def __init__(
        self,
        credentials: Mapping[str, Any],
        parameters: Mapping[str, Any] | None,
        metadata: Mapping[str, str] | None,
    ) -> None:
        super().__init__(credentials=credentials, parameters=parameters)
        self.metadata = metadata


class FetchedInstance(GetInstanceDetailsSpec):  # type: ignore[misc]  # untyped library
    """A service instance read back; ``maintenance_info`` is that of its plan in the catalog."""

    def __init__(
        self,
        service_id: str,
        plan_id: str,
        parameters: Mapping[str, Any] | None,
        maintenance_info: Mapping[str, str] | None,
        dashboard_url: str,
    ) -> None:
        super().__init__(service_id, plan_id, dashboard_url=dashboard_url, parameters=parameters)
        self.maintenance_info = maintenance_info
