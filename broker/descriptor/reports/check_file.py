"""The report of ``descriptor check`` on a file with one or more descriptors, in any known form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from broker.descriptor.consistency import Undefined
from broker.descriptor.findings.salvage import (
    defining_list,
    hidden_definitions,
    without_broken_parts,
)
from broker.descriptor.model import Descriptor
from broker.descriptor.paths import printable
from broker.descriptor.reports.check import check_document
from broker.descriptor.sources.documents import documents_in, json_object
from broker.descriptor.sources.mta import (
    SERVICE,
    Resource,
    data_beside,
    fragment,
    merged,
    resources,
)
from broker.descriptor.sources.placeholders import (
    parts_around,
    placeholder_notes,
    with_samples,
)
from broker.descriptor.sources.wrappers import is_mta, wrapper_path
from broker.errors import InvalidRequest, Violation
from broker.json_text.reader import MalformedJson

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from broker.descriptor.reports.redirect_uris import RedirectReport

_APIACCESS: Final = "apiaccess"


@dataclass(frozen=True, slots=True)
class Located:
    """A violation in a file."""

    file: str
    violation: Violation

    def __str__(self) -> str:
        return f"{self.file}: {self.violation}"

    def as_json(self) -> dict[str, str]:
        """Return the violation and the file as a JSON object."""
        return {"file": self.file, **self.violation.as_json()}


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings about one descriptor; ``name`` is that of its resource, if it has one."""

    name: str
    errors: Sequence[Located]
    notes: Sequence[str] = ()
    redirect: RedirectReport | None = None

    def __str__(self) -> str:
        return f"{self.name}: {'refused' if self.errors else 'valid'}"

    def as_json(self) -> dict[str, Any]:
        """Return the result as a JSON object, without the findings."""
        report: dict[str, Any] = {"name": self.name, "valid": not self.errors}
        return report | ({"redirect_uri": self.redirect.as_json()} if self.redirect else {})


@dataclass(frozen=True, slots=True)
class Options:
    """The plan of descriptors without one, and all plans that are offered.

    ``redirect_uri`` is the URI of a login that the ``redirect-uris`` are searched for.
    """

    plan: str
    plans: Collection[str]
    redirect_uri: str | None = None


@dataclass(frozen=True, slots=True)
class FileReport:
    """The findings about a file."""

    file: str
    descriptors: Sequence[Checked]

    @property
    def errors(self) -> Sequence[Located]:
        """All errors, in the order of the descriptors."""
        return [error for each in self.descriptors for error in each.errors]

    @property
    def notes(self) -> Sequence[str]:
        """All notes."""
        return [note for each in self.descriptors for note in each.notes]

    @property
    def is_valid(self) -> bool:
        """Whether the broker would accept every descriptor."""
        return not self.errors

    @property
    def redirects(self) -> Sequence[RedirectReport]:
        """The reports on the requested redirect URI, if one was given."""
        return [each.redirect for each in self.descriptors if each.redirect is not None]

    def as_json(self) -> dict[str, Any]:
        """Return the findings as a JSON object."""
        return {
            "valid": self.is_valid,
            "errors": [error.as_json() for error in self.errors],
            "notes": list(self.notes),
            "descriptors": [each.as_json() for each in self.descriptors],
        }


def check_file(data: bytes, file: str, directory: Path, options: Options) -> FileReport:
    """Check every descriptor in a file: as JSON or YAML, plain, wrapped or in an MTA descriptor.

    Files that an MTA descriptor names are read from ``directory``.
    """
    checker = _Checker(file, directory, options)
    try:
        documents = documents_in(data, file)
        found = [checked for document in documents for checked in checker.check(document)]
        if not found:
            raise InvalidRequest.at(
                "$", "no descriptor", f"an xs-security.json, or a resource of service {SERVICE}"
            )
    except InvalidRequest as error:
        found = [Checked(file, [Located(file, each) for each in error.violations])]
    return FileReport(file, found)


class _Checker:
    def __init__(self, file: str, directory: Path, options: Options) -> None:
        self._file, self._directory, self._options = file, directory, options

    def check(self, document: Mapping[str, Any]) -> Iterator[Checked]:
        """Yield the findings about each descriptor in the document."""
        if is_mta(document):
            if "extends" in document:
                allowed = "the mta.yaml that it extends"
                raise InvalidRequest.at("$", "an MTA extension descriptor", allowed)
            yield from map(self._resource, resources(document))
            return
        is_manifest = "apiVersion" in document and "kind" in document
        if is_manifest and not _is_service_instance(document):
            return
        path = wrapper_path(document, Descriptor)
        inner: Any = document
        for step in path:
            inner = inner[step]
        if is_manifest and path[-1:] != ("parameters",):
            inner, path = {}, ("spec", "parameters")
        if path[-1:] == ("config",):
            yield self._resource(fragment(document, path))
            return
        prefix = ".".join(path)
        name = _name_of(document) if path else self._file
        plan = _plan_of(document) if path else ""
        checked = self._checked(name, plan, inner, lambda _: (self._file, prefix))
        if is_manifest and document["spec"].get("parametersFrom"):
            # The operator adds the content of these secrets.
            note = f"{name}: spec.parametersFrom is not checked."
            checked = replace(checked, notes=[*checked.notes, note] if inner else [note])
        yield checked

    def _resource(self, resource: Resource) -> Checked:
        name = f"resource {resource.name}" if resource.name else "resource"
        if resource.plan:
            name += f" (plan {resource.plan})"
        if resource.problem is not None:
            return Checked(name, [Located(self._file, resource.problem)])
        config, samples, unknown = with_samples(resource.config)
        try:
            content = {} if resource.file is None else self._content(resource)
            parameters = without_broken_parts(merged(content, config), unknown)
        except _NotRead as error:
            return Checked(name, [error.located])
        except InvalidRequest as error:
            return Checked(name, [Located(self._file, each) for each in error.violations])

        plan_path = resource.path.removesuffix("config") + "service-plan"

        def place(key: str) -> tuple[str, str]:
            if key in resource.config or resource.file is None:
                return self._file, resource.path
            return self._beside(resource.file), ""

        checked = self._checked(name, resource.plan, parameters, place, plan_path)
        hidden = hidden_definitions([*samples, *unknown])
        tried = parts_around([*samples, *unknown], resource.path)
        errors = [
            error
            for error in checked.errors
            if not isinstance(error.violation, Undefined)
            or (
                defining_list(error.violation.path) not in hidden
                and error.violation.path not in tried
            )
        ]
        notes = [*checked.notes, *placeholder_notes(name, resource.path, samples, unknown)]
        return replace(checked, errors=errors, notes=notes)

    def _checked(
        self,
        name: str,
        plan: str,
        parameters: Mapping[str, Any],
        place: Callable[[str], tuple[str, str]],
        plan_path: str = "",
    ) -> Checked:
        """Check parameters; ``place`` returns the file and path of a top-level key."""
        plan, plans = plan or self._options.plan, self._options.plans
        if plan not in plans:
            found = f'plan "{printable(plan)}" is not offered'
            return Checked(name, [self._at(plan_path or name, found, ", ".join(plans))])
        about = "" if name == self._file else f"{name}: "
        if not parameters and about:
            return Checked(name, [], [f"{about}no descriptor: the xsappname is generated."])
        report = check_document(
            parameters, self._options.redirect_uri, for_apiaccess=plan == _APIACCESS
        )
        errors = [_located(violation, place) for violation in report.errors]
        return Checked(name, errors, [about + note for note in report.notes], report.redirect)

    def _at(self, path: str, found: str, allowed: str) -> Located:
        return Located(self._file, Violation(path, found, allowed))

    def _content(self, resource: Resource) -> Mapping[str, Any]:
        """Return the object in the file of a resource; raise _NotRead."""
        try:
            data = data_beside(self._directory, resource)
        except InvalidRequest as error:
            raise _NotRead(Located(self._file, error.violations[0])) from None
        try:
            return json_object(data)
        except MalformedJson as error:
            found = Violation("$", error.found, error.allowed)
            raise _NotRead(Located(self._beside(resource.file or ""), found)) from None

    def _beside(self, name: str) -> str:
        return str(Path(self._file).parent / name.lstrip("/"))


class _NotRead(Exception):
    """The file of a resource cannot be read."""

    def __init__(self, located: Located) -> None:
        super().__init__(str(located))
        self.located = located


def _located(violation: Violation, place: Callable[[str], tuple[str, str]]) -> Located:
    key = violation.path.partition(".")[0].partition("[")[0]
    file, prefix = place(key)
    if not prefix:
        return Located(file, violation)
    path = prefix if violation.path == "$" else f"{prefix}.{violation.path}"
    return Located(file, replace(violation, path=path))


def _is_service_instance(document: Mapping[str, Any]) -> bool:
    spec = document.get("spec")
    if document.get("kind") != "ServiceInstance" or not isinstance(spec, dict):
        return False
    offering = spec.get("serviceOfferingName") or spec.get("clusterServiceClassExternalName")
    return offering in {None, SERVICE}


def _plan_of(document: Mapping[str, Any]) -> str:
    spec = document.get("spec")
    given = {**document, **(spec if isinstance(spec, dict) else {})}
    keys = ("plan", "service-plan", "servicePlanName", "clusterServicePlanExternalName")
    return next((given[key] for key in keys if isinstance(given.get(key), str)), "")


def _name_of(document: Mapping[str, Any]) -> str:
    metadata = document.get("metadata")
    given = metadata.get("name") if isinstance(metadata, dict) else document.get("name")
    return f"resource {printable(given)}" if isinstance(given, str) else "resource"
