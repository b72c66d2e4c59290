"""Revocation: what was answered once holds at once, in every worker of both listeners."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
import requests

from tests.support.application import fetch_token
from tests.support.databases import fresh_database
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.application import Credentials

REQUESTS = 50
