"""The JSON of applications: absent texts are null, absent parts are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from broker.api.models import ResponseModel, is_absent
from broker.api.roles.models import RoleTemplate, template_of
from broker.api.times import shown_time

if TYPE_CHECKING:
    from broker.authorization.views.model import (
        ApplicationDetails,
        ApplicationView,
        ScopeView,
    )


class Scope(ResponseModel):
    """A scope by its full name; empty lists are left out, as in the original."""

    name: str
    description: str | None = Field(default=None, exclude_if=is_absent)
    granted_apps: list[str] | None = Field(default=None, alias="granted-apps", exclude_if=is_absent)
    grant_as_authority_to_apps: list[str] | None = Field(
        default=None, alias="grant-as-authority-to-apps", exclude_if=is_absent
    )


class AppAttribute(ResponseModel):
    """An attribute that the application declares."""

    name: str
    description: str | None = Field(default=None, exclude_if=is_absent)
    value_type: str = Field(alias="valueType")
    value_required: bool = Field(alias="valueRequired")


class OAuth2Configuration(ResponseModel):
    """The settings of the application's OAuth client; validities are seconds, 0 is the default.

    ``allowedproviders`` null allows every provider.
    """

    token_validity: int = Field(alias="token-validity")
    refresh_token_validity: int = Field(alias="refresh-token-validity")
    autoapprove: bool
    grant_types: list[str] = Field(alias="grant-types")
    system_attributes: list[str] = Field(alias="system-attributes")
    allowedproviders: list[str] | None = None
    redirect_uris: list[str] = Field(alias="redirect-uris")
    credential_types: list[str] = Field(alias="credential-types")


class App(ResponseModel):
    """An application; scopes, authorities and role templates only where it is shown alone.

    ``instanceSecretLastUsedAt`` is ISO 8601. The built-in application has no service instance.
    """

    appid: str
    serviceinstanceid: str | None = None
    plan_id: str | None = Field(default=None, alias="planId")
    plan_name: str = Field(alias="planName")
    org_id: str | None = Field(default=None, alias="orgId")
    space_id: str | None = Field(default=None, alias="spaceId")
    user_name: str | None = Field(default=None, alias="userName")
    description: str | None = None
    master_app_id: str | None = Field(default=None, alias="masterAppId")
    tenant_id: str = Field(alias="tenantId")
    instance_secret_last_used_at: str | None = Field(default=None, alias="instanceSecretLastUsedAt")
    xsappname: str
    scopes: list[Scope] | None = Field(default=None, exclude_if=is_absent)
    authorities: list[str] | None = Field(default=None, exclude_if=is_absent)
    foreign_scope_references: list[str] | None = Field(
        default=None, alias="foreign-scope-references", exclude_if=is_absent
    )
    attributes: list[AppAttribute]
    role_templates: list[RoleTemplate] | None = Field(
        default=None, alias="role-templates", exclude_if=is_absent
    )
    oauth2_configuration: OAuth2Configuration = Field(alias="oauth2-configuration")
    tenant_mode: str = Field(alias="tenant-mode")


class Subscription(ResponseModel):
    """A subscription to an application; applications here have none."""

    id: str
    appid: str
    tenant_id: str = Field(alias="tenantId")


class Usage(ResponseModel):
    """How the application is used; there are no subscriptions and no clones of applications."""

    subscription_count: int = Field(default=0, alias="subscriptionCount")
    subscription_count_for_tenant: int = Field(default=0, alias="subscriptionCountForTenant")
    subscriptions: list[Subscription] | None = None
    reference_count: int = Field(alias="referenceCount")
    clone_count: int = Field(default=0, alias="cloneCount")
    clone_subscription_count: int = Field(default=0, alias="cloneSubscriptionCount")
    clone_subscriptions: list[Subscription] | None = Field(default=None, alias="cloneSubscriptions")


def app_of(application: ApplicationView, details: ApplicationDetails | None = None) -> App:
    """Return the JSON of an application, with its details if they were read."""
    client, settings, used = (
        application.client,
        application.settings,
        application.secret_last_used_at,
    )
    providers = settings.allowed_providers
    return App(
        appid=client.app_id,
        serviceinstanceid=application.instance_id,
        plan_id=application.plan_id,
        plan_name=application.plan,
        org_id=application.organization_guid,
        space_id=application.space_guid,
        description=_description(application.parameters),
        tenant_id=client.zone.guid,
        instance_secret_last_used_at=None if used is None else shown_time(used),
        xsappname=application.xsappname,
        attributes=[
            AppAttribute(
                name=each.name,
                description=each.description,
                value_type=each.value_type,
                value_required=each.value_required,
            )
            for each in application.attributes
        ],
        oauth2_configuration=OAuth2Configuration(
            token_validity=client.token_validity or 0,
            refresh_token_validity=settings.refresh_token_validity or 0,
            autoapprove=settings.auto_approve is True,
            grant_types=list(client.grant_types),
            system_attributes=list(settings.system_attributes),
            allowedproviders=None if providers is None else list(providers),
            redirect_uris=list(settings.redirect_uris),
            credential_types=list(client.credential_types),
        ),
        tenant_mode=application.tenant_mode,
        **({} if details is None else _details(details)),
    )


def scope_of(scope: ScopeView) -> Scope:
    """Return the JSON of a scope."""
    return Scope(
        name=scope.name,
        description=scope.description,
        granted_apps=list(scope.granted_to) or None,
        grant_as_authority_to_apps=list(scope.authority_of) or None,
    )


def _details(details: ApplicationDetails) -> dict[str, Any]:
    return {
        "scopes": [scope_of(each) for each in details.scopes],
        "authorities": list(details.authorities),
        "foreign_scope_references": list(details.foreign_scopes),
        "role_templates": [template_of(each, ()) for each in details.templates],
    }


def _description(parameters: object) -> str | None:
    given = parameters.get("description") if isinstance(parameters, dict) else None
    return given if isinstance(given, str) else None
