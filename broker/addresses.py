"""The absolute URLs in credentials, tokens and discovery (D-09, D-27)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

ZONE_PLACEHOLDER = "{zone}"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Origins from the settings; ``{zone}`` in them stands for a zone's subdomain.

    No URL is built from the ``Host`` header of a request.
    """

    public_url: str
    cert_url: str
    api_url: str
    domain: str

    def url(self, subdomain: str) -> str:
        """Return the origin at which clients of the zone request tokens with a secret."""
        return self.public_url.replace(ZONE_PLACEHOLDER, subdomain)

    @property
    def shared_url(self) -> str:
        """Return the origin without a zone's subdomain."""
        return self.public_url.replace(f"{ZONE_PLACEHOLDER}.", "")

    @property
    def shared_cert_url(self) -> str:
        """Return the origin for client certificates without a zone's subdomain."""
        return self.cert_url.replace(f"{ZONE_PLACEHOLDER}.", "")

    def zone_named_by(self, host: str) -> str | None:
        """Return the subdomain in a ``Host`` header in lower case, or None.

        It is None for the shared host and for every other host, if the settings define no hosts per
        zone. Use the result for comparisons only: the header is not trusted.
        """
        name = host.partition(":")[0].rstrip(".").lower()
        for before, after in _zone_hosts(self):
            label = name.removeprefix(before).removesuffix(after)
            if label and "." not in label and name == f"{before}{label}{after}":
                return label
        return None

    def cert_origin(self, subdomain: str) -> str:
        """Return the origin at which clients of the zone request tokens with a certificate."""
        return self.cert_url.replace(ZONE_PLACEHOLDER, subdomain)

    def token_url(self, subdomain: str) -> str:
        """Return the token endpoint, which is also the issuer (O-81, O-95)."""
        return f"{self.url(subdomain)}/oauth/token"

    @property
    def keys_url(self) -> str:
        """Return the ``jku`` from which SAP's libraries fetch keys, always https (O-80)."""
        return f"https://{self.domain}/token_keys"


@lru_cache(maxsize=16)
def _zone_hosts(addresses: Addresses) -> list[tuple[str, str]]:
    """Return the parts before and after the subdomain in host names of zones."""
    urls = addresses.public_url, addresses.cert_url
    hosts = [urlsplit(url).netloc.partition(":")[0] for url in urls]
    if ZONE_PLACEHOLDER in addresses.public_url:
        # SAP's libraries call a tenant's service at <tenant>.<uaadomain>.
        hosts.append(f"{ZONE_PLACEHOLDER}.{addresses.domain.partition(':')[0]}")
    zoned = [host.lower().partition(ZONE_PLACEHOLDER) for host in hosts]
    return [(before, after) for before, found, after in zoned if found]
