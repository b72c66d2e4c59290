"""httpyac with the authorization-code grant, as in SAP's tutorials (M12)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.browser.login_form import log_in
from tests.clients.cap_application import CapApplication
from tests.clients.node_client import FOLDER, node_program
from tests.support.awaiting import await_start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.application import Credentials
    from tests.support.browser import Visitor
    from tests.support.people import People
    from tests.support.server import Server


@pytest.fixture
def cap(credentials: Credentials, server: Server, tmp_path: Path) -> Iterator[CapApplication]:
    log_file = tmp_path / "cap.log"
    with CapApplication(credentials, "xsuaa", server.ca_file, log_file) as running:
        yield running


def browser_program(directory: Path) -> tuple[Path, Path]:
    """Return the program that httpyac starts as a browser, and the file with the address."""
    program, opened = directory / "browser", directory / "opened"
    program.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\n"
        f"new = pathlib.Path({str(opened)!r} + '.new')\n"
        f"new.write_text(sys.argv[1])\nnew.rename({str(opened)!r})\n"
    )
    program.chmod(0o700)
    return program, opened


def test_a_user_s_request_succeeds(
    cap: CapApplication,
    credentials: Credentials,
    people: People,
    visitor: Visitor,
    tmp_path: Path,
) -> None:
    name, server = people.create(), credentials["url"]
    variables = {
        "application": cap.url,
        "uaa_authorizationEndpoint": f"{server}/oauth/authorize",
        "uaa_tokenEndpoint": f"{server}/oauth/token",
        "uaa_clientId": credentials["clientid"],
        "uaa_clientSecret": credentials["clientsecret"],
    }
    output = tmp_path / "output"
    program, opened = browser_program(tmp_path)
    with output.open("wb") as written:
        process = subprocess.Popen(
            [
                *(node_program(), FOLDER / "node_modules/httpyac/bin/httpyac.js", "send"),
                *(FOLDER / "code_requests.http", "--all", "--json", "--var"),
                *(f"{variable}={value}" for variable, value in variables.items()),
            ],
            env={"PATH": os.environ["PATH"], "BROWSER": str(program)},
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        await_start(process, opened.exists, output.read_text)
        page = visitor.open(opened.read_text())
        log_in(page, name)
        page.wait_for_url("http://localhost:3000/callback**")
        process.wait(timeout=60)
    text = output.read_text()
    report = json.loads(text[text.index("{") :])
    assert report["requests"][0]["response"]["statusCode"] == 200
    assert name in report["requests"][0]["response"]["body"]
