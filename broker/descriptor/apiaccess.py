"""The parameters of plan apiaccess: a small part of ``xs-security.json`` (H-06)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from broker.descriptor.leniency import normalised, unwrapped
from broker.descriptor.model import CredentialType, Descriptor, OAuth2Configuration
from broker.descriptor.parse import parse_with_notes
from broker.descriptor.paths import MAX_ECHO, printable
from broker.descriptor.sources.wrappers import refuse_wrapper
from broker.errors import InvalidRequest, Violation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


CONFIGURATION: Final = "oauth2-configuration"
TOP_LEVEL: Final = ("xsappname", CONFIGURATION)
IN_CONFIGURATION: Final = ("token-validity", "credential-types")

_TYPES_PATH = f"{CONFIGURATION}.credential-types"
PATHS: Final = ("xsappname", f"{CONFIGURATION}.token-validity", _TYPES_PATH)
"""All keys that the plan takes."""

_ALLOWED = f"{PATHS[0]}, {PATHS[1]}, and {PATHS[2]} that contain {CredentialType.BINDING_SECRET}"
_MAX_NAMED = 10
_ANY_NAME = "any"


def parse_apiaccess(
    parameters: Mapping[str, Any], default_name: str, *, for_new_instance: bool = False
) -> tuple[Descriptor, list[str]]:
    """Return the parameters as a descriptor without declarations, and notes.

    ``default_name`` is the xsappname if they contain none; a new instance must not have a reserved
    one. The only credential type is binding-secret, whichever others they list. Raises
    InvalidRequest with all violations; its text is one sentence if there are only keys that other
    plans have.
    """
    refuse_wrapper(parameters, Descriptor)
    document, notes = normalised(parameters)
    refused = _refused_keys(parameters, document)
    # Null means that a key is absent (D-61); xsappname is mandatory in other plans only.
    kept = {key: document[key] for key in TOP_LEVEL if document.get(key) is not None}
    configuration = kept.get(CONFIGURATION)
    if isinstance(configuration, dict):
        kept[CONFIGURATION] = {
            key: configuration[key] for key in IN_CONFIGURATION if key in configuration
        }
    try:
        descriptor, _ = parse_with_notes(
            {"xsappname": _ANY_NAME} | kept, for_new_instance=for_new_instance
        )
    except InvalidRequest as error:
        raise _refusal(refused, error.violations) from None
    types = descriptor.credential_types
    if types is not None and CredentialType.BINDING_SECRET not in types:
        found = f"no {CredentialType.BINDING_SECRET}"
        allowed = f"a list that contains {CredentialType.BINDING_SECRET}"
        raise _refusal(refused, [Violation(_TYPES_PATH, found, allowed)])
    if refused:
        raise _refusal(refused, [])
    if others := [each for each in types or () if each is not CredentialType.BINDING_SECRET]:
        notes.append(
            f"{_TYPES_PATH}: {', '.join(others)} has no effect: plan apiaccess issues"
            f" {CredentialType.BINDING_SECRET} only."
        )
    return _with_fixed_type(descriptor, kept.get("xsappname", default_name)), notes


def readable_apiaccess(parameters: object, default_name: str) -> Descriptor | None:
    """Return the stored parameters as ``parse_apiaccess`` does; None if they are unreadable."""
    try:
        return (
            parse_apiaccess(parameters, default_name)[0] if isinstance(parameters, dict) else None
        )
    except InvalidRequest:
        return None


def _with_fixed_type(descriptor: Descriptor, xsappname: str) -> Descriptor:
    configuration = OAuth2Configuration.model_validate(
        {
            "token-validity": descriptor.token_validity,
            "credential-types": [CredentialType.BINDING_SECRET],
        }
    )
    # Not validated again: the name of an instance without one is reserved for the broker.
    return descriptor.model_copy(
        update={"xsappname": xsappname, "oauth2_configuration": configuration}
    )


def _refused_keys(parameters: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """Return the paths of all keys that the plan does not take, in document order."""
    # Those that ``normalised`` removes are refused, too.
    keys = [key for key in map(str.strip, unwrapped(parameters)) if key not in TOP_LEVEL]
    configuration = document.get(CONFIGURATION)
    if isinstance(configuration, dict):
        keys += [f"{CONFIGURATION}.{key}" for key in configuration if key not in IN_CONFIGURATION]
    return [printable(key, MAX_ECHO) for key in keys]


def _refusal(refused: Sequence[str], others: Sequence[Violation]) -> InvalidRequest:
    violations = [Violation(key, "a key that plan apiaccess lacks", _ALLOWED) for key in refused]
    if not refused:
        return InvalidRequest(others)
    named = [f"no {key}" for key in refused[:_MAX_NAMED]]
    if more := len(refused) - len(named):
        named.append(f"none of {more} more keys")
    text = f"Plan apiaccess takes {' and '.join(named)}; allowed: {_ALLOWED}"
    return InvalidRequest.saying(". ".join([text, *map(str, others)]), [*violations, *others])
