"""A JDK and SAP's Java library with its dependencies: those installed, else packages of Debian.

``java/jars.txt`` locks the library's files. Apache Ivy, which knows the address of Maven Central,
fetches them. Everything fetched is kept in ``.java_cache`` of the checkout.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import ssl
import subprocess
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PKCS12Certificate,
    serialize_java_truststore,
)

from tests.support.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FOLDER = Path(__file__).with_name("java")
LOCK_FILE = FOLDER / "jars.txt"
CACHE = ROOT / ".java_cache"

FAST_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
"""Options of JVMs that run for seconds only."""

_OLDEST = 17
_JDK_PACKAGES = ("openjdk-17-jre-headless", "openjdk-17-jdk-headless")
_IVY = Path("/usr/share/java/ivy.jar")
_SYSTEM_CAS = Path("/etc/ssl/certs/ca-certificates.crt")
_PATIENCE_SECONDS = 300


class JavaMissingError(Exception):
    """There is no JDK or no library, and it could not be fetched either."""


def jdk() -> Path:
    """Return the ``bin`` folder of a JDK; raise JavaMissingError."""
    home = os.environ.get("JAVA_HOME")
    path = os.pathsep.join([*([f"{home}/bin"] if home else []), os.environ["PATH"]])
    if (compiler := shutil.which("javac", path=path)) and _version_of(compiler) >= _OLDEST:
        return Path(compiler).resolve().parent
    unpacked = CACHE / "jdk"
    if not unpacked.is_dir():
        with _replacing(unpacked) as directory:
            _unpack(_JDK_PACKAGES, directory)
            _keep_links_inside(directory)
    for compiler in map(str, unpacked.glob("usr/lib/jvm/*/bin/javac")):
        if _version_of(compiler) >= _OLDEST:
            return Path(compiler).resolve().parent
    raise JavaMissingError("the JDK of the Debian package does not run here")


def jars(programs: Path) -> list[Path]:
    """Return the locked files of the library, fetched with a JDK's programs if needed.

    Raises JavaMissingError.
    """
    locked = locked_jars(LOCK_FILE.read_text())
    folder = CACHE / "jars"
    if _flaws(folder, locked):
        with _replacing(folder) as directory:
            _fetch(list(locked), programs, directory)
            if flaws := _flaws(directory, locked):
                raise JavaMissingError(f"Maven Central: {', '.join(flaws)}")
    return [folder / file_name(each) for each in locked]


def locked_jars(text: str) -> Mapping[str, str]:
    """Return the SHA-256 sums of a lock file by ``group:name:version``."""
    line = re.compile(r"([\w.\-]+:[\w.\-]+:[\w.\-]+) sha256:([0-9a-f]{64})")
    found = [line.fullmatch(each) for each in text.splitlines()]
    return {each[1]: each[2] for each in found if each}


def file_name(coordinates: str) -> str:
    """Return the name of a locked file."""
    _, name, version = coordinates.split(":")
    return f"{name}-{version}.jar"


def _flaws(folder: Path, locked: Mapping[str, str]) -> list[str]:
    return [
        f"{coordinates} is missing or has another checksum"
        for coordinates, expected in locked.items()
        if _checksum(folder / file_name(coordinates)) != expected
    ]


def _checksum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def _fetch(coordinates: list[str], programs: Path, directory: Path) -> None:
    """Fetch the files with Ivy, without their descriptions, which would name further ones."""
    parts = (map(quoteattr, each.split(":")) for each in coordinates)
    dependencies = "".join(
        f"<dependency org={group} name={name} rev={version}/>" for group, name, version in parts
    )
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        work = Path(name)
        (work / "settings.xml").write_text(_IVY_SETTINGS)
        (work / "ivy.xml").write_text(_IVY_MODULE.format(dependencies))
        command: list[str | Path] = [programs / "java", *FAST_START, *_trust(programs, work)]
        command += ["-jar", _ivy(work), "-settings", "settings.xml", "-cache", work / "cache"]
        command += ["-ivy", "ivy.xml", "-retrieve", directory / "[artifact]-[revision].[ext]"]
        if _run(command, work):
            raise JavaMissingError("SAP's Java library cannot be fetched from Maven Central")


_IVY_SETTINGS = """
<ivysettings>
  <settings defaultResolver="central"/>
  <resolvers><ibiblio name="central" m2compatible="true" usepoms="false"/></resolvers>
</ivysettings>
"""
_IVY_MODULE = """
<ivy-module version="2.0">
  <info organisation="tests" module="java"/><dependencies>{}</dependencies>
</ivy-module>
"""


def _trust(programs: Path, directory: Path) -> list[str]:
    """Return the option that makes an unpacked JDK, which has no CAs, trust those of the system."""
    if (programs.parent / "lib/security/cacerts").is_file():
        return []
    named = (os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile, _SYSTEM_CAS)
    files = [Path(each) for each in named if each and Path(each).is_file()]
    pem = (files or [Path(certifi.where())])[0].read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some public CAs deviate from RFC 5280
        certificates = x509.load_pem_x509_certificates(pem)
    store = directory / "trusted.p12"
    entries = [PKCS12Certificate(each, None) for each in certificates]
    store.write_bytes(serialize_java_truststore(entries, NoEncryption()))
    return [f"-Djavax.net.ssl.trustStore={store}"]


def _ivy(directory: Path) -> Path:
    if _IVY.is_file():
        return _IVY
    _unpack(("ivy",), directory)
    for found in directory.glob("usr/share/java/ivy.jar"):
        return found
    raise JavaMissingError("the Debian package ivy has no ivy.jar")


def _unpack(packages: tuple[str, ...], directory: Path) -> None:
    """Fetch Debian packages and unpack them below the directory, which requires no rights."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise JavaMissingError(f"there is no {packages[-1]}, and no apt-get to fetch it with")
    fetch = ["apt-get", "download", *packages]
    if _run(fetch, directory):
        # The lists of this machine may be missing or old.
        for folder in ("lists/partial", "archives/partial"):
            (directory / "apt" / folder).mkdir(parents=True)
        own = (
            *("-o", f"Dir::State={directory}/apt", "-o", f"Dir::Cache={directory}/apt"),
            *("-o", "Dir::State::status=/var/lib/dpkg/status", "-o", "APT::Sandbox::User=root"),
        )
        _run(["apt-get", *own, "update"], directory)
        if _run([fetch[0], *own, *fetch[1:]], directory):
            raise JavaMissingError(f"there is no {packages[-1]}, and apt-get cannot download it")
    for package in directory.glob("*.deb"):
        _run(["dpkg-deb", "-x", package, directory], directory)
        package.unlink()
    shutil.rmtree(directory / "apt", ignore_errors=True)


def _keep_links_inside(directory: Path) -> None:
    """Make absolute links refer to the unpacked files instead of installed ones."""
    for path in directory.rglob("*"):
        if path.is_symlink() and (target := path.readlink()).is_absolute():
            path.unlink()
            path.symlink_to(os.path.relpath(directory / target.relative_to("/"), path.parent))


def _version_of(compiler: str) -> int:
    """Return the major version of ``javac``; 0 if it does not run."""
    ended = subprocess.run([compiler, "-version"], capture_output=True, text=True, check=False)
    found = re.match(r"javac (\d+)", ended.stdout)
    return int(found[1]) if found and not ended.returncode else 0


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """Yield a new folder, which becomes ``folder`` when it is complete."""
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, ignore_cleanup_errors=True) as name:
        yield Path(name)
        shutil.rmtree(folder, ignore_errors=True)
        Path(name).rename(folder)


def _run(command: Sequence[str | Path], directory: Path) -> int:
    """Run a command, and return its exit status; a command that takes too long fails."""
    try:
        return subprocess.run(
            command, cwd=directory, capture_output=True, timeout=_PATIENCE_SECONDS, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return 1
