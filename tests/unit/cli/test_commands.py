"""Failures of all commands, and their completion in shells."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from broker.cli import main
from broker.cli.platform.parameters import TextOrFile
from tests.support.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUPS = [(), *((name,) for name, each in main.commands.items() if isinstance(each, click.Group))]
WITHOUT_SETTINGS = ("completion", "descriptor")


def leaves(group: click.Group, *before: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with its path of words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, *before, name)
        else:
            yield (*before, name), command


COMMANDS = {" ".join(words): (words, command) for words, command in leaves(main)}
SURE = {"yes", "now", "previous"}
"""Options that confirm a command."""
IN_NEED_OF_SETTINGS = {
    name: found for name, found in COMMANDS.items() if found[0][0] not in WITHOUT_SETTINGS
}


@pytest.fixture(autouse=True)
def _bare_production(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("XSUAA_", "VCAP_", "CF_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XSUAA_MODE", "production")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("words", "command"), COMMANDS.values(), ids=COMMANDS)
def test_every_command_has_a_help_text(words: tuple[str, ...], command: click.Command) -> None:
    shown = CliRunner().invoke(main, [*words, "--help"])
    assert shown.exit_code == 0
    assert command.help
    assert command.help.splitlines()[0].rstrip(".") in " ".join(shown.output.split())
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_members_of_json_outputs_have_underscores() -> None:
    """As in log lines and in the audit trail; a hyphen cannot be used in ``jq`` paths."""
    files = [*(ROOT / "broker" / "cli").rglob("*.py")]
    found = [
        f"{file.relative_to(ROOT)}: {key.value}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
        and isinstance(key.value, str)
        and "-" in key.value
        and key.value[0].islower()  # other names are those of HTTP headers
    ]
    assert files
    assert found == []


def test_every_listing_prints_json_and_a_complete_table() -> None:
    listings = {words: each for words, each in COMMANDS.values() if words[-1] in {"list", "report"}}
    assert len(listings) > 10
    for words, command in listings.items():
        options = {option for parameter in command.params for option in parameter.opts}
        assert {"--json", "--wide"} <= options, words
    shown = {words: each for words, each in COMMANDS.values() if words[-1] == "show"}
    for words, command in shown.items():
        options = {option for parameter in command.params for option in parameter.opts}
        assert {"--json", "--format"} & options, words


@pytest.mark.parametrize("words", GROUPS, ids=" ".join)
def test_no_description_is_cut_off_in_a_list_of_commands(words: tuple[str, ...]) -> None:
    _, listed = CliRunner().invoke(main, [*words, "--help"]).output.split("Commands:")
    assert "..." not in listed


@pytest.mark.parametrize("words", [words for words, _ in COMMANDS.values()], ids=COMMANDS)
def test_an_unknown_option_is_a_wrong_usage(words: tuple[str, ...]) -> None:
    refused = CliRunner().invoke(main, [*words, "--no-such-option"])
    assert refused.exit_code == 2
    assert "--no-such-option" in refused.stderr


@pytest.mark.parametrize(
    ("words", "command"), IN_NEED_OF_SETTINGS.values(), ids=IN_NEED_OF_SETTINGS
)
def test_a_missing_setting_is_a_failure_and_named(
    words: tuple[str, ...], command: click.Command, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("{}")
    failed = CliRunner().invoke(main, [*words, *what_it_demands(command)])
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert isinstance(failed.exception, SystemExit)
    assert "Error: XSUAA_MASTER_KEYS: is not set" in failed.stderr


def what_it_demands(command: click.Command) -> Iterator[str]:
    """Yield required arguments and options with a plausible value."""
    for parameter in command.params:
        if isinstance(parameter, click.Argument) and parameter.required:
            yield value_for(parameter)
        elif parameter.name in SURE:
            yield parameter.opts[0]
        elif parameter.required or parameter.name == "bindings":
            yield parameter.opts[0]
            yield value_for(parameter)


def value_for(parameter: click.Parameter) -> str:
    """Return a valid value for the type of a parameter."""
    if isinstance(parameter.type, click.Choice):
        return str(next(iter(parameter.type.choices)))
    if isinstance(parameter.type, click.Path | click.File | TextOrFile):
        return "file"
    return "30d"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH with the installed command."""
    script = tmp_path / "xsuaa-broker"
    script.write_text(f"#!{sys.executable}\nfrom broker.cli import main\nmain()\n")
    script.chmod(0o755)
    return f"{tmp_path}{os.pathsep}{os.environ['PATH']}"


def run(program: list[str], path: str, **variables: str) -> str:
    """Run a program; return its output."""
    shown = subprocess.run(
        program,
        env={"PATH": path, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return shown.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_in_both_ways(shell: str, path: str) -> None:
    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("there is no bash, whose version click asks for")
    by_command = run(["xsuaa-broker", "completion", shell], path)
    assert "_XSUAA_BROKER_COMPLETE" in by_command
    by_variable = run(["xsuaa-broker"], path, _XSUAA_BROKER_COMPLETE=f"{shell}_source")
    assert by_command.strip() == by_variable.strip()


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["cred"], {"credentials"}),
        (["data-keys", "re"], {"rewrap", "reseal", "retire"}),
        (["credentials", "list", "--exp"], {"--expiring"}),
        (["completion", ""], {"bash", "zsh", "fish"}),
    ],
)
def test_bash_completes(words: list[str], expected: set[str], path: str) -> None:
    script = (
        'eval "$(xsuaa-broker completion bash)"\n'
        f"COMP_WORDS=(xsuaa-broker {' '.join(word or repr('') for word in words)})\n"
        f"COMP_CWORD={len(words)}\n"
        "_xsuaa_broker_completion xsuaa-broker\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    assert set(run(["bash", "--norc", "-c", script], path).split()) == expected
