"""A start checks and completes its database; commands need a current schema (D-24)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from broker.composition import administration
from broker.composition.administration import (
    key_rotation,
    leave_store,
    open_administration,
    open_command_store,
    open_store,
    prepare_store,
    upgrade_store,
)
from broker.errors import ConfigurationError
from broker.identity.ended_logons import EndedLogons
from broker.store.restore_lock import lock, unlock
from broker.store.rollback.counts import revocation_file
from broker.store.tables.core import audit_event
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.settings.model import Settings


def test_nothing_runs_on_a_database_that_was_not_upgraded(
    settings: Callable[..., Settings],
) -> None:
    for use in (prepare_store, open_command_store, open_administration):
        with pytest.raises(ConfigurationError):
            use(settings())


def test_an_upgrade_is_audited_once_and_a_start_creates_the_first_keys(
    settings: Callable[..., Settings],
) -> None:
    found = settings()
    steps: list[str] = []
    before, after = upgrade_store(found, OPERATOR, steps.append)
    assert steps[-1] == "Completing service instances"
    assert (before, upgrade_store(found, OPERATOR)) == (None, (after, after))
    prepare_store(found)
    prepare_store(found)
    with open_store(found).engine.connect() as connection:
        actions = connection.execute(select(audit_event.c.action)).scalars().all()
    assert sorted(actions) == ["create-data-keys", "create-signing-key", "upgrade-database"]


def test_a_locked_database_does_not_serve(settings: Callable[..., Settings]) -> None:
    found = settings()
    upgrade_store(found, OPERATOR)
    lock(open_store(found).engine, "restored", OPERATOR)
    with pytest.raises(ConfigurationError):
        prepare_store(found)


@pytest.mark.parametrize("mode", ["production", "dev"])
def test_a_lost_count_of_revocations_is_adopted_in_mode_dev_only(
    settings: Callable[..., Settings], mode: str
) -> None:
    """D-62."""
    found = settings(XSUAA_MODE=mode, XSUAA_STATE_DIR="elsewhere")
    upgrade_store(found, OPERATOR)
    prepare_store(found)
    for for_requests in (False, True):
        file = revocation_file(open_store(found, for_requests=for_requests).engine)
        assert file is not None
        assert file.read() == 1
    count = found.state_dir / "revocations.json"
    count.unlink()
    if mode == "dev":
        prepare_store(found)
        assert count.exists()
        return
    for directory in ("elsewhere", "another"):
        with pytest.raises(ConfigurationError, match="XSUAA_STATE_DIR"):
            prepare_store(settings(XSUAA_STATE_DIR=directory))
    assert unlock(open_store(found).engine, OPERATOR) == EndedLogons()
    prepare_store(found)
    leave_store(found)


def test_the_operator_s_services_need_the_right_master_keys(
    settings: Callable[..., Settings],
) -> None:
    found = settings()
    upgrade_store(found, OPERATOR)
    prepare_store(found)
    assert open_administration(found).inspect.all() == []
    other = "other:" + "A" * 43 + "="
    with pytest.raises(ConfigurationError):
        open_administration(settings(XSUAA_MASTER_KEYS=other))


def test_a_new_key_signs_after_the_time_that_is_set(settings: Callable[..., Settings]) -> None:
    found = settings(XSUAA_KEY_LEAD="3600")
    upgrade_store(found, OPERATOR)
    prepare_store(found)
    store = open_store(found)
    rotation = key_rotation(found, store.engine, store.keys)
    assert rotation.rotate_if_due() is None
    key = rotation.rotate(OPERATOR, force=False)
    assert key.sign_from - key.publish_at == timedelta(hours=1)


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({"XSUAA_LOG_FORMAT": "json"}, "info"),
        ({"XSUAA_LOG_FORMAT": "text"}, "warning"),
        ({"XSUAA_LOG_FORMAT": "text", "XSUAA_LOG_LEVEL": "debug"}, "debug"),
        ({"XSUAA_LOG_FORMAT": "text", "XSUAA_LOG_LEVEL": "error"}, "error"),
    ],
)
def test_commands_log_no_events_as_text(
    settings: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, str],
    level: str,
) -> None:
    found = settings(**given)
    upgrade_store(found, OPERATOR)
    levels: list[str] = []
    monkeypatch.setattr(
        administration, "configure_logging", lambda level, **_: levels.append(level)
    )
    open_command_store(found)
    assert levels == [level]
