"""The objects in a file: JSON or YAML, by the file's name or else by its content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from broker.descriptor.sources.yaml_text import MAX_BYTES, MalformedYaml, read_documents
from broker.errors import InvalidRequest
from broker.json_text.reader import MalformedJson, json_type, read_object


def documents_in(data: bytes, file: str) -> list[dict[str, Any]]:
    """Return the objects in a text; raise InvalidRequest for any other text."""
    try:
        documents = read_documents(data) if _is_yaml(data, file) else [json_object(data)]
    except (MalformedJson, MalformedYaml) as error:
        raise InvalidRequest.at("$", error.found, error.allowed) from None
    for document in documents:
        if not isinstance(document, dict | None):
            raise InvalidRequest.at("$", f"a YAML {json_type(document)}", "an object")
    return [document for document in documents if document is not None]


def json_object(data: bytes) -> dict[str, Any]:
    """Return the object of a JSON file; raise MalformedJson."""
    if len(data) > MAX_BYTES:
        raise MalformedJson(f"more than {MAX_BYTES} bytes", f"at most {MAX_BYTES} bytes")
    return read_object(data)


def _is_yaml(data: bytes, file: str) -> bool:
    suffix = Path(file).suffix.lower()
    if suffix in {".json", ".yaml", ".yml", ".mtaext"}:
        return suffix != ".json"
    # JSON begins with a bracket; comments before it are those of JavaScript.
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return start != b"" and start not in b'{[/"\x00\xff\xfe'
