"""The composition of the configured platforms and their credentials (D-35)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.authentication.failure_limit import FailureLimit
from broker.osb.auth import Platform, PlatformAuthenticator
from broker.settings.model import DEFAULT_PLATFORM, given_secrets

if TYPE_CHECKING:
    from broker.composition.client_address import ClientAddress
    from broker.settings.model import Settings


def platforms_of(settings: Settings, address: ClientAddress) -> PlatformAuthenticator:
    """Return the authenticator of the default platform and all additional platforms.

    ``address`` returns the client's address of a WSGI environment.
    """
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
        address,
    )
