"""Several hosts: servers that share only a PostgreSQL database, behind one nginx."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from broker.runtime.state_directory import new_master_key
from tests.support.nginx import running_nginx
from tests.support.server import Server, free_port

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_PROXY = """
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
        """Upgrade the database once and start all servers and the proxy."""
        with ExitStack() as stack:
            self.servers[0].command("db", "upgrade")
            for server in self.servers:
                stack.callback(server.stop)
                server.start()
            upstreams = "\n".join(
                f"        server 127.0.0.1:{server.port} max_fails=0;" for server in self.servers
            )
            proxy = _PROXY.format(upstreams=upstreams, port=self.port)
            probe = f"{self.url}/healthz"
            stack.enter_context(
                running_nginx(self._nginx, self._directory, proxy, probe, status=200)
            )
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
