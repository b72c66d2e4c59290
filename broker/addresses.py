"""The absolute URLs that credentials, tokens and discovery name (D-09, D-27)."""

from __future__ import annotations

from dataclasses import dataclass

ZONE_PLACEHOLDER = "{zone}"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Origins from the settings; ``{zone}`` in them stands for a zone's subdomain.

    Nothing here ever comes from a request's ``Host`` header.
    """

    public_url: str
    cert_url: str
    api_url: str
    domain: str

    def url(self, subdomain: str) -> str:
        """Return the origin at which clients of the zone ask for tokens with a secret."""
        return self.public_url.replace(ZONE_PLACEHOLDER, subdomain)

    @property
    def shared_url(self) -> str:
        """Return the origin that belongs to no zone in particular."""
        return self.public_url.replace(f"{ZONE_PLACEHOLDER}.", "")

    @property
    def shared_cert_url(self) -> str:
        """Return the origin for certificates that belongs to no zone in particular."""
        return self.cert_url.replace(f"{ZONE_PLACEHOLDER}.", "")

    def cert_origin(self, subdomain: str) -> str:
        """Return the origin at which clients of the zone ask for tokens with a certificate."""
        return self.cert_url.replace(ZONE_PLACEHOLDER, subdomain)

    def token_url(self, subdomain: str) -> str:
        """Return the token endpoint, which is also the issuer (O-81, O-95)."""
        return f"{self.url(subdomain)}/oauth/token"

    @property
    def keys_url(self) -> str:
        """Return the ``jku``: where SAP's libraries look for keys, always https (O-80)."""
        return f"https://{self.domain}/token_keys"
