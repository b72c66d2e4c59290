"""The page that the catalog links to."""

from __future__ import annotations

from flask import Flask

from broker.descriptor.reports.reference_page import reference_page
from broker.osb.reference import PATH, reference


def test_the_page_is_public_and_revalidated() -> None:
    app = Flask(__name__)
    app.register_blueprint(reference())
    client = app.test_client()
    shown = client.get(PATH)
    assert (shown.status_code, shown.mimetype) == (200, "text/plain")
    assert shown.get_data(as_text=True) == reference_page()
    again = client.get(PATH, headers={"If-None-Match": shown.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Date" not in {*shown.headers.keys(), *again.headers.keys()}
    assert client.post(PATH).status_code == 405
