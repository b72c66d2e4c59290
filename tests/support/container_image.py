"""Execute the Containerfile on this machine: its paths map to folders below a directory.

The base image is this machine with the Python of the tests. Users, labels and layers need a real
builder.
"""

from __future__ import annotations

import io
import json
import os
import posixpath
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docker.utils import exclude_paths
from dockerfile_parse import DockerfileParser

from tests.support.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTAINERFILE = ROOT / "Containerfile"


@dataclass(frozen=True)
class Instruction:
    """One instruction, its lines joined."""

    name: str
    value: str

    @property
    def arguments(self) -> list[str]:
        """The value as JSON or as words."""
        parsed: list[str] = (
            json.loads(self.value) if self.value.startswith("[") else shlex.split(self.value)
        )
        return parsed


@dataclass
class Image:
    """The result of a stage: files below ``root``, and the configuration of a container."""

    root: Path
    directory: str = "/"
    user: str = "root"
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": os.defpath})
    labels: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health_check: list[str] = field(default_factory=list)

    def path(self, inside: str) -> Path:
        """Return where a path of the image lies on this machine."""
        return self.root / posixpath.join(self.directory, inside).lstrip("/")

    def inside(self, text: str) -> str:
        """Return a command or variable with the image's own paths replaced by ours."""
        return re.sub(r"(?<![\w./])(/opt|/build|/var/lib)(?=[/:\s]|$)", rf"{self.root}\1", text)

    @property
    def working_directory(self) -> Path:
        """The working directory of a container."""
        return self.path(".")

    def container_environment(self) -> dict[str, str]:
        """Return the variables of a container, with paths of this machine."""
        variables = {name: self.inside(value) for name, value in self.environment.items()}
        variables["PATH"] += f"{os.pathsep}{os.environ['PATH']}"
        return variables


def instructions(text: str) -> Iterator[Instruction]:
    """Read a Containerfile."""
    parser = DockerfileParser(fileobj=io.BytesIO(text.encode()))
    for line in parser.structure:
        if line["instruction"] != "COMMENT":
            yield Instruction(line["instruction"], line["value"])


def build_context(sources: Path, destination: Path) -> Path:
    """Copy the build context of a folder, without the paths in its .dockerignore."""
    patterns = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    for name in exclude_paths(str(sources), patterns):
        source = sources / name
        if source.is_file():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, destination / name)
    return destination


def build(directory: Path) -> Image:
    """Execute the Containerfile of this checkout; return its last stage."""
    context = build_context(ROOT, directory / "context")
    stages: dict[str, Image] = {}
    image = Image(directory)
    for number, step in enumerate(instructions(CONTAINERFILE.read_text())):
        if step.name == "FROM":
            _, *alias = re.split(r"\s+AS\s+", step.value)
            image = Image(directory / f"stage-{number}")
            image.root.mkdir()
            stages.update(dict.fromkeys(alias, image))
            (image.root / "usr/bin").mkdir(parents=True)
            (image.root / "usr/bin/python").symlink_to(sys._base_executable)  # type: ignore[attr-defined]
        else:
            _carry_out(step, image, context, stages)
    return image


def _carry_out(step: Instruction, image: Image, context: Path, stages: dict[str, Image]) -> None:
    match step.name:
        case "COPY":
            _copy(step, image, context, stages)
        case "RUN":
            _run(step, image)
        case "WORKDIR":
            image.directory = posixpath.join(image.directory, step.value)
            image.working_directory.mkdir(parents=True, exist_ok=True)
        case "EXPOSE":
            pass
        case _:
            _configure(step, image)


def _configure(step: Instruction, image: Image) -> None:
    match step.name:
        case "ENV":
            for name, value in _pairs(step):
                image.environment[name] = value.replace("$PATH", image.environment["PATH"])
        case "LABEL":
            image.labels.update(_pairs(step))
        case "USER":
            image.user = step.value
        case "ENTRYPOINT":
            image.entrypoint = step.arguments
        case "CMD":
            image.command = step.arguments
        case "HEALTHCHECK":
            image.health_check = json.loads(step.value.partition("CMD ")[2])
        case other:
            raise NotImplementedError(other)


def _pairs(step: Instruction) -> Iterator[tuple[str, str]]:
    for pair in step.arguments:
        name, _, value = pair.partition("=")
        yield name, value


def _copy(step: Instruction, image: Image, context: Path, stages: dict[str, Image]) -> None:
    words = step.arguments
    origin = context
    if words[0].startswith("--from="):
        origin = stages[words.pop(0).partition("=")[2]].root
    *sources, destination = words
    target = image.path(destination)
    for name in sources:
        source = origin / name.lstrip("/")
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        elif destination.endswith(("/", ".")):
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
        else:
            shutil.copy(source, target)


def _run(step: Instruction, image: Image) -> None:
    command = image.inside(step.value)
    if os.geteuid():
        # Only root can change the owner of a file.
        command = command.replace("10001", str(os.getuid()), 1).replace("10001", str(os.getgid()))
    subprocess.run(
        ["/bin/sh", "-ec", command],
        cwd=image.working_directory,
        env={
            "PATH": f"{image.root / 'usr/bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(image.root),
        },
        check=True,
        stdout=subprocess.DEVNULL,
    )
