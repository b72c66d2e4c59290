"""The Containerfile: linted, executed as far as possible without a builder, and run."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from broker import __version__
from broker.runtime.state_directory import new_master_key
from tests.support.application import fetch_token
from tests.support.container_image import CONTAINERFILE, Image, build_context, instructions
from tests.support.deployed import running
from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.server import ROOT, free_port

if TYPE_CHECKING:
    from tests.support.postgres import PrivatePostgres

HADOLINT = Path(sys.executable).with_name("hadolint")
PASSWORD = "broker-password-of-this-test"

_HEALTH_TIMEOUT_SECONDS = 5

# Files of a checkout that must never be copied into an image.
PRIVATE = (
    ".env",
    ".env.production",
    "broker/.env",
    "migrations/.env.local",
    "var/master-keys",
    "var/broker-password",
    "var/xsuaa.db",
    "var/ca-with-key.pem",
    "var/database/sslkey.pem",
    "xsuaa.db",
    "xsuaa.db-wal",
    "backup.db",
    "broker/copy.db",
    "broker/store/copy.db-shm",
    "server.key",
    "broker/pki/server.key",
    "migrations/server.pem",
)
SUPERFLUOUS = (
    ".git/config",
    ".git/objects/ab/cdef",
    ".gitignore",
    ".ci/run",
    ".venv/bin/python",
    ".venv/lib/python3.11/site-packages/flask/app.py",
    ".pytest_cache/README.md",
    "broker/__pycache__/app.cpython-311.pyc",
    "migrations/versions/__pycache__/x.cpython-311.pyc",
    "benchmarks/__main__.py",
    "deploy/kubernetes/deployment.yaml",
    "docs/upgrade.md",
    "scripts/run-suites",
    "tests/conftest.py",
    "tests/clients/node/node_modules/x/index.js",
    "Makefile",
    "Containerfile",
    "requirements-dev.txt",
)


def tracked(*folders: str) -> set[str]:
    """Return the tracked files below folders of this checkout."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(listing.stdout.split("\0")) - {""}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with typical untracked files, all files empty."""
    folder = tmp_path_factory.mktemp("sources")
    for name in (*tracked(), *PRIVATE, *SUPERFLUOUS):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_the_build_context_contains_only_required_files(sources: Path, tmp_path: Path) -> None:
    context = build_context(sources, tmp_path)
    sent = {str(path.relative_to(context)) for path in context.rglob("*") if path.is_file()}
    needed = tracked("broker", "migrations", "catalog.yaml", "requirements.txt", "LICENSE")
    # Docker's client sends the list itself as well; no step copies it.
    assert sent - {".dockerignore"} == needed


def test_cf_push_leaves_the_same_behind(sources: Path) -> None:
    """Evaluated by git, as the CLI uses the same pattern rules."""
    subprocess.run(["git", "init", "--quiet", sources], check=True)
    shown = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--exclude-from", ROOT / ".cfignore"],
        cwd=sources,
        capture_output=True,
        text=True,
        check=True,
    )
    pushed = set(shown.stdout.split("\0")) - {""}
    assert pushed.isdisjoint(PRIVATE)
    assert pushed.isdisjoint(SUPERFLUOUS)
    assert pushed >= tracked("broker", "migrations", "catalog.yaml", "requirements.txt")
    assert {"runtime.txt", "pyproject.toml"} <= pushed


def test_the_linter_has_nothing_to_say() -> None:
    linted = subprocess.run(
        [HADOLINT, "--no-color", CONTAINERFILE], capture_output=True, text=True, check=False
    )
    assert (linted.returncode, linted.stdout + linted.stderr) == (0, "")


def test_the_linter_would_say_something(tmp_path: Path) -> None:
    bad = tmp_path / "Containerfile"
    bad.write_text("FROM python\nRUN pip install flask\n")
    linted = subprocess.run([HADOLINT, bad], capture_output=True, text=True, check=False)
    assert linted.returncode != 0
    assert "DL3006" in linted.stdout


def test_it_has_the_python_that_is_tested() -> None:
    lines = instructions(CONTAINERFILE.read_text())
    bases = {line.value.split()[0] for line in lines if line.name == "FROM"}
    tested = (ROOT / "runtime.txt").read_text().strip()
    assert {base.partition("-slim")[0].replace(":", "-") for base in bases} == {
        tested.removesuffix(".x")
    }


def test_nothing_but_the_locked_packages_is_installed() -> None:
    steps = [line.value for line in instructions(CONTAINERFILE.read_text()) if line.name == "RUN"]
    [install] = [step for step in steps if " install " in step and "pip" in step]
    assert "--require-hashes" in install
    assert install.split()[-2:] == ["-r", "requirements.txt"]
    assert not any(fetcher in step for step in steps for fetcher in ("curl", "wget", "apt"))


def test_no_secret_is_built_in(image: Image) -> None:
    telling = ("PASSWORD", "KEY", "SECRET", "TOKEN", "DATABASE_URL")
    assert [name for name in image.environment if any(part in name for part in telling)] == []
    assert "ARG" not in {line.name for line in instructions(CONTAINERFILE.read_text())}


def test_threads_share_one_arena_of_malloc(image: Image) -> None:
    """Decision 0030."""
    assert image.environment["MALLOC_ARENA_MAX"] == "1"


def test_it_runs_without_root_and_has_labels(image: Image) -> None:
    assert image.user == "10001:10001"
    assert image.labels["org.opencontainers.image.version"] == __version__
    assert image.labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_the_server_does_not_start_without_its_secrets(image: Image, tmp_path: Path) -> None:
    """A plain `docker run` starts no open server (D-25)."""
    refused = subprocess.run(
        [*image.entrypoint, *image.command],
        executable=image.path("environment/bin/python"),
        cwd=image.working_directory,
        env=image.container_environment() | {"XSUAA_STATE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "XSUAA_MASTER_KEYS" in refused.stderr


def test_it_serves_tokens_and_knows_its_health(
    image: Image, postgres: PrivatePostgres, tmp_path: Path
) -> None:
    environment = image.container_environment() | {
        "PORT": str(free_port()),
        "XSUAA_TLS_PORT": "0",
        "XSUAA_WORKERS": "1",
        "XSUAA_DATABASE_URL": postgres.create_database(f"container-{a_guid()}"),
        "XSUAA_BROKER_PASSWORD": PASSWORD,
        "XSUAA_MASTER_KEYS": new_master_key(),
    }
    python = image.path("environment/bin/python")
    there: dict[str, Any] = {"cwd": image.working_directory, "env": environment}
    upgrade = [*image.entrypoint, "db", "upgrade"]
    subprocess.run(upgrade, executable=python, check=True, stdout=subprocess.DEVNULL, **there)
    command = [*image.entrypoint, *image.command]
    log_file = tmp_path / "server.log"
    health = [str(python), *image.health_check[1:]]
    with running(command, image.working_directory, environment, log_file) as process:
        url = f"http://localhost:{environment['PORT']}"
        platform = PlatformClient(url, "broker", PASSWORD)
        instance = a_guid()
        assert platform.provision(instance, a_descriptor()).status_code == 201
        credentials = platform.bind(instance, a_guid()).json()["credentials"]
        assert fetch_token(credentials).status_code == 200
        assert requests.get(f"{url}/readyz", timeout=30).ok
        assert subprocess.run(health, check=False, **there).returncode == 0
        process.terminate()
        process.wait()
    started = time.monotonic()
    gone = subprocess.run(health, check=False, stderr=subprocess.DEVNULL, **there)
    assert gone.returncode == 1
    assert time.monotonic() - started < _HEALTH_TIMEOUT_SECONDS
