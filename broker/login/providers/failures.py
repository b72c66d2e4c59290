"""The pages for failed logons at providers."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from broker.errors import (
    BrokerError,
    GrantRefused,
    LogonInvalid,
    ProviderDenied,
    ProviderUnavailable,
)
from broker.identity.logon import UNKNOWN_USER
from broker.login.pages.errors import PageError, page_error
from broker.login.pages.problems import Problem
from broker.logs.structured import add_to_subject

if TYPE_CHECKING:
    from broker.identity.zone import Zone


def provider_error(error: BrokerError, zone: Zone) -> PageError:
    """Return the error as the page of the zone shows it.

    The reason is a member of the request's log entry.
    """
    found = _error(error)
    found.zone_name = zone.subdomain
    return found


@singledispatch
def _error(error: BrokerError) -> PageError:
    return page_error(error)


@_error.register
def _invalid(error: LogonInvalid) -> PageError:
    add_to_subject(reason=error.reason)
    return PageError(Problem.PROVIDER_FAILED, str(error))


@_error.register
def _unavailable(error: ProviderUnavailable) -> PageError:
    add_to_subject(reason=error.reason)
    return PageError(Problem.PROVIDER_FAILED, str(error))


@_error.register
def _denied(error: ProviderDenied) -> PageError:
    return PageError(Problem.PROVIDER_REFUSED, str(error))


@_error.register
def _refused(error: GrantRefused) -> PageError:
    is_unknown = str(error) == UNKNOWN_USER
    return PageError(Problem.USER_UNKNOWN if is_unknown else Problem.USER_REFUSED, str(error))
