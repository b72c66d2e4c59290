"""nginx as a proxy that terminates TLS; its program from PATH, else from the Debian package."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from tests.support.awaiting import await_start, returns_status
from tests.support.server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType


class NginxMissingError(Exception):
    """There is no nginx on PATH, and none could be unpacked either."""


def nginx_program(directory: Path) -> Path:
    """Return nginx from PATH; else fetch the Debian package and unpack it below the directory."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"])
    if installed := shutil.which("nginx", path=path):
        return directory.joinpath(installed)
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise NginxMissingError("there is no nginx, and no apt-get to fetch it with")
    fetched = _run(["apt-get", "download", "nginx"], directory)
    packages = list(directory.glob("nginx_*.deb"))
    if fetched or not packages:
        raise NginxMissingError("there is no nginx, and apt-get cannot download it")
    unpacked = directory / "unpacked"
    _run(["dpkg-deb", "-x", str(packages[0]), str(unpacked)], directory)
    program = unpacked / "usr/sbin/nginx"
    if not program.is_file() or _run([str(program), "-v"], directory):
        raise NginxMissingError("the nginx of the Debian package does not run here")
    return program


def _run(command: list[str], directory: Path) -> int:
    return subprocess.run(command, cwd=directory, capture_output=True, check=False).returncode


@contextmanager
def running_nginx(
    program: Path, directory: Path, http: str, url: str, status: int
) -> Iterator[None]:
    """Run nginx with this content of its ``http`` block, files in the directory.

    The block is entered when a GET of the URL returns the status.
    """
    directory.mkdir(exist_ok=True)
    paths = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"    {each}_temp_path {directory}/{each};" for each in paths)
    (directory / "nginx.conf").write_text(
        _CONFIGURATION.format(directory=directory, temporary=temporary, http=http)
    )
    process = subprocess.Popen(
        [program, "-p", f"{directory}/", "-c", "nginx.conf", "-e", "error.log"],
        stdin=subprocess.DEVNULL,
    )
    await_start(process, lambda: returns_status(url, status), (directory / "error.log").read_text)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


_CONFIGURATION = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ }}
http {{
    access_log off;
{temporary}
{http}
}}
"""


@dataclass
class Nginx:
    """A running proxy in front of a server; a context manager.

    ``header`` is the value of X-Forwarded-Client-Cert in nginx's variables.
    """

    program: Path
    directory: Path
    certificate: Path
    upstream_port: int
    header: str = "$ssl_client_escaped_cert"
    secret: str = ""

    def __post_init__(self) -> None:
        """Choose ports; nothing is started yet."""
        self.port = self._plain_port = free_port()
        while self._plain_port == self.port:
            self._plain_port = free_port()
        self.url = f"https://localhost:{self.port}"

    def __enter__(self) -> Self:
        """Start and wait until it responds."""
        probe = f"http://127.0.0.1:{self._plain_port}/"
        self._stack = ExitStack()
        self._stack.enter_context(
            running_nginx(self.program, self.directory, self._servers(), probe, status=204)
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self._stack.close()

    def _servers(self) -> str:
        return f"""
    server {{
        listen 127.0.0.1:{self._plain_port};
        return 204;
    }}
    server {{
        listen 127.0.0.1:{self.port} ssl;
        server_name localhost;
        ssl_certificate {self.certificate};
        ssl_certificate_key {self.certificate};
        ssl_verify_client optional_no_ca;
        location / {{
            proxy_pass http://127.0.0.1:{self.upstream_port};
            proxy_set_header X-Forwarded-Client-Cert '{self.header}';
            proxy_set_header X-Proxy-Secret "{self.secret}";
        }}
    }}
"""
