"""The pages of the family ``signing_keys``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from broker.console.instances.find import ONE as INSTANCE
from broker.console.instances.find import path_of
from broker.console.page import Navigation, Page
from broker.console.rights import OPERATOR
from broker.console.tables import Column, Link, Mark, Table, Text, When
from broker.console.view import Twin, View
from broker.errors import NotFound
from broker.identity.zone_settings import MAX_ACCESS_VALIDITY
from broker.login.pages.views import Message
from broker.tokens.key_state import KeyState

if TYPE_CHECKING:
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.console.tables import Cell
    from broker.lifecycle.overview.model import RecentUse
    from broker.tokens.ports import StoredSigningKey

LIST: Final = "/console/signing-keys"
ONE: Final = f"{LIST}/one"

LONGEST: Final = timedelta(seconds=MAX_ACCESS_VALIDITY)
"""The longest validity of an access token."""

_TONES = {KeyState.SIGNING: "good", KeyState.RETIRED: "bad"}
_ROTATE = Twin(command="xsuaa-broker keys rotate")


def list_all(services: Services, asked: ConsoleRequest) -> View:
    """List the signing keys."""
    keys = services.signing_keys()
    table = Table(
        caption="signing_keys.list.title",
        columns=(
            Column("signing_keys.key"),
            Column("signing_keys.state"),
            Column("signing_keys.published"),
            Column("signing_keys.signs_from"),
            Column("signing_keys.retired"),
        ),
        rows=[_row(key, state) for key, state in reversed(keys)],
        listing=asked.listing,
        empty=Message("signing_keys.empty"),
        is_paged=False,
    )
    return View(
        template="list", table=table, twins=(Twin(command="xsuaa-broker keys list"), _ROTATE)
    )


def show(services: Services, asked: ConsoleRequest) -> View:
    """Show what the revocation of a key breaks."""
    listing, kid = asked.listing, asked.query["kid"]
    found = [each for each in services.signing_keys() if each[0].kid == kid]
    if not found:
        raise NotFound("There is no such signing key.")
    [(key, state)] = found
    has_tokens = state in {KeyState.SIGNING, KeyState.VERIFYING}
    since = max(key.sign_from, asked.now - LONGEST)
    lost = services.overviews.used_since(since, listing.skip, listing.limit) if has_tokens else ()
    table = Table(
        caption="signing_keys.lost",
        columns=(
            Column("signing_keys.application"),
            Column("signing_keys.zone"),
            Column("signing_keys.used"),
        ),
        rows=[_lost(each) for each in lost],
        listing=listing,
        empty=Message("signing_keys.nothing_lost"),
    )
    command = f"xsuaa-broker keys revoke {key.kid} --now"
    return View(
        template="signing_keys/one",
        title=key.kid,
        table=table,
        twins=(Twin(command=command), _ROTATE),
        model={"key": key, "state": _mark(state), "commands": (command,), "back": LIST},
    )


def _row(key: StoredSigningKey, state: KeyState) -> tuple[Cell, ...]:
    return (
        Link(key.kid, path=ONE, query={"kid": key.kid}),
        _mark(state),
        When(key.publish_at),
        When(key.sign_from),
        When(key.retire_at, "signing_keys.not_retired"),
    )


def _mark(state: KeyState) -> Mark:
    return Mark(f"signing_keys.state.{state}", _TONES.get(state, "quiet"))


def _lost(each: RecentUse) -> tuple[Cell, ...]:
    return (
        Link(each.app_id, path=path_of(INSTANCE, each.instance_id)),
        Text(each.zone),
        When(each.last_used_at),
    )


PAGES: Final = (
    Page(
        path=LIST,
        name="signing_keys.list",
        right=OPERATOR,
        handler=list_all,
        navigation=Navigation("operator", 30),
    ),
    Page(path=ONE, name="signing_keys.one", right=OPERATOR, handler=show, query=("kid",)),
)
