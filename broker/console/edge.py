"""What precedes and follows every handler: logon, rights, form token, errors, response."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from flask import Response, request

from broker.api.failures import failure_of
from broker.authentication.passwords.sources import prefix_of
from broker.console.frame import NOTICE, Frame, navigation, url
from broker.console.outside.entrance import FORM, within
from broker.console.page import MAX_FIELD, by_path
from broker.console.rendering import csv_response, texts_of_request, view_response
from broker.console.request import ConsoleRequest, FreshLogonRequired
from broker.console.rights import EVERYONE
from broker.console.table import PAGES
from broker.console.tables import Listing
from broker.console.view import Done, View
from broker.errors import AccessDenied, BrokerError, NotFound
from broker.login.authorization.response import redirect_within
from broker.login.endpoints import read_form
from broker.login.pages.errors import foreign_form
from broker.login.speculative import refuse_speculative
from broker.logs.requests import correlation_id
from broker.logs.structured import add_to_subject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from flask import Blueprint
    from werkzeug.datastructures import MultiDict

    from broker.api.failures import Failure
    from broker.authentication.session import Session
    from broker.authorization.administration_rights import AdministrationRights
    from broker.console.outside.entrance import Entrance
    from broker.console.outside.kept_form import KeptForms
    from broker.console.outside.session import ConsoleSessions
    from broker.console.page import Page
    from broker.console.texts import ConsoleTexts
    from broker.identity.zone import Zone

_OPENED = by_path(PAGES)


class Limits(Protocol):
    """Keeps these requests from delaying others (D-50)."""

    def admitted(self, owner: int, /) -> AbstractContextManager[None]:
        """Run a request within; raise Busy without a slot."""


class KnownZones(Protocol):
    """Finds zones; they never change."""

    def with_guid(self, guid: str, /) -> Zone | None:
        """Return the zone, None if it does not exist or is the operator's own."""


@dataclass(frozen=True, slots=True)
class Console:
    """Handles the requests to the pages of the table."""

    services: Any
    sessions: ConsoleSessions
    entrance: Entrance
    rights: AdministrationRights
    zones: KnownZones
    limits: Limits
    kept_forms: KeptForms
    address_of_request: Callable[[], str]
    pause: Callable[[], object]
    """Lets other requests continue."""

    def add_to(self, blueprint: Blueprint) -> None:
        """Add the endpoint of each page."""
        for page in PAGES:
            blueprint.add_url_rule(
                page.path,
                page.endpoint,
                partial(self._response, page),
                methods=[page.method],
                strict_slashes=False,
            )

    def _response(self, page: Page, **path: str) -> Response:
        if (refused := refuse_speculative()) is not None:
            return refused
        is_form = page.method == "POST"
        if is_form:
            read_form()
        # Requests of one network leave places for others.
        with self.limits.admitted(hash(prefix_of(self.address_of_request()))):
            visit = self.sessions.visit()
            session = self.sessions.of(visit)
            browser = self.sessions.browser
            if session is None or visit is None:
                if is_form and not browser.is_own_origin():
                    raise foreign_form()
                return self.entrance.again(visit, self._here())
            if is_form and not browser.has_valid_csrf(FORM, session):
                raise foreign_form()
            add_to_subject(user_id=session.user.user_id)
            response = self._handled(page, session, path)
            self.sessions.continued(response, visit, session)
            return response

    def _handled(self, page: Page, session: Session, path: Mapping[str, str]) -> Response:
        asked = self._request(page, session, path)
        try:
            asked = self._authorized(page, asked)
        except BrokerError as error:
            return self._refused(page, asked, failure_of(error))
        try:
            if page.needs_fresh_logon:
                asked.require_fresh_logon()
            found = page.handler(self.services, asked)
        except FreshLogonRequired:
            return self._log_on_afresh(page, session, asked)
        except BrokerError as error:
            failure = failure_of(error)
            if page.method == "POST" and (again := self._form(page, asked)) is not None:
                return self._shown(page, asked, again, failure)
            return self._refused(page, asked, failure)
        if isinstance(found, Done):
            query = {**found.query, NOTICE: found.notice.removeprefix("done.")}
            return redirect_within(url(found.path, query))
        response = self._shown(page, asked, found)
        if page.method == "GET" and asked.form:
            self.kept_forms.forget(response)
        return response

    def _log_on_afresh(self, page: Page, session: Session, asked: ConsoleRequest) -> Response:
        """Return the login page that leads back to the form, with what was typed."""
        here = self._here()
        response = self.entrance.afresh(session, here)
        if page.method == "POST":
            self.kept_forms.keep(response, session, here, asked.form)
        return response

    def _request(self, page: Page, session: Session, path: Mapping[str, str]) -> ConsoleRequest:
        query = _single_values(request.args)
        if page.method == "GET":
            form = self.kept_forms.of(session, self._here())
        else:
            form = _single_values(request.form, page.max_field)
        return ConsoleRequest(
            session=session,
            rights=frozenset(),
            zone=None,
            now=self.sessions.clock.now(),
            listing=Listing.read(query),
            path=path,
            query=query,
            form=form,
            correlation_id=correlation_id(),
            is_fresh=self.sessions.is_fresh(session),
        )

    def _authorized(self, page: Page, asked: ConsoleRequest) -> ConsoleRequest:
        """Return the request with its zone and the user's rights, read now; raise BrokerError."""
        rights = self.rights.of(asked.user)
        asked = asked.with_rights(rights)
        if page.is_in_zone:
            own = asked.user.zone
            zone = own if asked.path["zone"] == own.guid else None
            if zone is None and asked.is_operator:
                zone = self.zones.with_guid(asked.path["zone"])
            if zone is None or not asked.reaches(zone):
                raise NotFound("There is no such zone, or you have no role in it.")
            asked = asked.within(zone)
        if page.right not in rights | {EVERYONE}:
            raise AccessDenied(page.right)
        if any(not asked.query.get(name) for name in page.query):
            raise NotFound(f"The URL lacks a parameter: {', '.join(page.query)}.")
        return asked

    def _form(self, page: Page, asked: ConsoleRequest) -> View | None:
        """Return the page whose form failed, None if it cannot be shown any more."""
        shown = _OPENED.get(page.path)
        if shown is None or shown.right not in asked.rights | {EVERYONE}:
            return None
        try:
            view = shown.handler(self.services, asked)
        except BrokerError:
            return None
        return view if isinstance(view, View) else None

    def _refused(self, page: Page, asked: ConsoleRequest, failure: Failure) -> Response:
        """Return the page of the error."""
        model = {"status": int(failure.status), "detail": failure.text, "scope": failure.scope}
        return self._shown(page, asked, View(template="error", model=model), failure)

    def _shown(
        self,
        page: Page,
        asked: ConsoleRequest,
        view: View,
        failure: Failure | None = None,
    ) -> Response:
        t = texts_of_request(asked.now)
        if view.table is not None and asked.listing.is_export and failure is None:
            return csv_response(view, page.name.replace(".", "-"), t)
        zone = view.zone or asked.zone
        if zone is None and not asked.is_operator:
            zone = asked.user.zone
        is_error_page = view.template == "error"
        status = HTTPStatus.OK if failure is None else failure.status
        frame = Frame(
            title=t(f"error.{_error_kind(status)}")
            if is_error_page
            else view.title or t(_OPENED.get(page.path, page).title),
            subject=view.subject,
            path=request.path,
            query=asked.query,
            user_name=asked.user.name,
            is_operator=asked.is_operator,
            zone=zone,
            rights=asked.rights,
            navigation=navigation(PAGES, page, zone, asked.rights),
            csrf=self.sessions.browser.csrf_token(FORM, asked.session),
            alert="" if failure is None or is_error_page else _alert(failure, t),
            notice=t.notice(asked.query.get(NOTICE, "")),
            pause=self.pause,
        )
        is_secure = self.sessions.browser.cookies.is_secure
        response = view_response(view, frame, t, status=status, is_secure=is_secure)
        if failure is not None:
            retry = [each for each in failure.headers if each[0] == "Retry-After"]
            response.headers.extend(retry)
        return response

    def _here(self) -> str:
        """Return the URL to which a logon leads back."""
        query = {name: value for name, value in _single_values(request.args).items() if value}
        query.pop(NOTICE, None)
        return within(url(request.path, query))


def _alert(failure: Failure, t: ConsoleTexts) -> str:
    if failure.scope:
        return t("alert.denied", scopes=failure.scope)
    return t(failure.text) if t.has(failure.text) else failure.text


def _error_kind(status: int) -> str:
    return {403: "forbidden", 404: "not_found", 400: "invalid", 409: "conflict"}.get(
        status, "unavailable"
    )


def _single_values(values: MultiDict[str, str], maximum: int = MAX_FIELD) -> dict[str, str]:
    """Return the parameters that occur once; longer ones are ignored."""
    return {
        name: found[0]
        for name, found in values.lists()
        if len(found) == 1 and len(found[0]) <= maximum
    }
