"""What each key of ``xs-security.json`` and of binding parameters means, and its default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from broker.descriptor.binding import BindingParameters, X509Parameters
from broker.descriptor.model import (
    Attribute,
    AttributeReference,
    Descriptor,
    OAuth2Configuration,
    RoleCollection,
    RoleTemplate,
    Scope,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.descriptor.part import DescriptorPart


class Meaning(NamedTuple):
    """The meaning of a key, with units, and what its absence means, '' if the model says it."""

    text: str
    absent: str = ""


_DESCRIPTION: Final = Meaning("A text for people, shown by the administration APIs.", "no text")

MEANINGS: Final[Mapping[type[DescriptorPart], Mapping[str, Meaning]]] = {
    Descriptor: {
        "xsappname": Meaning(
            "The name of the application, unique in its zone. With the index of the zone it becomes"
            " the application id, such as `my-app!t1`. An update cannot change it."
        ),
        "tenant-mode": Meaning(
            "Copied to the credentials (`tenantmode`); it gives no access to other zones. An update"
            " cannot change it."
        ),
        "description": Meaning("A text for people, without effect.", "no text"),
        "scopes": Meaning("The scopes that the application defines."),
        "attributes": Meaning("The attributes with which roles can be restricted."),
        "role-templates": Meaning("The sets of scopes from which roles are made."),
        "role-collections": Meaning(
            "Sets of roles that administrators assign to users; only the descriptor changes them."
        ),
        "authorities": Meaning(
            "Scopes for the application's own tokens (`client_credentials`): own ones, and those"
            " that other applications grant as authority. `$ACCEPT_GRANTED_AUTHORITIES` accepts all"
            " granted ones."
        ),
        "foreign-scope-references": Meaning(
            "Scopes of other applications for tokens of users, if these grant them"
            " (`granted-apps`), and `xs_*` scopes after an approval. `$ACCEPT_GRANTED_SCOPES`"
            " accepts all granted ones."
        ),
        "oauth2-configuration": Meaning(
            "Settings of the OAuth client.", "the defaults of its keys"
        ),
        "xsenableasyncservice": Meaning("Accepted without effect.", "no effect"),
        "dry-run": Meaning("Whether an update only reports what it would change."),
        "ignore-credential-usage": Meaning(
            "Whether an update removes a credential type although the guard reports its use."
        ),
        "force": Meaning(
            "Whether an update drops role collections in use, with their assignments."
        ),
    },
    Attribute: {
        "name": Meaning("The name in role templates and in the claim `xs.user.attributes`."),
        "description": _DESCRIPTION,
        "valueType": Meaning(
            "The type of the values, for readers: values are not compared with it. `s` is"
            " `string`. An update cannot change it."
        ),
        "valueRequired": Meaning(
            "Whether a role needs a value. If false, a role without a value is unrestricted. An"
            " update cannot change it from false to true."
        ),
    },
    AttributeReference: {
        "name": Meaning("The name of an attribute of the application."),
        "default-values": Meaning(
            "The values of the template's default role. Without them, a template with a required"
            " attribute has no default role: administrators create roles with values."
        ),
    },
    OAuth2Configuration: {
        "token-validity": Meaning(
            "Lifetime of access tokens in seconds. The zone's policy is a maximum.",
            "`XSUAA_TOKEN_VALIDITY` (43200)",
        ),
        "refresh-token-validity": Meaning(
            "Lifetime of refresh tokens in seconds, from the grant on: a refresh does not extend"
            " it. The zone's policy is a maximum.",
            "`XSUAA_REFRESH_TOKEN_VALIDITY` (604800)",
        ),
        "redirect-uris": Meaning(
            "Where the browser may be sent with a code or after a logout, see [Redirect"
            " URIs](#redirect-uris)."
        ),
        "credential-types": Meaning(
            "The types that the instance issues and accepts; the first one is the default of"
            " bindings.",
            "those of `XSUAA_CREDENTIAL_PROFILE`; at an update, the types so far",
        ),
        "system-attributes": Meaning(
            "What `xs.system.attributes` contains in tokens of users: `groups` (`xs.saml.groups`),"
            " `rolecollections` (`xs.rolecollections`). The others have no effect.",
            "`groups`, `rolecollections`",
        ),
        "allowedproviders": Meaning(
            "The origins of identity providers whose users may get tokens; `[]` allows none.",
            "all of the zone",
        ),
        "autoapprove": Meaning("Whether a login asks users for no consent.", "`true`"),
        "grant-types": Meaning(
            "How tokens may be requested. `saml2-bearer` and `user_token` may be listed and are not"
            " supported; `client_x509` is an old word, see below.",
            "all but `client_x509`",
        ),
    },
    RoleCollection: {
        "name": Meaning("The name, unique in the zone."),
        "description": _DESCRIPTION,
        "role-template-references": Meaning(
            "Role templates whose default roles it contains: `$XSAPPNAME.<name>`, or"
            " `$XSAPPNAME(application,<xsappname>).<name>` of another application."
        ),
    },
    RoleTemplate: {
        "name": Meaning("The name, unique in the descriptor."),
        "description": _DESCRIPTION,
        "default-role-name": Meaning(
            "The name of the role that exists without an administrator.", "the template's name"
        ),
        "scope-references": Meaning(
            "The scopes of its roles: own ones, `uaa.user`, and scopes that other applications"
            " grant."
        ),
        "attribute-references": Meaning(
            "The attributes that restrict its roles; a name alone is an object without default"
            " values."
        ),
    },
    Scope: {
        "name": Meaning("The name; in tokens, the application id replaces `$XSAPPNAME`."),
        "description": _DESCRIPTION,
        "granted-apps": Meaning(
            "Applications whose tokens of users may contain the scope. `*`: every application."
        ),
        "grant-as-authority-to-apps": Meaning(
            "Applications whose own tokens may contain the scope, if they list it in `authorities`."
        ),
    },
    BindingParameters: {
        "credential-type": Meaning(
            "The type of the credential, one of the instance's `credential-types`.",
            "the first of the instance",
        ),
        "hide-secret": Meaning("Whether the credentials lack the secret."),
        "x509": Meaning("Parameters of a certificate; for type `x509` only.", "their defaults"),
    },
    X509Parameters: {
        "key-length": Meaning("Size of the RSA key of a managed certificate in bits."),
        "validity": Meaning("Validity of a managed certificate in the unit of `validity-type`."),
        "validity-type": Meaning("The unit of `validity`: days of 24 hours."),
        "certificate": Meaning(
            "The certificate chain of a self-managed certificate as PEM, the client's certificate"
            " first.",
            "a managed certificate",
        ),
        "certificate-pinning": Meaning(
            "Whether only this certificate is accepted; if false, also its renewals by the same"
            " key of the issuer. Always true for managed ones."
        ),
        "hide-certificate": Meaning("Whether the credentials lack a self-managed certificate."),
    },
}
