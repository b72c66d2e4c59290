"""docs/tutorial.md, pasted block by block by a person at terminals and a browser."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from tests.browser.login_form import await_login, log_in
from tests.clients.node_client import FOLDER, node_program
from tests.support.browser import in_network, visiting
from tests.support.documents.blocks import blocks_of
from tests.support.documents.checkout import check_out
from tests.support.documents.confinement import confined_to
from tests.support.documents.reader import Reader
from tests.support.server import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

PAGE = "docs/tutorial.md"


def test_the_commands_of_the_page_lead_from_403_to_200(browser: Browser, tmp_path: Path) -> None:
    text = (ROOT / PAGE).read_text()
    application, logout = re.findall(r"<(http://localhost:5000[^>]+)>", text)
    name, password = re.findall(r"log in as `(.+)` with the password `(.+)`", text)[0]
    home, clone = tmp_path / "home", tmp_path / "xsuaa-broker"
    check_out(clone)
    place_packages(home / "bookshop" / "node_modules")
    environment = {"HOME": str(home), "PATH": f"{node_programs(tmp_path)}:{os.defpath}"}
    with (
        confined_to(tmp_path) as confinement,
        Reader(confinement.commands, clone, tmp_path / "notes", environment) as reader,
        in_network(browser, confinement.visits, tmp_path / "chromium") as inside,
        visiting(inside) as visitor,
    ):
        page = visitor.open()
        for block in blocks_of(ROOT, PAGE):
            if not block.is_run:
                continue
            assigning = "role-collections assign" in block.text
            if assigning:
                page.goto(application)
                assert status_after_login(page, name, password, application) == 403
            removing = block.text.startswith("rm ")
            if removing:
                reader.end_what_runs()
            reader.run(block)
            if assigning:
                page.goto(logout)
                assert status_after_login(page, name, password, application) == 200
                assert "Jane Eyre" in page.inner_text("body")
    assert not (home / "bookshop").exists()
    assert not (clone / "var").exists()


def status_after_login(page: Page, name: str, password: str, application: str) -> int:
    await_login(page)
    with page.expect_response(application) as response:
        log_in(page, name, password)
        page.wait_for_url(application)
    return response.value.status


def place_packages(folder: Path) -> None:
    """Give npm the installed packages of other tests: it removes those that are not required.

    It downloads nothing, but fails if a package is missing or has another version.
    """
    shutil.copytree(
        FOLDER / "node_modules",
        folder,
        symlinks=True,
        copy_function=link_or_copy,
        # npm would write into this file, which the other tests use, too.
        ignore=shutil.ignore_patterns(".package-lock.json"),
    )


def link_or_copy(source: str, destination: str) -> None:
    try:
        os.link(source, destination, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, destination)


def node_programs(tmp_path: Path) -> Path:
    """Return a folder with node and npm."""
    folder = tmp_path / "node"
    folder.mkdir()
    node = node_program()
    (folder / "node").symlink_to(node)
    (folder / "npm").symlink_to(
        node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    )
    return folder
