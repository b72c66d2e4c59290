"""The path and the query of a request."""

from __future__ import annotations

import pytest

from broker.api.parameters import query_values, raw_path
from broker.api.route import Query
from broker.errors import InvalidRequest

QUERIES = (
    Query("flag", "boolean", default=True),
    Query("number", "integer", maximum=500),
    Query("text"),
)


def test_the_path_is_the_received_one() -> None:
    environ = {"RAW_URI": "/a%2Fb/?x=1", "PATH_INFO": "/a/b/"}
    assert raw_path(environ, "POST") == "/a%2Fb/"
    assert raw_path(environ, "HEAD") == "/a%2Fb"
    assert raw_path({"PATH_INFO": "/a/b"}, "GET") == "/a/b"
    # Of a request in absolute form, another server passes the whole URL.
    assert raw_path({"RAW_URI": "http://host/a", "PATH_INFO": "/a"}, "GET") == "/a"


def test_listed_parameters_are_converted_and_others_ignored() -> None:
    given = {"flag": "FALSE", "number": "07", "text": "t", "startIndex": "x"}
    assert query_values(QUERIES, given) == {"flag": False, "number": 7, "text": "t"}
    assert query_values(QUERIES, {"flag": ""}) == {"flag": True, "number": None, "text": None}


@pytest.mark.parametrize(
    ("name", "value"),
    [("flag", "yes"), ("number", "-1"), ("number", "501"), ("number", "1" * 11), ("number", "²")],
)
def test_other_values_are_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidRequest, match=f"query parameter {name}"):
        query_values(QUERIES, {name: value})
