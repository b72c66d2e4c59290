"""The composition of the configured platforms and their credentials (D-35)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from broker.authentication.failure_limit import FailureLimit
from broker.oauth.clients.address import address_of
from broker.osb.auth import Platform, PlatformAuthenticator
from broker.settings.model import DEFAULT_PLATFORM, given_secrets

if TYPE_CHECKING:
    from broker.settings.model import Settings


def platforms_of(settings: Settings) -> PlatformAuthenticator:
    """Return the authenticator of the default platform and all additional platforms."""
    default = Platform(DEFAULT_PLATFORM, settings.broker_user, settings.broker_passwords)
    return PlatformAuthenticator(
        [
            default,
            *(
                Platform(
                    platform.name,
                    platform.user,
                    given_secrets(platform.password, platform.password_previous),
                    platform.reads_credentials,
                )
                for platform in settings.platforms
            ),
        ],
        FailureLimit(settings.failure_limit),
        partial(address_of, trusted_hops=settings.trusted_hops),
    )
