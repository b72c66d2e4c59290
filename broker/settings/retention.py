"""The settings of how long audit events and users are kept, a part of the settings model."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

_MIN_AUDIT_DAYS = 30
_MIN_USER_DAYS = 30


def _at_least(minimum: int) -> AfterValidator:
    def check(days: int) -> int:
        if 0 < days < minimum:
            raise ValueError(f"must be 0 (kept without limit) or at least {minimum}; found {days}")
        return days

    return AfterValidator(check)


class RetentionSettings(BaseSettings):
    """Days; 0 deletes nothing (decision 0076)."""

    # A restore needs the events since the backup.
    audit_retention_days: Annotated[int, Field(ge=0, le=36_500), _at_least(_MIN_AUDIT_DAYS)] = 0
    # Of users of providers without a logon.
    user_retention_days: Annotated[int, Field(ge=0, le=36_500), _at_least(_MIN_USER_DAYS)] = 0
