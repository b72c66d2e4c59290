"""The user admin of a developer's machine (I-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from broker.composition.administration import open_store, prepare_store, upgrade_store
from broker.composition.first_administrator import ensure_first_administrator
from broker.identity.password_hash import verify_password
from broker.settings.environment import load_settings
from broker.store.transactions import StoreTransactions
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from pathlib import Path


def test_the_user_is_created_once_with_a_generated_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XSUAA_MODE", "dev")
    monkeypatch.setenv("XSUAA_STATE_DIR", str(tmp_path))
    settings = load_settings()
    upgrade_store(settings, OPERATOR)
    prepare_store(settings)
    found = ensure_first_administrator(settings)
    file = tmp_path / "admin-password"
    assert found.password == file.read_text().strip()
    assert file.stat().st_mode & 0o777 == 0o600
    assert found.zone == "my-org-1"
    assert found.url.startswith("http://localhost")
    again = ensure_first_administrator(settings)
    assert (again.zone, again.password) == (found.zone, None)
    store = open_store(settings)

    def stored(repositories: Any) -> tuple[str, list[str]]:
        zone = repositories.zones.named(found.zone)
        user = repositories.users.named(zone, "sap.default", "admin")
        held = [each.collection for each in repositories.assignments.of_user(user)]
        return repositories.passwords.of(user).hash, held

    phc, held = StoreTransactions(store.engine, store.keys).read(stored)
    store.engine.dispose()
    assert verify_password(phc, found.password)
    assert held == ["Subaccount Administrator"]
