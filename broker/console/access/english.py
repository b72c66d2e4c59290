"""English texts of the family."""

from __future__ import annotations

from typing import Final

MESSAGES: Final = {
    "access.explain.title": "Explain access",
    "access.explain.submit": "Explain",
    "access.explain.text": "Why a user may do something in an application, or what is missing: by"
    " the decision that tokens are issued with, on the data of this moment.",
    "access.holders.title": "Users with a scope",
    "access.holders.submit": "Who has this scope",
    "access.holders.text": "The users whose role collections give them a scope of an application.",
    "access.user": "User",
    "access.user_hint": "Name or id",
    "access.provider": "Provider",
    "access.origin": "Identity provider",
    "access.client": "Application",
    "access.client_hint": "Client id, application id, xsappname, or service instance",
    "access.scope": "Scope",
    "access.scope_hint": "Optional for an explanation. As in the token, or as in xs-security.json.",
    "access.contained": "In tokens",
    "access.yes": "yes",
    "access.no": "no",
    "access.why": "Why",
    "access.answer.may": "{user} ({origin}) may: tokens for {client} contain {scope}.",
    "access.answer.may_not": "{user} ({origin}) may not: tokens for {client} do not contain"
    " {scope}.",
    "access.answer.some": "Tokens of {user} ({origin}) for {client} contain {n} of {total} scopes.",
    "access.paths": "How the user gets the scope",
    "access.gaps": "What is missing",
    "access.chain": "Way {n}",
    "access.more": "{n} more ways are not shown.",
    "access.step.user": "User",
    "access.step.collection": "Role collection",
    "access.step.role": "Role",
    "access.step.client": "Client",
    "access.step.scope": "Scope",
    "access.step.broken": "missing",
    "access.every_user": "every user",
    "access.assigned": "assigned",
    "access.assigned_until": "assigned until {time} UTC",
    "access.by_mapping": "mapping {attribute} = {value}",
    "access.not_assigned": "not assigned",
    "access.to.provider": "Open the identity provider",
    "access.to.update": "What an update would break",
    "access.scopes": "Scopes of the application",
    "access.no_scopes": "The application defines no scope.",
    "access.all_scopes": "All scopes of this user",
    "access.token": "What a token would contain",
    "access.token.text": "Not a token: the claims that do not depend on the request. Each token"
    " also has jti, iat, exp ({seconds} seconds later), auth_time, grant_type and rev_sig; cnf"
    " and az_attr if the request has a certificate or attributes.",
    "access.token.none": "The user would get no token for this client.",
    "access.collections": "Role collections with the scope",
    "access.mappings": "Mappings that give it",
    "access.mappings.text": "Whom a mapping gives the role collection is known with the logon of"
    " each user only: the list above has assignments alone. Explain the access of one user to"
    " see what applies.",
    "access.mappings.more": "There are more mappings; the pages of the role collections list all.",
    "access.partial": "More role collections contain the scope than are read at once: the list is"
    " not complete.",
    "access.of_every_user": "Every user has this scope without a role, if the client may have it.",
    "access.attribute": "Attribute",
    "access.value": "Value",
    "access.assigned_by": "Assigned by",
    "access.since": "Since",
    "access.until": "Until",
    "access.unlimited": "unlimited",
    "access.no_holders": "No active user has the scope by an assignment. Assign a role collection"
    " that contains it.",
    "access.none_found": "No user matches. Clear the search.",
    "access.problem.no_user": "Zone {zone} has no user {user} of the identity provider {origin}."
    " Look for the name among the users.",
    "access.problem.other_origin": "Zone {zone} has no user {user} of the identity provider"
    " {origin}, but users of this name:",
    "access.problem.no_application": "Zone {zone} has no application {client}: it is no client id,"
    " application id, xsappname, and no id or name of a service instance.",
    "access.problem.several_applications": "Several applications have the name {client}. State the"
    " application id: {names}.",
    "access.problem.built_in": "{client} is the built-in application of the zone; there are no"
    " tokens for it.",
    "access.problem.refused": "The user would get no token: {text}.",
    "access.missing.OTHER_ZONE": "User and client belong to different zones",
    "access.fix.OTHER_ZONE": "The token service issues tokens of users for clients of their"
    " zone only.",
    "access.missing.INACTIVE_USER": "User is inactive",
    "access.fix.INACTIVE_USER": "Activate the user {user}.",
    "access.missing.INACTIVE_PROVIDER": "Identity provider is inactive",
    "access.fix.INACTIVE_PROVIDER": "Activate the identity provider {origin}.",
    "access.missing.EXPIRED": "Assignment has expired",
    "access.fix.EXPIRED": "Assign the role collection {collection} again.",
    "access.missing.OLD_SNAPSHOT": "Logon is too long ago",
    "access.fix.OLD_SNAPSHOT": "The attributes that {origin} sent at the last logon have"
    " expired; {user} must log on again.",
    "access.missing.NO_VALUE": "Attribute has no value",
    "access.fix.NO_VALUE": "Role {role} has no value for {attribute}, or the logon sent none."
    " Create a role of template {template} with a value and add it to a role collection, or"
    " let {origin} send the value.",
    "access.missing.RESTRICTED_ELSEWHERE": "Role is restricted for another application",
    "access.fix.RESTRICTED_ELSEWHERE": "Role {role} restricts attributes: only tokens for {app}"
    " contain its scopes. Use a client of {app}, or a role without restrictions.",
    "access.missing.NOT_IN_TEMPLATE": "Role template cannot contain the scope",
    "access.fix.NOT_IN_TEMPLATE": "No role gives this scope: remove it from template {template} in"
    " the xs-security.json of {app}.",
    "access.missing.PENDING": "Referenced application does not exist",
    "access.fix.PENDING": "Template {template} of {app} refers to an application that does not"
    " exist. Create it, or correct the reference in the xs-security.json of {app}.",
    "access.missing.NOT_GRANTED_TO_TEMPLATE": "Scope is not granted to the template's application",
    "access.fix.NOT_GRANTED_TO_TEMPLATE": "In the xs-security.json of {owner}, grant the scope to"
    " {app}.",
    "access.missing.NOT_DEFINED": "Scope is not defined",
    "access.fix.NOT_DEFINED": "Define the scope in the xs-security.json of {client}.",
    "access.missing.NOT_NAMED": "Application does not request the scope",
    "access.fix.NOT_NAMED": "Name the scope in the xs-security.json of {client}.",
    "access.missing.NOT_APPROVED": "Scope is not requested or not approved",
    "access.fix.NOT_APPROVED": "Request the scope in the xs-security.json of {client}; the"
    " operator approves it.",
    "access.missing.NOT_GRANTED": "Scope is not granted to the application",
    "access.fix.NOT_GRANTED": "In the xs-security.json of the application that defines {scope},"
    " grant it to {client}.",
    "access.missing.NOT_ACCEPTED": "Application does not accept the scope",
    "access.fix.NOT_ACCEPTED": "Accept the scope in the xs-security.json of {client}.",
    "access.missing.NOT_HELD": "Role collection is not assigned",
    "access.fix.NOT_HELD": "Assign the role collection {collection} to {user}.",
    "access.missing.NO_COLLECTION": "No role collection contains the scope",
    "access.fix.NO_COLLECTION": "Add a role whose template contains the scope to a role"
    " collection, and assign that.",
    "access.missing.NO_USER_GRANT": "Client has no grant type for users",
    "access.fix.NO_USER_GRANT": "Add a grant type for users to the xs-security.json of {client}.",
    "access.missing.PROVIDER_NOT_ALLOWED": "Client does not allow the identity provider",
    "access.fix.PROVIDER_NOT_ALLOWED": "Allow {origin} in the xs-security.json of {client}.",
}
