"""``python -m tests.contract URL --user USER``: checks any service broker by its HTTP API.

The password is read from the environment variable BROKER_PASSWORD, or prompted for. Every
requirement of the Open Service Broker API, and of the platforms that call brokers, is reported as
passed, failed (with the expected and the actual result) or not applicable. The checks delete
everything that they create. The exit status is 1 if a MUST failed, and 2 if the broker could not be
checked.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import shutil
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.contract.broker import Broker, NoResponse
from tests.contract.offer import NothingOffered
from tests.contract.parameters import (
    UNIQUE,
    Parameters,
    UnusableParameters,
    read_parameters,
)
from tests.contract.registry import CHECKS, Check, load
from tests.contract.report import Report
from tests.contract.requirements import load_requirements
from tests.contract.runner import run_checks
from tests.contract.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PASSWORD = "BROKER_PASSWORD"
_FILE_HELP = f"""JSON object of valid parameters, or a list of two alternatives; {UNIQUE} in a
string is replaced by a unique text for each"""


class CannotCheck(Exception):
    """The checks cannot be started."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a broker with these arguments, by default of the process; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        broker = _broker(options)
        with closing(broker):
            subject = _subject(broker, options)
            report = _report(subject, options)
    except (CannotCheck, NothingOffered, UnusableParameters, NoResponse) as error:
        print(f"{error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    if options.json:
        names = {"service": subject.offer.service["name"], "plan": subject.offer.plan["name"]}
        print(json.dumps(report.as_json({"url": broker.url, **names}), indent=2))
    else:
        report.print_to(sys.stdout)
    return 1 if report.failed("MSP" if options.strict else "M") else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.contract",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("url", metavar="URL", help="base URL of the broker, without /v2")
    add("--user", required=True, help=f"broker user; the password is read from {PASSWORD}")
    add("--service", default="", metavar="NAME", help="service to check (default: the first)")
    add("--plan", default="", metavar="NAME", help="plan to check (default: the first bindable)")
    add("--instance-parameters", type=Path, metavar="FILE", help=_FILE_HELP + " instance")
    add("--binding-parameters", type=Path, metavar="FILE", help=_FILE_HELP + " binding")
    add("--api-version", default="2.17", help="API version of most requests (default: 2.17)")
    add("--only", action="append", default=[], metavar="OSB-PROV", help="requirements by prefix")
    add("--strict", action="store_true", help="exit with 1 also if an S or P requirement failed")
    add("--json", action="store_true", help="print a JSON document")
    add("--timeout", type=float, default=60.0, help="seconds to wait for a response (default: 60)")
    add("--ca-file", help="PEM file of trusted CA certificates")
    add("--insecure", action="store_true", help="do not verify the broker's certificate")
    return parser


def _broker(options: argparse.Namespace) -> Broker:
    parts = urlsplit(options.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CannotCheck("The URL must begin with http:// or https:// and contain a host.")
    if parts.username is not None or parts.password is not None:
        raise CannotCheck(f"Credentials are not allowed in the URL: use --user and {PASSWORD}.")
    password = os.environ.get(PASSWORD)
    if password is None:
        if not sys.stdin.isatty():
            raise CannotCheck(f"Set {PASSWORD} to the broker's password.")
        password = getpass.getpass(f"Password of {options.user}: ")
    return Broker(
        options.url.rstrip("/").removesuffix("/v2"),
        options.user,
        password,
        api_version=options.api_version,
        timeout=options.timeout,
        verify=False if options.insecure else options.ca_file or True,
    )


def _subject(broker: Broker, options: argparse.Namespace) -> Subject:
    return Subject.of(
        broker,
        service=options.service,
        plan=options.plan,
        instance_parameters=_parameters(options.instance_parameters),
        binding_parameters=_parameters(options.binding_parameters),
    )


def _parameters(path: Path | None) -> Parameters | None:
    return read_parameters(path) if path else None


def _report(subject: Subject, options: argparse.Namespace) -> Report:
    load()
    requirements = load_requirements()
    chosen = tuple(
        each
        for each in requirements.all.values()
        if not options.only or each.id.startswith(tuple(options.only))
    )
    ids = {each.id for each in chosen}
    checks = [each for each in CHECKS.values() if not options.only or ids & {*each.requirements}]
    if not chosen:
        raise CannotCheck(f"No requirement begins with {' or '.join(options.only)}.")
    names = f"service {subject.offer.service['name']}, plan {subject.offer.plan['name']}"
    print(f"Checking {names} at {subject.broker.url}", file=sys.stderr)
    result = run_checks(checks, subject, _progress(checks))
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    return Report(requirements, chosen, result)


def _progress(checks: list[Check]) -> Callable[[str], None]:
    numbers = {check.name: number for number, check in enumerate(checks, start=1)}

    def show(name: str) -> None:
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns - 1
            line = f"{numbers[name]:3}/{len(checks)} {name}"[:width]
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    return show


if __name__ == "__main__":
    sys.exit(main())
