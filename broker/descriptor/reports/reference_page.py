"""The reference page of ``xs-security.json``, generated from the models that parse it."""

from __future__ import annotations

from textwrap import TextWrapper
from typing import TYPE_CHECKING, Any, Final

from broker.descriptor.apiaccess import PATHS
from broker.descriptor.binding import BindingParameters, X509Parameters
from broker.descriptor.leniency import INERT_KEYS
from broker.descriptor.limits import (
    MAX_BINDING_VALUES,
    MAX_DESCRIPTOR_VALUES,
    MAX_KEY,
    MAX_KEYS,
    MAX_REFERENCES,
)
from broker.descriptor.model import NAME_RULES, RESTRICTING_KEYS, CredentialType, Descriptor, Scope
from broker.descriptor.names import (
    RESERVED_NAMES,
    RESERVED_PREFIXES,
    SCOPE_NAME,
    SCOPE_NAME_RULE,
    XSAPPNAME_RULE,
)
from broker.descriptor.notes.old_words import TEMPLATE_KEYS
from broker.descriptor.part import DIGITS, DescriptorPart
from broker.descriptor.references import APPLICATION_FORMS
from broker.descriptor.reports.key_meanings import MEANINGS
from broker.descriptor.schema import parameter_schema
from broker.json_text.reader import MAX_DEPTH, MAX_DIGITS
from broker.redirects.pattern import MAX_WILDCARDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic.fields import FieldInfo

_INTRODUCTION = """\
# xs-security.json

Generated from the code by `python -m broker descriptor reference`; a test compares the two.

Unknown keys are errors. Booleans and numbers may be given as text. `$XSAPPNAME` is the
application's own id, also as `<xsappname>` in the following forms. Other applications are
referenced by {applications}.

A null means that the key is absent. {restricting} refuse null, and `[]` means none;
`credential-types` and `dry-run` refuse it, too.

A new service instance cannot have one of the xsappnames {reserved}, nor one that starts
with {prefixes}, in upper or lower case.

A descriptor has at most {values} values (keys and entries) and {references} references to other
applications, an object at most {keys} keys of at most {key} characters, and a JSON text at most
{depth} levels, numbers of at most {digits} characters and no duplicate keys. Binding parameters
have at most {binding} values.

With `"dry-run": true` an update changes nothing and reports what it would change, beginning with
`Dry run:`, also if it would be refused. `"ignore-credential-usage": true` overrides the operator's
guard against the removal of a credential type in use. `cf service NAME` shows the text of the last
successful request, including all notes, and `cf` prints that of a refused one at once.

A role collection that users or mappings have is in use: an update that changes its
`role-template-references` is refused, and one that omits or renames it, too. `"force": true` drops
it with its assignments; only an update accepts the key, which is not stored. References to
applications that do not exist yet stay pending while the collection is in use. A name of another
role collection in the zone is refused, also in upper or lower case or with look-alike characters,
and so are `Subaccount Administrator` and `Subaccount Viewer`.
"""

_REDIRECT_URIS = """\
## Redirect URIs

An entry of `redirect-uris` is an absolute `https://` URI. `http://` is allowed if the last label of
the host is `localhost` (`http://localhost:5000/**`, `http://*.app.localhost:*/**`), and for
`127.0.0.1` and `[::1]`; the operator can forbid all of these hosts
(`XSUAA_LOCALHOST_REDIRECTS=false`). `http*://` is read as `https://`.

| Wildcard | Matches |
|---|---|
| `*` in the host | one or more letters, digits, `_` and `-` of one label |
| `**` as first label of the host | one or more labels |
| `*` in the path | any characters of one segment |
| `**` as a segment of the path | any number of segments, also none |
| `*` as port | any port or none; only of the `localhost` and loopback hosts above |

An entry has at most {wildcards} wildcards (`**` is one), and one `**` inside the path beside one at
its end. The last two labels of the host have none, except those before `localhost`, and the query
has none. Scheme and host are compared without case, everything else exactly; a port that is not
registered matches only for `127.0.0.1` and `[::1]`. A requested URI may add a query, such as
`?authType=xsuaa`, unless the entry has one. `descriptor check FILE --redirect-uri URI` prints the
entry that matches a URI, or why none does.

Refused in both: characters outside printable ASCII, `\\`, `#`, user info, `@` in the path, IP
addresses except the loopback addresses above, hosts with one label or a final dot or whose last
label is a number, ports outside 1 to 65535 or with leading zeros, percent-encoding in the host or
of `/`, `\\`, `.` and `%` in the path or of control characters, dot segments (also `..;x`), `//` in
a path with wildcards, and query parameters of OAuth responses (`code`, `state`, `error`, …).
"""


_NOTES = """\
The response to a provision or update, and `descriptor check`, contain a note on each of these.

- An own scope in `authorities` that is not defined: it takes effect when an update defines it.
- The platform's own scopes (`xs_*`, `uaa.resource`), and references to applications of the platform
  (`xsuaa`, `uaa`, `na-…`, `sb-…`): they have no effect, and no client or role template gets such a
  scope by them. The exception: `xs_…` scopes in `foreign-scope-references` reach tokens of users
  who hold them, once the operator has approved the application (`applications approve`).
- A bare name such as `other` or `other.read` means `$XSAPPNAME(application,other)`, but only an
  application of the own space. The long form is not limited to the space.
- Old words: in role templates
  {keys};
  `$uaa.user` for `uaa.user`; the grant type `client_x509`, which allows `client_credentials` with
  a certificate only and requires `x509` among `credential-types`. Today's spelling is
  `client_credentials` with `"credential-types": ["x509"]`.

`*` is allowed in `granted-apps` only and means every application.
"""


_WRAPPER = TextWrapper(100, break_long_words=False, break_on_hyphens=False)

_APIACCESS = f"""\
## Plan apiaccess

This plan needs no parameters and takes only these keys; all others are errors.

- `{PATHS[0]}`: without it, the broker chooses the name; an update without it keeps the name.
- `{PATHS[1]}`
- `{PATHS[2]}`: must contain `{CredentialType.BINDING_SECRET}`, the only type that the plan issues.

`descriptor check --plan apiaccess` checks a file for this plan.
"""


def reference_page() -> str:
    """Return the page as Markdown."""
    applications = ", ".join(f"`{form}`" for form in APPLICATION_FORMS.split(", "))
    parts = [_introduction(applications), "## Top level\n"]
    schema = parameter_schema(Descriptor)
    parts.append(_table(schema, Descriptor))
    for name, definition in sorted(schema["definitions"].items()):
        part = next((p for p in DescriptorPart.__subclasses__() if p.__name__ == name), None)
        if part is not None:
            parts += [f"## {name}\n", f"{part.__doc__}\n", _table(_object_form(definition), part)]
    parts.append(_REDIRECT_URIS.format(wildcards=MAX_WILDCARDS))
    parts += ["## Keys without effect\n"]
    parts += [f"- `{key}`: {reason}" for key, reason in INERT_KEYS.items()]
    spellings = (f"`{old}` for `{today}`" for old, today in TEMPLATE_KEYS.items())
    parts += ["\n## Accepted with a note\n", _NOTES.format(keys=", ".join(spellings))]
    parts += [_APIACCESS]
    parts += [
        "## Binding parameters\n",
        _table(parameter_schema(BindingParameters), BindingParameters),
    ]
    parts += [f"## {X509Parameters.__name__}\n", f"{X509Parameters.__doc__}\n"]
    parts += [_table(parameter_schema(X509Parameters), X509Parameters)]
    return "\n".join(parts).rstrip() + "\n"


def _introduction(applications: str) -> str:
    text = _INTRODUCTION.format(
        applications=applications,
        restricting=_codes(RESTRICTING_KEYS),
        reserved=_codes(RESERVED_NAMES),
        prefixes=" or ".join(f"`{prefix}`" for prefix in RESERVED_PREFIXES),
        values=MAX_DESCRIPTOR_VALUES,
        references=MAX_REFERENCES,
        keys=MAX_KEYS,
        key=MAX_KEY,
        depth=MAX_DEPTH,
        digits=MAX_DIGITS,
        binding=MAX_BINDING_VALUES,
    )
    # Browsers show the page as plain text, without wrapping it.
    paragraphs = text.rstrip().split("\n\n")
    return "\n\n".join(map(_WRAPPER.fill, paragraphs)) + "\n"


def _codes(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts)


def _object_form(definition: dict[str, Any]) -> dict[str, Any]:
    forms = definition.get("anyOf", [definition])
    return next(form for form in forms if "properties" in form)


_NAMES: Final[Mapping[type[DescriptorPart], Mapping[str, str]]] = {
    Descriptor: {"xsappname": XSAPPNAME_RULE},
    Scope: {"name": SCOPE_NAME_RULE.replace(SCOPE_NAME, f"`{SCOPE_NAME}`")},
}
"""The rules of names that the schema lacks, because texts cite them in the original's words."""


def _table(schema: dict[str, Any], part: type[DescriptorPart]) -> str:
    rows = ["| Key | Values | Default | Meaning |", "|---|---|---|---|"]
    fields = {each.alias or name: each for name, each in part.model_fields.items()}
    for key, value in schema["properties"].items():
        values = _NAMES.get(part, {}).get(key) or _values(value)
        meaning = MEANINGS[part][key]
        absent = meaning.absent or _default(fields[key])
        rows.append(f"| `{key}` | {values} | {absent} | {meaning.text} |")
    return "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    """Return the default of a field that says it all: it is no None."""
    if field.is_required():
        return "mandatory"
    value = field.default
    if value == []:
        return "none"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def _values(value: dict[str, Any]) -> str:
    if "anyOf" in value:
        forms = [_values(form) for form in value["anyOf"] if form != {"type": "null"}]
        return " or ".join(dict.fromkeys(forms))
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return _enumerations().get(name, f"[{name}](#{name.lower()})")
    if "enum" in value:
        return ", ".join(f"`{choice}`" for choice in value["enum"] if not isinstance(choice, bool))
    if value.get("type") == "array":
        limit = f", at most {value['maxItems']}" if "maxItems" in value else ""
        return f"list of {_values(value['items'])}{limit}"
    limits = {
        "maxLength": "at most {} characters",
        "minimum": "from {}",
        "maximum": "to {}",
    }
    if value.get("pattern") in NAME_RULES:
        return NAME_RULES[value["pattern"]]
    said = [text.format(value[rule]) for rule, text in limits.items() if rule in value]
    if value.get("pattern") == DIGITS:
        said.append("of digits")
    return " ".join([value.get("type", "any"), *said])


def _enumerations() -> dict[str, str]:
    definitions = parameter_schema(Descriptor)["definitions"]
    definitions |= parameter_schema(BindingParameters)["definitions"]
    return {
        name: ", ".join(f"`{choice}`" for choice in definition["enum"])
        for name, definition in definitions.items()
        if "enum" in definition
    }
