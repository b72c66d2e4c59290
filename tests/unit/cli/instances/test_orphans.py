"""Which instances a platform's list lacks."""

from __future__ import annotations

import io

import pytest

from broker.cli.instances.orphans import orphans
from broker.errors import ConfigurationError
from tests.support.instances import an_instance

FOUND = [an_instance(instance_id=name) for name in ("a", "b", "c")]


def listed(text: str, *, allow_empty: bool = False) -> list[str]:
    return orphans(FOUND, io.BytesIO(text.encode()), allow_empty=allow_empty)


def test_they_are_in_the_order_of_the_instances() -> None:
    assert listed("b\nother\n") == ["a", "c"]
    assert listed("c\nb\na\n") == []


def test_a_list_of_something_else_is_refused() -> None:
    for text in ("", "other\n"):
        with pytest.raises(
            ConfigurationError, match="none of the service instances of platform default"
        ):
            listed(text)
        assert listed(text, allow_empty=True) == ["a", "b", "c"]


def test_without_instances_there_are_no_orphans() -> None:
    assert orphans([], io.BytesIO(b""), allow_empty=False) == []


def test_a_list_concerns_one_platform() -> None:
    found = [*FOUND, an_instance(instance_id="d", platform="other")]
    with pytest.raises(ConfigurationError, match="default, other"):
        orphans(found, io.BytesIO(b"a"), allow_empty=True)
