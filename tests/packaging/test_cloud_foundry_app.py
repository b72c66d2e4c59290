"""What `cf push` uploads runs with the packages of requirements.txt alone, as manifest.yml says."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml

from broker.state import new_master_key
from tests.support.application import token_status
from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.server import ROOT, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgres import PrivatePostgres

PASSWORD = "broker-password-of-this-test"
ROUTES = ["uaa.example.com", "second.example.com"]

_PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def application() -> dict[str, Any]:
    """The one application of the manifest."""
    [only] = yaml.safe_load((ROOT / "manifest.yml").read_text())["applications"]
    described: dict[str, Any] = only
    return described


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that `cf push` uploads."""
    folder = tmp_path_factory.mktemp("pushed")
    for name in sorted(pushed_files()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment that holds what requirements.txt locks."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    requirements = ["--no-input", "--require-hashes", "-r", str(ROOT / "requirements.txt")]
    subprocess.run([*install, *requirements], check=True)
    return python


def test_it_runs_as_the_manifest_says(
    pushed: Path, interpreter: Path, application: dict[str, Any], postgres: PrivatePostgres
) -> None:
    environment = container_environment(
        application, postgres.create_database(f"pushed-{a_guid()}"), interpreter
    )
    migration = [str(interpreter), "-m", "broker", "db", "upgrade"]
    subprocess.run(migration, cwd=pushed, env=environment, check=True, stdout=subprocess.DEVNULL)
    with running(shlex.split(application["command"]), pushed, environment) as process:
        url = f"http://localhost:{environment['PORT']}"
        for endpoint in endpoints(application):
            assert requests.get(f"{url}{endpoint}", timeout=30).status_code == 200
        platform = PlatformClient(url, "broker", PASSWORD)
        instance = a_guid()
        assert platform.provision(instance, a_descriptor()).status_code == 201
        credentials = platform.bind(instance, a_guid()).json()["credentials"]
        assert credentials["url"] == f"https://{ROUTES[0]}"
        assert credentials["uaadomain"] == ROUTES[0]
        assert token_status(credentials | {"url": url}) == 200
        process.terminate()
        assert process.wait(_PATIENCE_SECONDS) == 0


def test_its_version_is_shown(pushed: Path, interpreter: Path) -> None:
    arguments = [str(interpreter), "-m", "broker", "--version"]
    shown = subprocess.run(arguments, cwd=pushed, capture_output=True, text=True, check=True)
    assert shown.stdout.strip()


def test_only_what_it_needs_is_pushed() -> None:
    names = {Path(name).parts[0] for name in pushed_files()}
    assert {"broker", "migrations", "catalog.yaml", "requirements.txt", "runtime.txt"} <= names
    assert names.isdisjoint({"tests", "docs", "scripts", "Makefile", "requirements-dev.txt"})


def test_the_manifest_starts_the_server(application: dict[str, Any]) -> None:
    assert application["command"].startswith("python -m broker serve")
    assert "python_buildpack" in application["buildpacks"]
    assert application["health-check-type"] == "http"


def test_the_manifest_checks_endpoints_that_exist(
    application: dict[str, Any], tmp_path: Path
) -> None:
    listing = (
        "from broker.app import create_app\n"
        "print(*(rule.rule for rule in create_app().url_map.iter_rules()), sep='\\n')"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "XSUAA_MODE": "dev",
    }
    shown = subprocess.run(
        [sys.executable, "-c", listing],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert endpoints(application) <= set(shown.stdout.split())


def test_the_manifest_holds_no_secret(application: dict[str, Any]) -> None:
    settings = application.get("env", {})
    assert settings["XSUAA_MODE"] == "production"
    telling = ("PASSWORD", "KEY", "SECRET", "TOKEN", "DATABASE_URL")
    assert [name for name in settings if any(part in name for part in telling)] == []


def pushed_files() -> set[str]:
    """Return the names of all files that git knows or would add, without those of .cfignore."""
    everything = files_of_git("--cached", "--others", "--exclude-standard")
    ignored = files_of_git("--cached", "--others", "--ignored", "--exclude-from=.cfignore")
    return {name for name in everything - ignored if (ROOT / name).is_file()}


def files_of_git(*options: str) -> set[str]:
    """Return the names that ``git ls-files`` lists."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", *options], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(listing.stdout.split("\0")) - {""}


def endpoints(application: dict[str, Any]) -> set[str]:
    """Return the paths that the platform will ask for."""
    return {value for name, value in application.items() if name.endswith("http-endpoint")}


def container_environment(
    application: dict[str, Any], database_url: str, interpreter: Path
) -> dict[str, str]:
    """Return the variables of an application container with one bound database."""
    services = {
        "postgresql-db": [
            {
                "name": application["services"][0],
                "tags": ["postgresql"],
                "credentials": {"uri": database_url.replace("postgresql://", "postgres://")},
            }
        ]
    }
    return {
        "PATH": f"{interpreter.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(interpreter.parent),
        "PORT": str(free_port()),
        "CF_INSTANCE_INDEX": "1",
        "VCAP_APPLICATION": json.dumps({"application_uris": ROUTES}),
        "VCAP_SERVICES": json.dumps(services),
        "XSUAA_BROKER_PASSWORD": PASSWORD,
        "XSUAA_MASTER_KEYS": new_master_key(),
        **application["env"],
    }


@contextmanager
def running(
    arguments: list[str], directory: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server; begin when it says it is ready."""
    # Else the program would be looked up in the PATH of the tests.
    arguments[0] = str(shutil.which(arguments[0], path=environment["PATH"]))
    log_file = directory.with_suffix(".log")
    with (
        log_file.open("wb") as log,
        subprocess.Popen(
            arguments, cwd=directory, env=environment, stdout=log, stderr=log
        ) as process,
    ):
        give_up = time.monotonic() + _PATIENCE_SECONDS
        try:
            while b"is ready." not in log_file.read_bytes():
                assert process.poll() is None, log_file.read_text()
                assert time.monotonic() < give_up, log_file.read_text()
                time.sleep(0.05)
            yield process
        finally:
            process.kill()
