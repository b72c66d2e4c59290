"""The absolute URLs in credentials, tokens and discovery (D-09, D-27)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

ZONE_PLACEHOLDER = "{zone}"

_LOGIN_LABEL = "authentication."
_CERTIFICATE_LABELS = "authentication.cert."


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
    def host_names(self) -> tuple[str, ...]:
        """Return the names at which SAP's libraries call this service; ``*.`` stands for a zone.

        They derive names from the domain as well: the keys are at its bare name, and clients with a
        certificate that name a tenant or a zone call the certificate domain.
        """
        names = [_host(self.domain)]
        if self.certificate_domain:
            names.append(self.certificate_domain)
        if ZONE_PLACEHOLDER in self.public_url:
            names += [f"*.{name}" for name in names]
        for url in (self.cert_url, self.public_url):
            name = _host(url).replace(ZONE_PLACEHOLDER, "*")
            names += [name.removeprefix("*."), name]
        return tuple(dict.fromkeys(names))

    @property
    def certificate_domain(self) -> str:
        """Return the name that the libraries derive from the domain for certificates, or ``""``."""
        domain = _host(self.domain)
        if _LOGIN_LABEL not in domain:
            return ""
        return domain.replace(_LOGIN_LABEL, _CERTIFICATE_LABELS, 1)

    @property
    def has_certificate_host(self) -> bool:
        """Whether certificates are accepted at another host than secrets."""
        return _host(self.shared_cert_url) != _host(self.shared_url)

    @property
    def keys_url(self) -> str:
        """Return the ``jku`` from which SAP's libraries fetch keys, always https (O-80)."""
        return f"https://{self.domain}/token_keys"


@lru_cache(maxsize=16)
def _zone_hosts(addresses: Addresses) -> list[tuple[str, str]]:
    """Return the parts before and after the subdomain in host names of zones."""
    hosts = [_host(url) for url in (addresses.public_url, addresses.cert_url)]
    if ZONE_PLACEHOLDER in addresses.public_url:
        # SAP's libraries call a tenant's service at <tenant>.<uaadomain>.
        domains = (_host(addresses.domain), addresses.certificate_domain)
        hosts += [f"{ZONE_PLACEHOLDER}.{domain}" for domain in domains if domain]
    zoned = [host.partition(ZONE_PLACEHOLDER) for host in hosts]
    return [(before, after) for before, found, after in zoned if found]


def _host(address: str) -> str:
    """Return the host of an origin, or of a host name with or without a port, in lower case."""
    return urlsplit(address if "//" in address else f"//{address}").hostname or ""
