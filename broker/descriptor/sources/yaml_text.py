"""The reader for YAML files of developers: safe, bounded, with unique keys.

Values are those of JSON. Dates stay text, as other readers of these files have their own rules.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import yaml

from broker.descriptor.paths import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 1_048_576
"""Bytes of a file."""

MAX_VALUES: Final = 100_000
"""Values of a document, those of aliases counted at each use."""

MAX_DEPTH: Final = 50
"""Levels of mappings and sequences."""

_MERGE: Final = "tag:yaml.org,2002:merge"
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"


class MalformedYaml(ValueError):
    """The text is no YAML, or exceeds a limit; ``found`` and ``allowed`` are printable."""

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(f"{found}; allowed: {allowed}")
        self.found = found
        self.allowed = allowed


class _Loader(yaml.SafeLoader):
    """Constructs plain values; keys are always text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as in PyYAML
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's
        """Return the mapping with its keys as written."""
        self.flatten_mapping(node)
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}


def read_documents(data: str | bytes) -> list[Any]:
    """Return the documents of a YAML text; raise MalformedYaml with the reason and position."""
    if len(data) > MAX_BYTES:
        raise MalformedYaml(f"{len(data)} bytes", f"at most {MAX_BYTES} bytes")
    try:
        loader = _Loader(data)
        try:
            return [_value(loader, node) for node in _nodes(loader)]
        finally:
            loader.dispose()
    except RecursionError:
        raise _too_deep() from None
    except (yaml.YAMLError, ValueError, UnicodeError) as error:
        if isinstance(error, MalformedYaml):
            raise
        raise MalformedYaml(f"not valid YAML ({_reason(error)})", "YAML") from None


def _nodes(loader: _Loader) -> Iterator[yaml.Node]:
    while loader.check_node():
        node = loader.get_node()
        if node is not None:
            yield node


def _value(loader: _Loader, node: yaml.Node) -> Any:
    _require_bounded(node)
    value = loader.construct_document(node)
    _require_plain(value)
    return value


def _require_unique_keys(node: yaml.MappingNode) -> None:
    seen = dict[str, str]()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise MalformedYaml(f"a key that is no text at {_place(key.start_mark)}", "text")
        if key.tag == _MERGE:
            continue
        place = _place(key.start_mark)
        if key.value in seen:
            found = f'duplicate key "{printable(key.value)}" at {seen[key.value]} and {place}'
            raise MalformedYaml(found, "unique keys")
        seen[key.value] = place


def _require_bounded(root: yaml.Node) -> None:
    """Raise for a document with duplicate keys, or too deep or large with expanded aliases."""
    level, values = [root], 0
    checked = set[int]()
    for _ in range(MAX_DEPTH + 1):
        values += sum(len(node.value) for node in level if isinstance(node, yaml.CollectionNode))
        if values > MAX_VALUES:
            raise MalformedYaml("too many values", f"at most {MAX_VALUES}, aliases included")
        for node in level:
            if isinstance(node, yaml.MappingNode) and id(node) not in checked:
                checked.add(id(node))
                _require_unique_keys(node)
        level = [part for node in level for part in _parts(node)]
        if not level:
            return
    raise _too_deep()


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [value for _, value in node.value]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _require_plain(document: object) -> None:
    level = [document]
    while level:
        for value in level:
            is_finite = not isinstance(value, float) or math.isfinite(value)
            if not is_finite or not isinstance(value, dict | list | str | int | float | None):
                raise MalformedYaml(f"a value of type {type(value).__name__}", "values of JSON")
        containers = [value for value in level if isinstance(value, dict | list)]
        level = [
            part
            for value in containers
            for part in (value.values() if isinstance(value, dict) else value)
        ]


def _too_deep() -> MalformedYaml:
    found = "too many levels of mappings and sequences"
    return MalformedYaml(found, f"at most {MAX_DEPTH} levels")


def _reason(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{printable(error.problem or 'error', 100)} at {_place(error.problem_mark)}"
    return printable(" ".join(str(error).split()), 100)


def _place(mark: yaml.Mark) -> str:
    return f"line {mark.line + 1} column {mark.column + 1}"
