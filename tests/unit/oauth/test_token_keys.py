"""The public keys, for every reader (O-90)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Blueprint, Flask

from broker.errors import ZoneNotFound
from broker.oauth.token_keys import add_key_endpoints


@dataclass
class Key:
    jwk: dict[str, str]


@dataclass
class Service:
    """Keys, and a zone that may not exist."""

    zone_exists: bool = True
    checked: list[str] = field(default_factory=list)

    def published(self) -> list[Key]:
        return [Key({"kid": "old"}), Key({"kid": "new"})]

    def current(self) -> Key:
        return Key({"kid": "old"})

    def subdomain(self) -> None:
        self.checked.append("host")
        if not self.zone_exists:
            raise ZoneNotFound

    def require_known_zid(self) -> None:
        self.checked.append("zid")


def client_of(service: Any) -> Any:
    app, blueprint = Flask(__name__), Blueprint("oauth", __name__)
    add_key_endpoints(blueprint, service, service)
    app.register_blueprint(blueprint)
    app.testing = True
    return app.test_client()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/token_keys", {"keys": [{"kid": "old"}, {"kid": "new"}]}),
        ("/token_keys/", {"keys": [{"kid": "old"}, {"kid": "new"}]}),
        ("/token_key", {"kid": "old"}),
    ],
)
def test_they_may_be_read_from_anywhere_and_kept_for_minutes(path: str, body: Any) -> None:
    service = Service()
    response = client_of(service).get(path)
    assert response.get_json() == body
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert service.checked == ["host", "zid"]


@pytest.mark.parametrize("path", ["/token_keys", "/token_key"])
def test_a_zone_that_does_not_exist_has_no_keys(path: str) -> None:
    with pytest.raises(ZoneNotFound):
        client_of(Service(zone_exists=False)).get(path)
