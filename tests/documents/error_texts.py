"""Cause of each error, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from broker import errors
from broker.login.pages.problems import Problem
from broker.osb.headers import UnsupportedVersion

_LATER: Final = (
    "The database, or the service, is unavailable or busy. Try again after `Retry-After`."
)

BROKER: Final[Mapping[type[Exception], str]] = {
    errors.InvalidRequest: "The descriptor, the parameters or the request break rules. The text"
    " names each place with its JSON path, what was found and what is allowed.",
    errors.AlreadyExists: "The id is in use with other attributes. An xsappname in use is a 400.",
    errors.InstanceNotFound: "The platform has no such service instance.",
    errors.BindingNotFound: "The service instance has no such binding.",
    errors.ForbiddenChange: "The update requests a change that is never possible, such as another"
    " xsappname, or that the [guard](migration.md#the-guard) refuses. The instance stays as it is.",
    errors.MaintenanceConflict: "The request names another maintenance version than the catalog."
    " Let the platform fetch the catalog again.",
    errors.Busy: "Another operation on the service instance lasts longer than"
    " `XSUAA_LOCK_TIMEOUT`. The platform tries again.",
    UnsupportedVersion: "The platform speaks a version of the Open Service Broker API that the"
    " broker does not support.",
    errors.AuthenticationFailed: "User or password of the broker is wrong."
    " `cf update-service-broker`.",
    errors.TooManyFailures: "Too many failed passwords from this address."
    " Correct ones are never refused.",
    errors.TrustUnknown: "The file of `XSUAA_TRUSTED_CA_FILE` cannot be read now. The operator"
    " must correct it.",
    errors.StoreUnavailable: _LATER,
}
"""Errors of the broker; any other one is a 500 without details."""

TOKEN_SERVICE: Final[Mapping[type[errors.BrokerError], str]] = {
    errors.AuthenticationFailed: "The client is not authenticated: [find out why](refusals.md).",
    errors.TokenInvalid: "The presented Bearer token is not valid or not active. Fetch a new one.",
    errors.AccessDenied: "The caller lacks the scope that `WWW-Authenticate` names.",
    errors.NotFound: "The user or client whose tokens are to be revoked does not exist.",
    errors.ZoneNotFound: "The host name belongs to no zone. Use the `url` of the credentials.",
    errors.TooManyFailures: "Too many failed attempts of this client or user from this address."
    " Correct secrets are never refused.",
    errors.TooManyChanges: "Too many revocations by this client within a minute.",
    errors.ProviderUnavailable: "An identity provider cannot be reached. The log has the reason.",
    errors.Busy: _LATER,
    errors.StoreUnavailable: _LATER,
}
"""Errors of the token service but those of grants; any other one is as an unavailable database."""

GRANTS: Final[Mapping[tuple[str, bool], str]] = {
    ("invalid_request", False): "A parameter is missing, repeated, malformed or not supported; the"
    " text names it.",
    ("invalid_client", False): "The client may not use the grant type (`grant-types` of its"
    " descriptor), or a code belongs to another client.",
    ("invalid_client", True): "With the grant `password`, user name, password or passcode is wrong."
    " With `refresh_token`, the credential behind the token was revoked.",
    ("invalid_grant", False): "The code or the refresh token is unknown, used, expired or another"
    " client's, or redirect URI or code verifier differ from the authorize request. Log on again.",
    ("unauthorized_client", False): "The token to be revoked belongs to another client.",
    ("unsupported_grant_type", False): "The server does not know the grant type. SAML is not"
    " implemented.",
    ("invalid_scope", False): "The client cannot have the scope, or the user has none of the"
    " requested ones: `xsuaa-broker roles explain`. At `/check_token`, the token lacks a scope.",
    ("invalid_token", False): "At `/check_token`: the token is not active.",
    ("invalid_token", True): "The refresh token or the exchanged token is not valid, its user or"
    " identity provider is inactive, or no scope is left for the user. Log on again.",
    ("unauthorized", True): "The identity provider of the user is not allowed for the client"
    " (`allowedproviders`) or has no passwords here, or the assertion is missing.",
    ("access_denied", True): "The identity provider admits no logon of this user.",
    ("query_string_not_allowed", False): "Parameters were sent in the URL. Send them in the body:"
    " proxies log URLs.",
}
"""Codes of refused grants, and whether the user or the token is refused."""

AUTHORIZATION: Final[Mapping[str, str]] = {
    "invalid_request": "A parameter is missing, malformed or not supported; the text names it.",
    "unsupported_response_type": "`response_type` is not `code`.",
    "request_not_supported": "Parameter `request` is not supported.",
    "request_uri_not_supported": "Parameter `request_uri` is not supported.",
    "registration_not_supported": "Parameter `registration` is not supported.",
    "invalid_scope": "The client cannot have a requested scope, or the user has none of them.",
    "access_denied": "The user denied consent or cannot log on, or no scope is left for the user.",
    "login_required": "`prompt=none`, and the user has no session that suffices.",
    "consent_required": "`prompt=none`, and the user has to consent.",
    "interaction_required": "`prompt=none`, and the user has to choose an account or a password.",
}
"""Codes that the application receives at its redirect URI."""

PROBLEMS: Final[Mapping[Problem, str]] = {
    Problem.INVALID_REQUEST: "A parameter is missing, repeated or malformed.",
    Problem.UNKNOWN_APPLICATION: "`client_id` names no client.",
    Problem.UNKNOWN_ZONE: "The host names no zone, or another one than the client's.",
    Problem.ZONE_NOT_NAMED: "Zones share the host: add `?zone=<subdomain>`.",
    Problem.NO_BROWSER_LOGON: "`grant-types` of the client lack `authorization_code`.",
    Problem.REDIRECT: "The [redirect URI](login.md#redirect-uris) is absent or not registered:"
    " `xsuaa-broker descriptor check FILE --redirect-uri URI`.",
    Problem.EXPIRED: "The form is too old or of another browser. Begin again at the application.",
    Problem.FOREIGN_FORM: "Another site sent the form.",
    Problem.NO_PROVIDER: "The client excludes all identity providers (`allowedproviders`).",
    Problem.LOGIN_HINT: "The hint names no identity provider that the client can use.",
    Problem.PROVIDER_REFUSED: "The identity provider reported an error, such as a cancelled logon.",
    Problem.PROVIDER_FAILED: "The identity provider cannot be reached, or its response is invalid:"
    " `xsuaa-broker providers test ORIGIN --zone ZONE`.",
    Problem.USER_UNKNOWN: "The provider creates no users (`addShadowUserOnLogin`): add the user.",
    Problem.USER_REFUSED: "The user is inactive, ambiguous or known under another identity.",
    Problem.LINK_INVALID: "The one-time link is invalid, was used or has expired.",
    Problem.TOO_MANY_ATTEMPTS: "Too many failed attempts. Wait as the page says.",
    Problem.BUSY: _LATER,
    Problem.NOT_FOUND: "The path does not exist.",
    Problem.METHOD_NOT_ALLOWED: "The path does not accept the method.",
    Problem.SERVER_ERROR: "An unexpected failure; the log has it.",
}
"""Problems of pages for browsers."""

ADMINISTRATION: Final[Mapping[type[errors.BrokerError], str]] = {
    errors.InvalidRequest: "The body or a parameter breaks rules; the text names each place.",
    errors.AuthenticationFailed: "The certificate of the request cannot be used.",
    errors.TokenInvalid: "The token is not valid or not active: [Refused"
    " tokens](refusals.md#refused-tokens).",
    errors.AccessDenied: "The token lacks the scope in `scope`. In mode production, `xs_*` scopes"
    " need [an approval](platforms.md#approval).",
    errors.ReadOnly: "The role collection belongs to an application: change its descriptor.",
    errors.ForbiddenChange: "The change is never possible, or only the operator can make it.",
    errors.NotFound: "The zone of the token has no such object.",
    errors.InstanceNotFound: "The zone of the token has no such service instance.",
    errors.BindingNotFound: "The service instance has no such binding.",
    errors.AlreadyExists: "The name is in use.",
    errors.UserExists: "The origin has such a user; the body has its `user_id` and `active`.",
    errors.StateConflict: "The current state does not allow the change, such as the last"
    " administrator's removal or another version in `If-Match`. The text names the reason.",
    errors.TooManyChanges: "More requests than `XSUAA_API_RATES` or a limit of changes allows.",
    errors.ProviderUnavailable: "An identity provider cannot be reached.",
    errors.Busy: _LATER,
    errors.StoreUnavailable: _LATER,
}
"""Errors of the administration APIs; any other one is as an unavailable database."""
