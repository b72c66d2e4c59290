"""For any input, parsing returns a descriptor or raises its own error."""

from __future__ import annotations

import json
import re

from hypothesis import example, given
from hypothesis import strategies as st

from broker.authorization.client_authorities import own_authorities
from broker.descriptor.model import CredentialType, Descriptor
from broker.descriptor.names import APIACCESS_SCOPES, AppId
from broker.descriptor.parse import parse_descriptor
from broker.errors import InvalidRequest
from broker.instances.plan import Plan

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
keys = [str(field.alias) for field in Descriptor.model_fields.values()]
local_names = st.from_regex(r"[A-Za-z0-9_\-]{1,20}", fullmatch=True)
names = st.one_of(
    local_names.map("$XSAPPNAME.{}".format),
    st.sampled_from(["uaa.user", "uaa.resource", "xs_user.read", *APIACCESS_SCOPES]),
    st.text(max_size=20),
    local_names.map("$XSAPPNAME(application,other).{}".format),
)
descriptors = st.fixed_dictionaries(
    {"xsappname": local_names},
    optional={
        "scopes": st.lists(st.fixed_dictionaries({"name": names}), max_size=4),
        "authorities": st.lists(names, max_size=4),
        "oauth2-configuration": st.fixed_dictionaries(
            {"credential-types": st.lists(st.sampled_from(CredentialType), max_size=5)}
        ),
    },
)


@given(st.dictionaries(st.sampled_from(keys) | st.text(), json_values, max_size=6))
@example({"xsappname": "app", "authorities": ["\x1f"]})
def test_parsing_raises_nothing_but_its_own_error(document: dict[str, object]) -> None:
    error = None
    try:
        parse_descriptor(document)
    except InvalidRequest as refusal:
        error = refusal
    if error is not None:
        assert error.violations
        assert all(violation.path and violation.allowed for violation in error.violations)
        assert str(error).isprintable()


@given(descriptors)
def test_no_descriptor_gets_an_authority_that_is_not_its_own(document: dict[str, object]) -> None:
    """D-29: only the own prefix or the platform scope of every client, for any input."""
    try:
        descriptor = parse_descriptor(document)
    except InvalidRequest:
        return
    app_id = AppId(descriptor.xsappname, "t", 7)
    for scope in own_authorities(Plan.APPLICATION, app_id, descriptor):
        assert scope == "uaa.resource" or scope.startswith(f"{app_id}.")


@given(descriptors)
def test_credential_types_have_no_duplicates_and_keep_their_order(
    document: dict[str, object],
) -> None:
    try:
        descriptor = parse_descriptor(json.loads(json.dumps(document)))
    except InvalidRequest:
        return
    if (types := descriptor.credential_types) is not None:
        assert len(types) == len(set(types)) > 0
        given_types = re.findall(r"instance-secret|binding-secret|x509", json.dumps(document))
        first_seen = list(dict.fromkeys(t for t in given_types if t in types))
        assert list(types) == first_seen
