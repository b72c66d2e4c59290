"""Fixtures shared by the tests of all deployments."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.container_image import Image, build
from tests.support.server import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image built from this checkout."""
    return build(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="session")
def interpreter(image: Image) -> Path:
    """The Python of a new environment with the packages of requirements.txt."""
    return image.path("environment/bin/python")


@pytest.fixture(scope="session")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The paths of the server's endpoints."""
    listing = (
        "from broker.composition.app import create_app\n"
        "print(*(rule.rule for rule in create_app().url_map.iter_rules()), sep='\\n')"
    )
    shown = subprocess.run(
        [sys.executable, "-c", listing],
        cwd=tmp_path_factory.mktemp("endpoints"),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "XSUAA_MODE": "dev"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(shown.stdout.split())
