"""The certificate of the TLS listener with its private key, as the contents of two PEM files."""

from __future__ import annotations

import os
import ssl
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509

from broker.pki.pem import require_whole
from broker.runtime.watched_files import NoContents, contents_of, publish, published_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from broker.runtime.watched_files import Contents, PublishedFiles

NAME: Final = "tls_certificate"

_DESCRIPTORS = Path("/proc/self/fd") if Path("/proc/self/fd").exists() else Path("/dev/fd")


def publish_pair(certificate: Path, key: Path) -> PublishedFiles:
    """Publish certificate and key to the processes that this one forks later."""
    return publish(NAME, (certificate, key), check_pair)


def pair_of(certificate: Path, key: Path) -> Contents:
    """Return the contents of certificate and key, the published ones if there are any."""
    return contents_of(NAME, (certificate, key), check_pair)


def check_pair(contents: Sequence[bytes]) -> None:
    """Raise OSError or ValueError unless certificate and key can be used together."""
    certificate, key = contents
    for pem in contents:
        require_whole(pem)
    x509.load_pem_x509_certificates(certificate)
    load_pair(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, key)


def load_pair(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Load PEM certificates and a key without a passphrase; raise OSError if they do not fit.

    ``ssl`` reads files only: these are in memory, so that both are from the same moment.
    """
    with _file_in_memory(certificate) as first, _file_in_memory(key) as second:
        # Without a password OpenSSL would ask for one at the terminal.
        context.load_cert_chain(first, second, password="")


def served_until() -> datetime | None:
    """Return when the published certificate expires; None if there is none."""
    served = served_period()
    return served and served[1]


def served_period() -> tuple[datetime, datetime] | None:
    """Return when the published certificate begins and expires; None if there is none."""
    for each in published_files():
        if each.name == NAME:
            with suppress(NoContents):
                certificate = x509.load_pem_x509_certificate(each.current()[0])
                return certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return None


def uncovered_names(certificate: bytes, names: Iterable[str]) -> list[str]:
    """Return the host names, also wildcards and addresses, that a PEM certificate lacks (RFC 6125).

    Raises ValueError if it cannot be read. A common name is ignored, as in all current clients.
    """
    extensions = x509.load_pem_x509_certificate(certificate).extensions
    try:
        extension = extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return list(names)
    known = {name.lower() for name in extension.value.get_values_for_type(x509.DNSName)}
    known |= {str(each) for each in extension.value.get_values_for_type(x509.IPAddress)}
    return [name for name in names if not known & {name, f"*.{name.partition('.')[2]}"}]


@contextmanager
def _file_in_memory(content: bytes) -> Iterator[Path]:
    with _nameless_file() as file:
        file.write(content)
        file.flush()
        file.seek(0)
        yield _DESCRIPTORS / str(file.fileno())


def _nameless_file() -> tempfile._TemporaryFileWrapper[bytes]:
    if hasattr(os, "memfd_create"):
        with suppress(OSError):
            return os.fdopen(os.memfd_create("tls"), "w+b")  # type: ignore[return-value]
    return tempfile.TemporaryFile()  # type: ignore[return-value]
