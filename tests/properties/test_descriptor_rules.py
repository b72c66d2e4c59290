"""Valid descriptors round-trip, and one broken rule gives that rule's error and no other."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.descriptor.changes import differences, forbidden_changes, protections
from broker.descriptor.model import CredentialType, Descriptor, GrantType, SystemAttribute
from broker.descriptor.parse import parse_descriptor
from broker.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

local = st.from_regex(r"[A-Za-z0-9_\-]{1,12}", fullmatch=True)
described = {"description": st.text(st.characters(codec="utf-8", exclude_categories=["C"]))}
applications = st.one_of(
    st.just("$XSAPPNAME"),
    local.map("$XSAPPNAME(application,{})".format),
    st.tuples(local, local).map(lambda pair: f"$XSAPPNAME(application,{pair[0]},{pair[1]})"),
    local.map("$XSSERVICENAME({})".format),
)
foreign_scopes = st.tuples(applications.filter(lambda s: "(" in s), local).map(".".join)
flags = st.sampled_from([True, False, "true", "false"])


def unique(strategy: st.SearchStrategy[Any], most: int = 4) -> st.SearchStrategy[list[Any]]:
    return st.lists(strategy, max_size=most, unique=True)


@st.composite
def descriptors(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid descriptor with at least one of everything that can be broken."""
    scope_names = draw(st.lists(local, min_size=1, max_size=4, unique=True))
    attributes = draw(
        st.lists(local.map(lambda s: s.replace("-", "_")), min_size=1, max_size=3, unique=True)
    )
    templates = draw(st.lists(local, min_size=1, max_size=3, unique=True))
    own = st.sampled_from([f"$XSAPPNAME.{name}" for name in scope_names])
    return {
        "xsappname": draw(
            local.filter(lambda s: s not in {"uaa", "xsuaa"} and not s.startswith(("na-", "sb-")))
        ),
        "tenant-mode": draw(st.sampled_from(["dedicated", "shared", "external"])),
        "scopes": [
            {
                "name": f"$XSAPPNAME.{name}",
                "granted-apps": draw(unique(applications)),
                "grant-as-authority-to-apps": draw(unique(applications)),
                **draw(st.fixed_dictionaries({}, optional=described)),
            }
            for name in scope_names
        ],
        "attributes": [
            {
                "name": name,
                "valueType": draw(st.sampled_from(["string", "s", "int", "date"])),
                "valueRequired": draw(flags),
            }
            for name in attributes
        ],
        "role-templates": [
            {
                "name": name,
                "scope-references": draw(unique(own | foreign_scopes | st.just("uaa.user"))),
                "attribute-references": [
                    {"name": each, "default-values": ["x"]}
                    for each in draw(unique(st.sampled_from(attributes)))
                ],
            }
            for name in templates
        ],
        "role-collections": [
            {
                "name": f"collection {name}",
                "role-template-references": [f"$XSAPPNAME.{name}"],
            }
            for name in templates
        ],
        "authorities": draw(unique(own | foreign_scopes | applications)),
        "foreign-scope-references": draw(unique(foreign_scopes | st.just("uaa.user"))),
        "oauth2-configuration": {
            "token-validity": draw(st.integers(60, 86_400) | st.just("900")),
            "refresh-token-validity": draw(st.integers(60, 31_536_000)),
            "redirect-uris": ["https://*.my-app.example.org/login/**"],
            "credential-types": draw(
                st.lists(st.sampled_from(list(CredentialType)), min_size=1, max_size=3, unique=True)
            ),
            "grant-types": draw(unique(st.sampled_from(list(GrantType)))),
            "system-attributes": draw(unique(st.sampled_from(list(SystemAttribute)))),
            "autoapprove": draw(flags),
        },
    }


@given(descriptors())
@settings(max_examples=60)
def test_a_valid_descriptor_round_trips(document: dict[str, Any]) -> None:
    """A parsed and serialized descriptor is equal, and no update of itself."""
    descriptor = parse_descriptor(document)
    written = descriptor.model_dump(mode="json", by_alias=True, exclude_none=True)
    again = parse_descriptor(written)
    assert again == descriptor
    assert differences(descriptor, again) == []
    assert list(forbidden_changes(protections(descriptor), again)) == []


def put(*path: str | int, value: object) -> Callable[[dict[str, Any]], None]:
    """Return a mutation that writes the value at the path; a list is appended to at index -1."""

    def mutate(document: dict[str, Any]) -> None:
        place: Any = document
        *way, last = path
        for step in way:
            place = place[step]
        if isinstance(place, list):
            place.append(value)
        else:
            place[last] = value

    return mutate


def repeat(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda document: document[key].append(copy.deepcopy(document[key][0]))


def fill(key: str, size: int, entry: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    def mutate(document: dict[str, Any]) -> None:
        document[key] += [
            {name: str(value).format(index=index) for name, value in entry.items()}
            for index in range(size)
        ]

    return mutate


OAUTH = "oauth2-configuration"
OPTIONAL = {"description", "xsenableasyncservice", "dry-run", "force", "ignore-credential-usage"}
CONTROL = "the control character U+0000"
MUTATIONS: list[tuple[Callable[[dict[str, Any]], None], str, str]] = [
    (put("xsappname", value="a.b"), "xsappname", "Invalid xsappname"),
    (put("xsappname", value="x" * 101), "xsappname", "1 to 100 characters"),
    (put("tenant-mode", value="many"), "tenant-mode", "dedicated, shared, external"),
    (put("descripton", value="x"), "descripton", 'did you mean "description"'),
    (put("description", value="x" * 1001), "description", "at most 1000 characters"),
    (put("description", value="a\0b"), "description", CONTROL),
    (put("scopes", 0, "description", value="\0"), "scopes[0].description", CONTROL),
    (put("role-collections", 0, "name", value="a\0"), "role-collections[0].name", CONTROL),
    (put("scopes", 0, "name", value="$XSAPPNAME..a"), "scopes[0].name", "not starting with '.'"),
    (
        put("scopes", 0, "granted-apps", -1, value="b.c"),
        "scopes[0].granted-apps[",
        "$XSSERVICENAME(",
    ),
    (
        put("scopes", 0, "grant-as-authority-to-apps", -1, value="$XSAPPNAME(b)"),
        "scopes[0].grant-as-authority-to-apps[",
        "$XSAPPNAME(<plan>",
    ),
    (repeat("scopes"), "scopes[", "unique names"),
    (fill("scopes", 500, {"name": "$XSAPPNAME.more:{index}"}), "scopes", "at most 500"),
    (put("attributes", 0, "name", value="a b"), "attributes[0].name", "1 to 64 characters from"),
    (
        put("attributes", 0, "valueType", value="float"),
        "attributes[0].valueType",
        "string, s, int, date",
    ),
    (
        put("attributes", 0, "valueRequired", value="yes"),
        "attributes[0].valueRequired",
        "true or false",
    ),
    (repeat("attributes"), "attributes[", "unique names"),
    (
        put("role-templates", 0, "name", value="t" * 65),
        "role-templates[0].name",
        "at most 64 characters",
    ),
    (
        put("role-templates", 0, "scope-references", -1, value="$XSAPPNAME.not:there"),
        "role-templates[0].scope-references[",
        "is not defined",
    ),
    (
        put("role-templates", 0, "scope-references", -1, value="$XSAPPNAME"),
        "role-templates[0].scope-references[",
        "$XSAPPNAME.<scope>",
    ),
    (
        put("role-templates", 0, "attribute-references", -1, value="not_there_at_all"),
        "role-templates[0].attribute-references[",
        "is not defined",
    ),
    (
        put("role-templates", 0, "default-role-name", value="r" * 256),
        "role-templates[0].default-role-name",
        "at most 255",
    ),
    (
        put("role-templates", 0, "scope-reference", value=[]),
        "role-templates[0].scope-reference",
        'did you mean "scope-references"',
    ),
    (repeat("role-templates"), "role-templates[", "unique names"),
    (put("role-collections", 0, "name", value="c" * 65), "role-collections[0].name", "at most 64"),
    (
        put("role-collections", 0, "role-template-references", -1, value="$XSAPPNAME.none:x"),
        "role-collections[0].role-template-references[",
        "is not defined",
    ),
    (repeat("role-collections"), "role-collections[", "unique names"),
    (
        fill("role-collections", 250, {"name": "more {index}", "role-template-references": ""}),
        "role-collections",
        "at most 250",
    ),
    (
        put("authorities", -1, value="*"),
        "authorities[",
        "$ACCEPT_GRANTED_AUTHORITIES",
    ),
    (
        put("authorities", -1, value="$ACCEPT_GRANTED_SCOPES"),
        "authorities[",
        "$ACCEPT_GRANTED_AUTHORITIES",
    ),
    (
        put("foreign-scope-references", -1, value="$XSAPPNAME.own"),
        "foreign-scope-references[",
        "$ACCEPT_GRANTED_SCOPES",
    ),
    (put(OAUTH, "token-validity", value=59), f"{OAUTH}.token-validity", "at least 60 seconds"),
    (
        put(OAUTH, "token-validity", value=86_401),
        f"{OAUTH}.token-validity",
        "at most 86400 seconds",
    ),
    (
        put(OAUTH, "refresh-token-validity", value=59),
        f"{OAUTH}.refresh-token-validity",
        "at least 60 seconds",
    ),
    (
        put(OAUTH, "refresh-token-validity", value=31_536_001),
        f"{OAUTH}.refresh-token-validity",
        "at most 31536000",
    ),
    (
        put(OAUTH, "redirect-uris", -1, value="https://*.com/**"),
        f"{OAUTH}.redirect-uris[",
        "last two labels",
    ),
    (
        put(OAUTH, "redirect-uris", -1, value="my-app.example.org"),
        f"{OAUTH}.redirect-uris[",
        "https://",
    ),
    (put(OAUTH, "credential-types", value=[]), f"{OAUTH}.credential-types", "at least one of"),
    (
        put(OAUTH, "credential-types", -1, value="secret"),
        f"{OAUTH}.credential-types[",
        "instance-secret, binding-secret, x509",
    ),
    (
        put(OAUTH, "grant-types", -1, value="implicit"),
        f"{OAUTH}.grant-types[",
        "client_credentials",
    ),
    (
        put(OAUTH, "system-attributes", -1, value="roles"),
        f"{OAUTH}.system-attributes[",
        "rolecollections",
    ),
    (put(OAUTH, "autoapprove", value=1), f"{OAUTH}.autoapprove", "true or false"),
    (
        put(OAUTH, "credential-type", value=["x509"]),
        f"{OAUTH}.credential-type",
        "credential-type in the parameters of a binding",
    ),
]


@pytest.mark.parametrize(("mutate", "path", "words"), MUTATIONS)
@given(document=descriptors())
@settings(max_examples=3)
def test_one_broken_rule_gives_that_rule_s_error(
    document: dict[str, Any],
    mutate: Callable[[dict[str, Any]], None],
    path: str,
    words: str,
) -> None:
    broken = copy.deepcopy(document)
    mutate(broken)
    with pytest.raises(InvalidRequest) as refused:
        parse_descriptor(broken)
    [violation] = refused.value.violations
    assert violation.path.startswith(path)
    assert violation.path == path or path.endswith("[")
    assert words in str(violation)


def test_every_key_of_the_model_is_drawn() -> None:
    """The strategy covers the model."""
    drawn = {"xsappname", "tenant-mode", "scopes", "attributes", "role-templates", OAUTH}
    drawn |= {"role-collections", "authorities", "foreign-scope-references"}
    keys = {str(each.alias) for each in Descriptor.model_fields.values()}
    assert keys - drawn == OPTIONAL
