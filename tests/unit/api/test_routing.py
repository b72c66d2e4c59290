"""Paths to routes: parameters are decoded after the path is split."""

from __future__ import annotations

from typing import Any

import pytest

from broker.api.route import Reply, Route
from broker.api.routing import Router


def a_route(method: Any, path: str) -> Route:
    return Route(
        method=method,
        path=path,
        operation_id=f"{method} {path}",
        summary="",
        tag="",
        scopes=("s",),
        handler=lambda _services, _request: Reply(),
    )


ROUTER = Router(
    [
        a_route("GET", "/a/things"),
        a_route("POST", "/a/things/bulk"),
        a_route("GET", "/a/things/{name}"),
        a_route("PUT", "/a/things/{name}"),
        a_route("GET", "/a/things/{name}/roles/{role}"),
        a_route("GET", "/a/things/roles/{app}/{role}"),
    ]
)


def found(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    match = ROUTER.matches(path).get(method)
    return None if match is None else (match.route.path, dict(match.parameters))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Name", "Name"),
        ("a%20%26%3A", "a &:"),
        ("a%2Fb", "a/b"),
        ("a+b", "a+b"),
        ("o'neil%2Bx@example.com", "o'neil+x@example.com"),
        ("%C3%BCber", "über"),
        ("\u00c3\u00bcber", "über"),  # UTF-8 that is not encoded, as WSGI passes it
        ("..", ".."),
        ("%2e%2e", ".."),
        ("%252F", "%2F"),
        ("a%zz", "a%zz"),
        ("x" * 65, "x" * 65),
    ],
)
def test_a_parameter_is_decoded_once(path: str, name: str) -> None:
    assert found("GET", f"/a/things/{path}") == ("/a/things/{name}", {"name": name})


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/a",
        "/a/things/",
        "/a//things",
        "/a/things//roles/x",
        "/a/things/%ff",
        "/a/things/\ud800",
        "/a/things/x/roles",
        "/b/things",
        "/a/things" + "/x" * 40,
        "a/%C3",
    ],
)
def test_other_paths_have_no_route(path: str) -> None:
    assert ROUTER.matches(path) == {}


def test_fixed_segments_precede_parameters_with_the_same_method() -> None:
    assert found("GET", "/a/things/roles/x/y") == (
        "/a/things/roles/{app}/{role}",
        {"app": "x", "role": "y"},
    )
    assert found("POST", "/a/things/bulk") == ("/a/things/bulk", {})
    # A thing of that name is reached by the other methods.
    assert found("PUT", "/a/things/bulk") == ("/a/things/{name}", {"name": "bulk"})
    assert found("GET", "/a/things/roles/roles/x") is not None
    assert set(ROUTER.matches("/a/things/bulk")) == {"GET", "POST", "PUT"}


def test_two_routes_of_one_method_and_path_are_refused() -> None:
    routes = [a_route("GET", "/a/{x}"), a_route("GET", "/a/{y}")]
    with pytest.raises(ValueError, match="two routes for GET"):
        Router(routes)
