"""Several hosts: servers with nothing in common but a PostgreSQL, behind one nginx."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Self
from urllib.error import URLError
from urllib.request import urlopen

from broker.runtime.state_directory import new_master_key
from tests.support.server import Server, free_port

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_PATIENCE_SECONDS = 20.0

_CONFIGURATION = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {directory}/client_body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    # The broker judges sizes and names of headers, and says so in its own words.
    client_max_body_size 0;
    underscores_in_headers on;
    ignore_invalid_headers off;
    large_client_header_buffers 4 64k;
    upstream hosts {{
{upstreams}
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://hosts;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
            proxy_buffer_size 64k;
            proxy_buffers 8 64k;
            proxy_connect_timeout 1s;
            proxy_read_timeout 60s;
        }}
    }}
}}
"""


class Hosts:
    """Three servers and their proxy; a context manager."""

    def __init__(self, directory: Path, nginx: Path, database_url: str, **settings: str) -> None:
        """``nginx`` is the program; nothing is started yet."""
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.user, self.password = "broker", "password-of-all-hosts"
        self.master_key = new_master_key()
        self._directory = directory / "nginx"
        self._nginx = nginx
        common = {
            "XSUAA_BROKER_PASSWORD": self.password,
            "XSUAA_MASTER_KEYS": self.master_key,
            "XSUAA_PUBLIC_URL": self.url,
            "XSUAA_TLS_PORT": "0",
        } | settings
        self.servers = []
        for name in ("one", "two", "three"):
            home = directory / name
            home.mkdir()
            self.servers.append(Server(home, database_url=database_url, workers=1, **common))

    def __enter__(self) -> Self:
        """Upgrade the database once, start all."""
        with ExitStack() as stack:
            self.servers[0].command("db", "upgrade")
            for server in self.servers:
                stack.callback(server.stop)
                server.start()
            self._start_nginx()
            stack.callback(self._stop_nginx)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all."""
        self._stack.close()

    def restart(self, server: Server, **changes: str) -> None:
        """Restart one host with other settings, while the others serve."""
        server.stop()
        server.environment |= changes
        server.start()

    def _start_nginx(self) -> None:
        self._directory.mkdir()
        upstreams = "\n".join(
            f"        server 127.0.0.1:{server.port} max_fails=0;" for server in self.servers
        )
        (self._directory / "nginx.conf").write_text(
            _CONFIGURATION.format(directory=self._directory, upstreams=upstreams, port=self.port)
        )
        self._process = subprocess.Popen(
            [self._nginx, "-p", f"{self._directory}/", "-c", "nginx.conf", "-e", "error.log"],
            stdin=subprocess.DEVNULL,
        )
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up:
                self._process.kill()
                raise RuntimeError((self._directory / "error.log").read_text())
            time.sleep(0.05)

    def _answers(self) -> bool:
        with suppress(URLError, OSError), urlopen(f"{self.url}/healthz", timeout=5) as response:
            return bool(response.status == 200)
        return False

    def _stop_nginx(self) -> None:
        self._process.terminate()
        self._process.wait(_PATIENCE_SECONDS)
