"""How long audit events and users are kept."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from broker.settings.retention import RetentionSettings


def test_by_default_nothing_is_deleted() -> None:
    settings = RetentionSettings()
    assert (settings.audit_retention_days, settings.user_retention_days) == (0, 0)


@pytest.mark.parametrize("name", ["audit_retention_days", "user_retention_days"])
def test_short_periods_are_refused_with_what_is_allowed(name: str) -> None:
    for days in (0, 30, 36_500):
        assert getattr(RetentionSettings.model_validate({name: days}), name) == days
    for days in (1, 29):
        allowed = rf"0 \(kept without limit\) or at least 30; found {days}"
        with pytest.raises(ValidationError, match=allowed):
            RetentionSettings.model_validate({name: days})
    for days in (-1, 36_501):
        with pytest.raises(ValidationError):
            RetentionSettings.model_validate({name: days})
