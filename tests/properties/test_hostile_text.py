"""No text of a client costs more than time proportional to its length (D-51).

The models and the patterns are searched, so that a new field or pattern is covered by itself.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import time
from contextlib import suppress
from enum import Enum
from functools import cache, partial
from itertools import count
from typing import TYPE_CHECKING, Any, get_args, get_origin

import pytest
from annotated_types import MaxLen
from pydantic import BaseModel

import broker
from broker.descriptor.binding import BindingParameters
from broker.descriptor.changes import differences
from broker.descriptor.limits import MAX_DESCRIPTOR_VALUES, MAX_KEYS
from broker.descriptor.model import Descriptor
from broker.descriptor.parse import parse_binding_parameters, parse_descriptor
from broker.errors import InvalidRequest
from broker.ids import is_canonical_guid
from broker.redirects.pattern import parse_pattern
from broker.redirects.uri import MAX_LENGTH, InvalidUri, parse_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZE = 100_000
CPU_SECONDS = 0.1
# Parts of which hostile texts consist: in front, and repeated.
STARTS = ("", "$XSSERVICENAME(", "$XSAPPNAME(", "https://a.b/")
PARTS = (" ", "(", "a", "0", ".", "*", "-", "a.", "a ", '\\"')
SHAPES = [(start + part * SIZE)[:SIZE] for start in STARTS for part in PARTS]


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the least of several runs, which other load on the machine disturbs least."""

    def once() -> float:
        began = time.thread_time()
        work()
        return time.thread_time() - began

    first = once()
    return first if first < CPU_SECONDS else min(first, once(), once())


def string_fields(annotation: Any, metadata: tuple[Any, ...] = ()) -> Iterator[Any]:
    """Yield a function for each text in a value of this type; it returns a document with it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        yield from string_fields(arguments[0], annotation.__metadata__)
    elif origin is list:
        yield from (
            (lambda text, inner=inner: [inner(text)]) for inner in string_fields(arguments[0])
        )
    elif arguments:
        for argument in arguments:
            yield from string_fields(argument, metadata)
    elif inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield lambda text: {text: 1}
        for field in annotation.model_fields.values():
            for inner in string_fields(field.annotation, tuple(field.metadata)):
                yield lambda text, field=field, inner=inner: {field.alias: inner(text)}
    elif annotation is not type(None):
        yield lambda text: text


DOCUMENTS = [
    (parse, model, document)
    for parse, model in (
        (parse_descriptor, Descriptor),
        (parse_binding_parameters, BindingParameters),
    )
    for document in string_fields(model)
]


@pytest.mark.parametrize(("parse", "model", "document"), DOCUMENTS, ids=count())
def test_no_field_of_a_model_is_expensive(
    parse: Callable[[Any], object], model: type[BaseModel], document: Callable[[str], Any]
) -> None:
    base = {"xsappname": "app"} if model is Descriptor else {}

    def refused(text: str) -> None:
        with suppress(InvalidRequest):
            parse(base | document(text))

    for text in SHAPES:
        assert cpu_seconds(partial(refused, text)) < CPU_SECONDS, text[:40]


def unbounded(annotation: Any, metadata: tuple[Any, ...], path: str) -> Iterator[str]:
    """Yield the path of each string and list without a maximum length."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        yield from unbounded(arguments[0], (*metadata, *annotation.__metadata__), path)
        return
    for each in metadata:
        metadata = (*metadata, *getattr(each, "metadata", ()))
    has_maximum = any(isinstance(each, MaxLen) for each in metadata)
    if (origin is list or annotation is str) and not has_maximum:
        yield path
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield from unbounded(field.annotation, tuple(field.metadata), f"{path}.{name}")
    elif not (inspect.isclass(annotation) and issubclass(annotation, Enum)):
        inner = () if origin is list else metadata
        for argument in arguments:
            yield from unbounded(argument, inner, f"{path}[]" if origin is list else path)


@pytest.mark.parametrize("model", [Descriptor, BindingParameters])
def test_every_string_and_list_of_a_model_is_bounded(model: type[BaseModel]) -> None:
    assert list(unbounded(model, (), model.__name__)) == []


@cache
def patterns() -> dict[str, Callable[[str], object]]:
    """Return the match of every regular expression of the package by its place."""
    found: dict[str, Callable[[str], object]] = {}
    for module in pkgutil.walk_packages(broker.__path__, "broker."):
        if module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        for node in ast.walk(ast.parse(inspect.getsource(loaded))):
            if not isinstance(node, ast.Call):
                continue
            called, name = ast.unparse(node.func), f"{module.name}:{node.lineno}"
            texts = [node.args[0]] if called.startswith("re.") and node.args else []
            texts += [each.value for each in node.keywords if each.arg == "pattern"]
            for text in texts:
                value = eval(compile(ast.Expression(text), name, "eval"), vars(loaded))  # noqa: S307
                flags = re.DOTALL if "DOTALL" in ast.unparse(node) else re.RegexFlag(0)
                compiled = re.compile(value, flags)
                searches = called in {"re.search", "re.sub", "re.split"}
                match = compiled.search if searches else compiled.fullmatch
                found[name] = _on_bytes(match) if isinstance(value, bytes) else match
    return found


def _on_bytes(match: Callable[[bytes], object]) -> Callable[[str], object]:
    return lambda text: match(text.encode())


def test_patterns_are_found() -> None:
    assert len(patterns()) > 25
    assert any(place.startswith("broker.descriptor.references:") for place in patterns())


def test_no_pattern_backtracks() -> None:
    """Also where long texts are refused before."""
    for place, match in patterns().items():
        for text in SHAPES:
            spent = cpu_seconds(partial(match, text))
            assert spent < CPU_SECONDS, (place, text[:40])


URI_STARTS = (
    "",
    "https://",
    "https://a.b/",
    "https://a.b/%20",
    "https://a.b/?",
    "http://localhost:",
)
URI_SHAPES = [
    (start + part * MAX_LENGTH)[:MAX_LENGTH]
    for start in URI_STARTS
    for part in ("a", "a.", "a/", "/", "/*", "*", "a*", "%41", "0", "&", "code=x;", "-", "[", "@")
]


def refused_or_not(parse: Callable[[str], object], text: str) -> None:
    with suppress(InvalidUri):
        parse(text)


PARSERS = [partial(refused_or_not, parse) for parse in (parse_pattern, parse_uri)]


@pytest.mark.parametrize("parse", PARSERS, ids=count())
def test_no_redirect_uri_is_expensive(parse: Callable[[str], object]) -> None:
    for text in URI_SHAPES:
        assert cpu_seconds(partial(parse, text)) < CPU_SECONDS, text[:40]


PATH = "x/" * 500
WORST_URIS = {
    "stars in a label": (f"https://a*a*a*a*{'a' * 900}b.c.d/", f"https://{'a' * 2000}b.c.d/"),
    "labels": (f"https://**.{'a.' * 500}b.c/", f"https://{'a.' * 990}b.c/"),
    "stars in a segment": (f"https://a.b/a*a*a*a*{'a' * 900}b", f"https://a.b/{'a' * 2000}"),
    "segments": (f"https://a.b/**/{PATH}y", f"https://a.b/{PATH}{PATH[:900]}"),
    "both": (f"https://a.b/**/{PATH}*y*/**", f"https://a.b/{PATH}{PATH[:900]}"),
    "query": ("https://a.b/", f"https://a.b/?{'a&' * 1000}"),
}


@pytest.mark.parametrize("name", WORST_URIS)
def test_no_pattern_of_a_descriptor_is_expensive(name: str) -> None:
    """A hundredth of the bound for one URI: a descriptor has up to 250."""
    registered, requested = WORST_URIS[name]
    pattern, uri = parse_pattern(registered), parse_uri(requested)
    assert cpu_seconds(lambda: [pattern.matches(uri) for _ in range(100)]) < 10 * CPU_SECONDS


@pytest.mark.parametrize("check", [is_canonical_guid, *PARSERS])
def test_no_other_check_is_expensive(check: Callable[[str], object]) -> None:
    for text in SHAPES:
        assert cpu_seconds(partial(check, text)) < CPU_SECONDS, text[:40]


FOREIGN = "$XSAPPNAME(application,a{}).s"
LARGE: dict[str, dict[str, Any]] = {
    "references": {"authorities": [FOREIGN.format(n) for n in range(27_000)]},
    "bad references": {"authorities": ["$XSSERVICENAME( " for _ in range(1000)]},
    "unknown keys": {f"authoritie{n}": 0 for n in range(27_000)},
    "many objects with unknown keys": {
        "scopes": [{f"nam{n}": 0 for n in range(MAX_KEYS)} for _ in range(240)]
    },
    "keys with blanks": {"x" * 500_000: {f"{n} ": 0 for n in range(90)}},
    "undefined scopes": {
        "scopes": [{"name": f"$XSAPPNAME.s{n}"} for n in range(500)],
        "role-templates": [
            {"name": f"t{n}", "scope-references": ["$XSAPPNAME.x"] * 40} for n in range(500)
        ],
    },
    "collections": {
        "attributes": [{"name": f"a{n}"} for n in range(50)],
        "role-templates": [{"name": "t", "attribute-references": [f"a{n}" for n in range(50)]}],
        "role-collections": [
            {"name": f"c{n}", "role-template-references": ["t"] * 90} for n in range(250)
        ],
    },
    "nested lists": {"scopes": [[[[]]]] * 6000},
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_descriptor_costs_little_to_refuse(name: str) -> None:
    def refuse() -> None:
        with pytest.raises(InvalidRequest) as refused:
            parse_descriptor({"xsappname": "app", **LARGE[name]})
        assert len(refused.value.violations) <= 501
        assert len(str(refused.value)) < 20_000

    assert cpu_seconds(refuse) < 2.0


def test_the_largest_valid_descriptor_costs_little_to_compare() -> None:
    scopes = [{"name": f"$XSAPPNAME.s{n}"} for n in range(500)]
    used = [f"$XSAPPNAME.s{n}" for n in range(44)]
    templates = [{"name": f"t{n}", "scope-references": used} for n in range(500)]
    document = {"xsappname": "app", "scopes": scopes, "role-templates": templates}

    def compare() -> None:
        old = parse_descriptor(document)
        new = parse_descriptor({**document, "role-templates": templates[1:], "scopes": scopes})
        assert differences(old, new)

    # Half a second on an idle machine; a comparison of each with each takes many.
    assert cpu_seconds(compare) < 2.0
    assert MAX_DESCRIPTOR_VALUES > 500 * 46
