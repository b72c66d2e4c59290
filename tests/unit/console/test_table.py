"""Every page of the table, with every role (TH-13, TH-26)."""

from __future__ import annotations

import html
import re
import shlex
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import click

from broker.api.routing import Router
from broker.api.table import ROUTES
from broker.cli import main
from broker.console.rights import EVERYONE, OPERATOR
from broker.console.table import MESSAGES, PAGES
from broker.console.texts import MESSAGES as ALL
from tests.support.console_world import PEOPLE
from tests.support.statements import statements_of

if TYPE_CHECKING:
    from broker.console.page import Page
    from tests.support.console_world import ConsoleWorld
    from tests.support.visitors import Reply, Visitor

OPENED = [each for each in PAGES if each.method == "GET"]
FORMS = [each for each in PAGES if each.method == "POST"]


def may(name: str, page: Page) -> bool:
    """Return whether the person may open the page, or send its form."""
    if page.right == EVERYONE and not page.is_in_zone:
        return True
    if name == "operator":
        return True
    if name == "stranger" and ("<zone>" in page.path or "<instance_id>" in page.path):
        return False
    if page.right == EVERYONE:
        return True
    roles = {"admin": ("read", "write"), "auditor": ("read",)}
    return page.right != OPERATOR and page.right.rpartition(".")[2] in roles.get(name, ())


def status_of_refusal(name: str, page: Page) -> int:
    """Return how a page is refused: whether a foreign zone exists is not told."""
    is_foreign = name == "stranger" and ("<zone>" in page.path or page.right != OPERATOR)
    return 404 if is_foreign else 403


def open_page(world: ConsoleWorld, visitor: Visitor, page: Page) -> Reply:
    return visitor.send("GET", world.url(page))


def test_every_page_with_every_role(world: ConsoleWorld) -> None:
    wrong = []
    for name in PEOPLE:
        visitor = world.enter(name)
        for page in OPENED:
            reply = open_page(world, visitor, page)
            allowed = may(name, page)
            expected = 200 if allowed else status_of_refusal(name, page)
            if reply.status != expected:
                wrong.append((name, page.name, reply.status, expected))
            assert reply.headers["Cache-Control"] == "no-store"
            policy = reply.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src" not in policy
            assert "frame-ancestors 'none'" in policy
            assert not re.search(r"<script|\son\w+=|javascript:|\sstyle=", reply.text)
    assert wrong == []


def test_forms_need_the_right_and_the_token(world: ConsoleWorld) -> None:
    """A form without token, and one of a user without the right, change nothing."""
    wrong = []
    for name in PEOPLE:
        visitor = world.enter(name)
        token = visitor.get("/console").form("/console/logout").fields["csrf"]
        for page in FORMS:
            if visitor.post(world.url(page), {}).status != 403:
                wrong.append((name, page.name, "without token"))
            allowed = may(name, page)
            if not allowed:
                status = visitor.post(world.url(page), {"csrf": token}).status
                if status != status_of_refusal(name, page):
                    wrong.append((name, page.name, str(status)))
    assert wrong == []


def test_without_logon_every_page_leads_to_the_login(world: ConsoleWorld) -> None:
    for page in OPENED:
        reply = open_page(world, world.logins.visitor(), page)
        assert reply.status == 200
        assert [form.action for form in reply.forms] == ["/console/login", "/console/login"]
        destination = reply.forms[0].fields["to"]
        assert destination.partition("?")[0] == page.url(**world.values)
    for page in FORMS:
        reply = world.logins.visitor().post(world.url(page), {"csrf": "x"})
        assert "/console/login" in [form.action for form in reply.forms]


def test_every_link_leads_to_a_page(world: ConsoleWorld) -> None:
    visitor = world.enter("operator")
    links = {link for page in OPENED for link in open_page(world, visitor, page).links}
    found = {link: visitor.send("GET", link).status for link in links if "/console" in link}
    assert {link: status for link, status in found.items() if status != 200} == {}


def test_speculative_requests_have_no_effect(world: ConsoleWorld) -> None:
    visitor = world.enter("admin")
    for page in OPENED:
        assert visitor.send("HEAD", world.url(page)).status == 204
        reply = visitor.send("GET", world.url(page), headers={"Sec-Purpose": "prefetch"})
        assert (reply.status, reply.set_cookies) == (503, ())


def test_few_statements(world: ConsoleWorld) -> None:
    """However many rows a list has: the number is that of the table."""
    too_many = {}
    for name in ("admin", "operator"):
        visitor = world.enter(name)
        for page in OPENED:
            if not may(name, page):
                continue
            open_page(world, visitor, page)  # zones are cached
            with statements_of(world.domain.engine) as statements:
                open_page(world, visitor, page)
            found = [each for each in statements if not each.startswith(("BEGIN", "PRAGMA"))]
            if len(found) > page.statements:
                too_many[name, page.name] = [each[:120] for each in found]
    assert too_many == {}


def test_stored_texts_never_become_elements(world: ConsoleWorld) -> None:
    """TH-17."""
    world.hostile = "<script>alert(1)</script>\"'><img src=x>"
    visitor = world.enter("operator")
    for page in OPENED:
        text = open_page(world, visitor, page).text
        assert "<script" not in text, page.name
        assert "<img src=x" not in text, page.name


def test_rows_of_another_zone_do_not_exist_in_the_own_one(world: ConsoleWorld) -> None:
    """Ids and names of the zone, at the pages of the stranger's: nothing is shown or changed."""
    visitor, wrong = world.enter("stranger"), []
    token = visitor.get("/console").form("/console/logout").fields["csrf"]
    texts = {**world.values, "user": world.user.name, "confirm": world.user.name}
    for page in PAGES:
        if not page.is_in_zone or not (page.query or page.path.count("<") > 1):
            continue
        url = world.url(page).replace(world.zone.guid, world.foreign_zone.guid)
        is_form = page.method == "POST"
        reply = visitor.post(url, {"csrf": token, **texts}) if is_form else visitor.send("GET", url)
        if is_form or page.right.endswith(".read"):
            if reply.status not in {400, 403, 404}:
                wrong.append((page.name, page.method, reply.status))
        elif "ben@example.org" in reply.text or "Reader" in reply.text:
            wrong.append((page.name, page.method, reply.status))
    assert wrong == []


PARAMETERS = (
    *("q", "sort", "page", "days", "since", "until", "before", "action", "actor", "subject"),
    *("instance", "binding", "outcome", "user", "origin", "client", "scope", "name", "app"),
    *("collection", "kind", "state", "type", "default", "applicant", "template", "role", "value"),
    *("attribute", "expected", "descriptor", "description", "reason", "overlap", "done"),
)
"""Of URLs and forms."""

NUL, DEEP = "\x00", "[" * 3999
"""What databases and parsers refuse."""


def test_unusual_parameters_are_no_errors_of_the_server(world: ConsoleWorld) -> None:
    """In paths, URLs and forms."""
    visitor, wrong = world.enter("operator"), []
    token = visitor.get("/console").form("/console/logout").fields["csrf"]
    values = {name: quote(each, safe="") for name, each in world.values.items()}
    form = {"csrf": token, **dict.fromkeys(PARAMETERS, DEEP)}
    for page in PAGES:
        needed = world.url(page).partition("?")[2]
        others = urlencode({name: NUL for name in PARAMETERS if name not in page.query})
        urls = [f"{page.url(**values)}?{needed}&{others}"]
        if page.query:
            urls.append(f"{page.url(**values)}?{urlencode(dict.fromkeys(page.query, NUL))}")
        urls += [
            f"{page.url(**{**values, name: quote(NUL)})}?{needed}"
            for name in re.findall("<(.+?)>", page.path)
        ]
        for url in urls:
            is_form = page.method == "POST"
            reply = visitor.post(url, form) if is_form else visitor.send("GET", url)
            if reply.status >= 500:
                wrong.append((page.name, page.method, url, reply.status))
    assert wrong == []


def test_each_path_has_one_page_of_each_method() -> None:
    counted = Counter((each.method, each.path) for each in PAGES)
    assert [each for each, number in counted.items() if number > 1] == []
    assert [each for each, number in Counter(p.endpoint for p in PAGES).items() if number > 1] == []


def test_forms_are_on_pages_of_the_table() -> None:
    paths = {each.path for each in OPENED}
    assert [each.name for each in FORMS if each.path not in paths] == []


def test_messages_of_families() -> None:
    """Every key is in both languages, in one family; titles exist; keys name their family."""
    assert set(ALL["en"]) == set(ALL["de"])
    for each in MESSAGES:
        assert set(each["en"]) == set(each["de"])
        families = {key.partition(".")[0] for key in each["en"]} - {"done"}
        assert len(families) == 1, families
    counted = Counter(key for each in MESSAGES for key in each["en"])
    assert [key for key, number in counted.items() if number > 1] == []
    assert [each.name for each in OPENED if each.title not in ALL["en"]] == []


def test_twins_exist(world: ConsoleWorld) -> None:
    """The API has each request on a page, and the command line each command."""
    visitor, router = world.enter("operator"), Router(ROUTES)
    unknown = []
    for page in OPENED:
        text = open_page(world, visitor, page).text
        twins = re.search(r'<details class="twins">(.*?)</details>', text, re.DOTALL)
        for code in re.findall("<code>(.*?)</code>", twins.group(1) if twins else "", re.DOTALL):
            twin = html.unescape(code)
            first, _, rest = twin.partition(" ")
            if first == "xsuaa-broker":
                is_known = has_command(shlex.split(rest))
            else:
                is_known = not first.isupper() or first in router.matches(rest.partition("?")[0])
            if not is_known:
                unknown.append((page.name, twin))
    assert unknown == []


def has_command(words: list[str]) -> bool:
    """Return whether the command exists and has the options among the words."""
    command: click.Command = main
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words.pop(0)) if words else None
        if found is None:
            return False
        command = found
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    options = {each.partition("=")[0] for each in words if each.startswith("--")}
    return options <= known | {"--help"}
