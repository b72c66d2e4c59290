"""Changes of role collections and custom roles since a backup, from log lines (D-59)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.authorization.collections.model import RoleAttribute
from tests.unit.recovery.test_user_changes import line, planned

MAPPING = {"origin": "corp", "attribute": "Groups", "value": "staff"}
READER, WRITER = "Reader (app!t1, Reader)", "Writer (app!t1, Writer)"


def of_collection(action: str, **details: Any) -> dict[str, Any]:
    return line(action, "Readers", "role-collection", **details)


def roles(before: list[str], after: list[str]) -> dict[str, Any]:
    return of_collection("change-role-collection", roles=after, previous_roles=before)


def custom_role(action: str) -> dict[str, Any]:
    return line(action, "Berlin", "role", application="app!t1", template="Reader")


def static(*values: str) -> dict[str, Any]:
    return {"origin": "static", "values": list(values)}


UNRESTRICTED = {"origin": "unrestricted", "values": []}


def values(
    before: dict[str, Any],
    after: dict[str, Any],
    texts: tuple[str | None, str | None] = (None,) * 2,
) -> dict[str, Any]:
    details: dict[str, Any] = {"previous_attributes": before, "attributes": after}
    details |= {"previous_description": texts[0], "description": texts[1]}
    named = {"application": "app!t1", "template": "Reader"}
    return line("change-role", "Berlin", "role", **named, **details)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"Country": static("DE", "FR")}, {"Country": static("DE")}),
        ({"Country": UNRESTRICTED}, {"Country": static("DE")}),
        ({}, {"Country": {"origin": "idp", "values": ["country"]}}),
    ],
)
def test_attribute_values_that_a_change_took_away(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    plan = planned(values(before, after))
    assert list(plan.collections.withdrawals()) == [
        (
            "Restrict the attribute values of role Berlin (app!t1, Reader) of zone zone-guid to"
            " those of its last change, if it exists."
        )
    ]
    assert list(plan.users.reports()) == []
    # What it gave is not taken away, and reported.
    for events in (
        [values(after, before)],
        [values(before, after, ("a", "b"))],
        [values(before, after), values(after, before)],
        [values({"Country": static("DE")}, {"Country": static("FR")})],
        [values({"Country": static("DE")}, {"Country": {"origin": "saml", "values": []}})],
        [line("change-role", "Berlin", "role")],
    ):
        (report,) = planned(*events).users.reports()
        assert "(change-role)" in report
    assert list(planned(values(after, before)).collections.withdrawals()) == []
    deleted = planned(values(before, after), custom_role("delete-role"))
    (withdrawal,) = deleted.collections.withdrawals()
    assert withdrawal.startswith("Delete role Berlin")


def test_of_several_changes_of_a_role_the_last_decides() -> None:
    plan = planned(
        values({"Country": static("DE", "FR")}, {"Country": static("DE")}),
        values({"Country": static("DE")}, {"Country": static("DE", "AT")}),
    )
    (limits,) = plan.collections.narrowed.values()
    assert limits == {"Country": RoleAttribute("static", ("DE", "AT"))}


def test_withdrawals_are_repeated_and_listed() -> None:
    plan = planned(
        line("update", "i", "service-instance", dropped_role_collections=["A", "B"])
        | {"instance_id": "i"},
        of_collection("unmap-role-collection", **MAPPING),
        roles([READER, WRITER], [READER]),
        custom_role("delete-role"),
        of_collection("delete-role-collection", roles=[READER]),
    )
    assert list(plan.collections.withdrawals()) == [
        (
            "End the assignments and mappings of role collection A of service instance i, if it"
            " exists."
        ),
        (
            "End the assignments and mappings of role collection B of service instance i, if it"
            " exists."
        ),
        (
            "Remove the mapping of Groups=staff (corp) to role collection Readers of zone"
            " zone-guid, if it exists."
        ),
        f"Remove role {WRITER} from role collection Readers of zone zone-guid, if it exists.",
        "Delete role Berlin (app!t1, Reader) of zone zone-guid, if it exists.",
        "Delete role collection Readers of zone zone-guid, if it exists.",
    ]
    assert list(plan.users.reports()) == []


def test_a_later_grant_supersedes_a_withdrawal_and_is_reported() -> None:
    plan = planned(
        of_collection("unmap-role-collection", **MAPPING),
        of_collection("map-role-collection", **MAPPING),
        roles([READER, WRITER], [READER]),
        roles([READER], [READER, WRITER]),
    )
    assert list(plan.collections.withdrawals()) == []
    mapped, added = plan.users.reports()
    assert "role-collection Readers of zone zone-guid was changed (map-role-collection)" in mapped
    assert "(change-role-collection) at 2026-01-02T00:03:00Z; check it." in added


def test_other_grants_supersede_nothing() -> None:
    """Also not those of another zone."""
    plan = planned(
        of_collection("unmap-role-collection", **MAPPING),
        of_collection("map-role-collection", **MAPPING | {"value": "guests"}),
        of_collection("map-role-collection", **MAPPING) | {"zone": "other"},
        roles([READER, WRITER], [READER]),
        roles([READER, WRITER], [READER]) | {"zone": "other"},
        roles([READER], [READER, WRITER]) | {"zone": "other"},
    )
    mapping, role = plan.collections.withdrawals()
    assert "Groups=staff (corp) to role collection Readers of zone zone-guid" in mapping
    assert f"role {WRITER} from role collection Readers of zone zone-guid" in role


def test_an_object_created_later_under_the_name_cancels_no_deletion() -> None:
    plan = planned(
        custom_role("delete-role"),
        custom_role("create-role"),
        of_collection("delete-role-collection"),
        of_collection("create-role-collection"),
    )
    assert len(list(plan.collections.withdrawals())) == 2
    role, collection = plan.users.reports()
    assert "The role Berlin of zone zone-guid was changed (create-role)" in role
    assert "(create-role-collection)" in collection


def test_events_without_the_required_details_are_reported() -> None:
    plan = planned(
        of_collection("unmap-role-collection", origin="corp"),
        of_collection("map-role-collection"),
        of_collection("change-role-collection", cut_off=True),
        line("delete-role", "Berlin", "role"),
    )
    assert list(plan.collections.withdrawals()) == []
    assert len(list(plan.users.reports())) == 4
