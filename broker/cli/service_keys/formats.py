"""The forms in which applications read the credentials of a service key."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LABEL: Final = "xsuaa"
FILES: Final = "files"

CERTIFICATE_FILE: Final = "certificate.pem"
KEY_FILE: Final = "key.pem"
CA_FILE: Final = "ca.pem"
CREDENTIALS_FILE: Final = "credentials.json"

_NOT_IN_NAME = re.compile(r"[^a-z0-9.-]+")
_MAX_NAME = 253
_METADATA = ("instance_name", "instance_guid", "plan", "label", "type", "tags")


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A service key with its credentials."""

    name: str
    instance_name: str
    instance_id: str
    plan: str
    credentials: Mapping[str, Any]


def credentials(key: ServiceKey) -> str:
    """Return the credentials as a JSON object."""
    return _json(key.credentials)


def vcap(key: ServiceKey) -> str:
    """Return the value of VCAP_SERVICES, as Cloud Foundry sets it."""
    return _json(_vcap(key))


def default_env(key: ServiceKey) -> str:
    """Return the content of default-env.json, which @sap/xsenv and the approuter read."""
    return _json({"VCAP_SERVICES": _vcap(key)})


def dotenv(key: ServiceKey) -> str:
    """Return a line for .env that sets VCAP_SERVICES.

    Shells and dotenv libraries differ in what they replace even in single quotes: quotes, dollar
    signs, backquotes and backslashes stand as escapes of JSON, which none of them reads.
    """
    text = json.dumps(_vcap(key), separators=(",", ":"))
    for characters, escape in (
        ("\\\\", "\\u005c"),
        ('\\"', "\\u0022"),
        ("'", "\\u0027"),
        ("$", "\\u0024"),
        ("`", "\\u0060"),
    ):
        text = text.replace(characters, escape)
    return f"VCAP_SERVICES='{text}'\n"


def kubernetes_secret(key: ServiceKey) -> str:
    """Return the manifest of a Secret in the form of SAP's service operator."""
    values = {
        "instance_name": key.instance_name,
        "instance_guid": key.instance_id,
        "plan": key.plan,
        "label": LABEL,
        "type": LABEL,
        "tags": [LABEL],
    }
    metadata = {
        "metaDataProperties": [_property(name, values[name]) for name in _METADATA],
        "credentialProperties": [_property(*each) for each in key.credentials.items()],
    }
    name = _NOT_IN_NAME.sub("-", f"{key.instance_name}-{key.name}".lower())[:_MAX_NAME]
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name.strip(".-")},
        "type": "Opaque",
        "stringData": {
            ".metadata": json.dumps(metadata, separators=(",", ":")),
            **{name: _text(value) for name, value in {**values, **key.credentials}.items()},
        },
    }
    text: str = yaml.safe_dump(manifest, sort_keys=False)
    return text


FORMATS: Final[Mapping[str, Callable[[ServiceKey], str]]] = {
    form.__name__.replace("_", "-"): form
    for form in (credentials, vcap, default_env, dotenv, kubernetes_secret)
}
"""The formats that are one text; ``files`` is the other one."""


def files(key: ServiceKey, ca: str | None) -> dict[str, str]:
    """Return the files of a service key by name: what it has as PEM, and all credentials as JSON.

    ``ca`` is the CA certificate of the server.
    """
    found = {
        CERTIFICATE_FILE: key.credentials.get("certificate"),
        KEY_FILE: key.credentials.get("key"),
        CA_FILE: ca,
    }
    pem = {name: str(text) for name, text in found.items() if text}
    return {**pem, CREDENTIALS_FILE: _json(key.credentials)}


def _vcap(key: ServiceKey) -> dict[str, Any]:
    return {
        LABEL: [
            {
                "label": LABEL,
                "name": key.instance_name,
                "instance_name": key.instance_name,
                "instance_guid": key.instance_id,
                "binding_name": key.name,
                "plan": key.plan,
                "tags": [LABEL],
                "credentials": dict(key.credentials),
            }
        ]
    }


def _property(name: str, value: object) -> dict[str, str]:
    return {"name": name, "format": "text" if isinstance(value, str) else "json"}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"
