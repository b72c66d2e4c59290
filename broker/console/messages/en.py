"""English texts."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "console": "Console",
    "skip": "Skip to content",
    "utc": "UTC",
    "none": "none",
    "never": "never",
    "yes": "yes",
    "no": "no",
    # Navigation
    "nav.label": "Main navigation",
    "nav.operator": "Operator",
    "nav.zone": "Zone {name}",
    "nav.own": "My account",
    "nav.choose_zone": "Change zone",
    "nav.user": "Logged in as",
    "nav.log_out": "Log out",
    "nav.home": "Start",
    # Login
    "login.title": "Log in to the console",
    "login.text": "Administrators and auditors log in to their zone. Operators have a login of"
    " their own.",
    "login.zone": "Zone: name or GUID",
    "login.zone_hint": "The subdomain, such as default-1. The credentials of an application"
    " contain the GUID as identityzoneid.",
    "login.to_zone": "Continue",
    "login.live": "Continue in a zone in which you have a session",
    "login.as_operator": "Log in as operator",
    # What this service is
    "root.title": "Service broker and token service",
    "root.text": "An Open Service Broker for an XSUAA-like identity service, with its OAuth 2.0"
    " token service. Platforms create service instances and bindings; applications get tokens.",
    "root.console": "Console for operators, administrators and auditors",
    "root.account": "Your sessions, applications and password",
    "root.api": "Administration APIs",
    "root.openapi": "OpenAPI document of the administration APIs",
    "root.reference": "Reference of xs-security.json and of the service plans",
    "root.discovery": "OpenID Connect discovery",
    "root.health": "Health of this process",
    # Lists
    "list.search": "Search",
    "list.apply": "Apply",
    "list.clear": "Clear",
    "list.all": "All",
    "list.csv": "Download CSV",
    "list.csv_more": "The list has more than {n} rows. Narrow the selection.",
    "list.previous": "Previous page",
    "list.next": "Next page",
    "list.page": "Page {n}",
    "list.pages": "Pages",
    "list.sort_up": "sorted, ascending",
    "list.sort_down": "sorted, descending",
    # Forms
    "confirm.name": "Type {name} to confirm",
    "confirm.wrong": "The name does not match. Nothing was changed.",
    "confirm.cancel": "Cancel",
    "confirm.counts": "What this concerns",
    # The same operation elsewhere
    "twin.title": "By API or command line",
    "twin.api": "API",
    "twin.command": "Command",
    "chart.table": "Numbers of the chart",
    "chart.day": "Day",
    "chart.value": "Number",
    "chart.total": "Total",
    "chart.from": "{from} to {to}",
    "steps.done": "done",
    "steps.current": "current",
    "steps.open": "open",
    # Times
    "ago.now": "just now",
    "ago.minutes": "{n} minutes ago",
    "ago.minutes.one": "1 minute ago",
    "ago.hours": "{n} hours ago",
    "ago.hours.one": "1 hour ago",
    "ago.days": "{n} days ago",
    "ago.days.one": "1 day ago",
    "ago.years": "{n} years ago",
    "ago.years.one": "1 year ago",
    "in.now": "now",
    "in.minutes": "in {n} minutes",
    "in.minutes.one": "in 1 minute",
    "in.hours": "in {n} hours",
    "in.hours.one": "in 1 hour",
    "in.days": "in {n} days",
    "in.days.one": "in 1 day",
    "in.years": "in {n} years",
    "in.years.one": "in 1 year",
    # Errors
    "error.forbidden": "You are not allowed to do that",
    "error.not_found": "There is no such page or object",
    "error.invalid": "The input is invalid",
    "error.conflict": "That is not possible in the present state",
    "error.unavailable": "The service is busy or unavailable",
    "error.scope": "Your user lacks the scope {scope} in this zone. An administrator of the zone"
    " can assign a role collection that contains it, such as Subaccount Administrator.",
    "error.operator": "Only operators see this page.",
    "error.detail": "Details",
    "error.home": "To the start page",
    "alert.denied": "Refused: this concerns a role of the zone's built-in application, and your"
    " user lacks some of the scopes {scopes}.",
    "done.logged_out": "You are logged out.",
}
