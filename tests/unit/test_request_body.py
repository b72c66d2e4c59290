"""Reading the body of a request, and whether it was read."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge

from broker.request_body import has_unread_body, read_body

LIMIT = 8
CHUNKED = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}


@pytest.fixture
def app() -> Flask:
    made = Flask(__name__)
    made.config["MAX_CONTENT_LENGTH"] = LIMIT
    return made


def chunks(data: bytes) -> dict[str, Any]:
    return {"input_stream": io.BytesIO(data), "environ_overrides": CHUNKED}


def test_a_body_within_the_limit_is_returned_and_recorded_as_read(app: Flask) -> None:
    for data, sent in (
        (b"12345678", {"data": b"12345678"}),
        (b"12345678", chunks(b"12345678")),
    ):
        with app.test_request_context(method="POST", **sent):
            assert has_unread_body()
            assert read_body() == data
            assert not has_unread_body()


def test_a_longer_body_is_refused_with_and_without_a_length(app: Flask) -> None:
    for sent in ({"data": b"123456789"}, chunks(b"123456789")):
        with (
            app.test_request_context(method="POST", **sent),
            pytest.raises(RequestEntityTooLarge),
        ):
            read_body()


@pytest.mark.parametrize(("cache", "second"), [(True, b"a=b"), (False, b"")])
def test_the_body_is_kept_for_forms_on_request(app: Flask, *, cache: bool, second: bytes) -> None:
    with app.test_request_context(method="POST", data=b"a=b"):
        assert read_body(cache=cache) == b"a=b"
        assert request.get_data() == second


def test_a_request_without_a_body_leaves_none_unread(app: Flask) -> None:
    with app.test_request_context():
        assert not has_unread_body()
