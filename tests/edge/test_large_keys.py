"""The generation of large keys does not delay other requests (D-20)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.application import token_status
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.soak
def test_twenty_concurrent_large_keys_delay_no_token(tmp_path: Path) -> None:
    """Some of the binds may time out with an error; tokens and small calls succeed meanwhile.

    The referee validates every response.
    """
    with Server(tmp_path) as server:
        platform = PlatformClient(server.url, server.user, server.password, timeout=120)
        instance = a_guid()
        types = credential_types("binding-secret", "x509")
        platform.provision(instance, a_descriptor(oauth2_configuration=types))
        secret = platform.bind(instance, a_guid()).json()["credentials"]
        options = {"credential-type": "x509", "x509": {"key-length": 8192}}
        with ThreadPoolExecutor(20) as platforms:
            binds = [
                platforms.submit(platform.bind, instance, a_guid(), options) for _ in range(20)
            ]
            tokens = []
            while not all(bind.done() for bind in binds):
                tokens.append(token_status(secret))
        statuses = [bind.result().status_code for bind in binds]
        assert set(statuses) <= {201, 422}
        assert 201 in statuses
        assert len(tokens) > 100
        assert set(tokens) == {200}
