"""Catalog changes between versions."""

from __future__ import annotations

import shutil
from contextlib import closing
from typing import TYPE_CHECKING

import yaml

from tests.contract.broker import Broker
from tests.contract.subject import Subject
from tests.support.server import ROOT, Server

if TYPE_CHECKING:
    from pathlib import Path

PUBLISHED = {
    "xsuaa": "0f0d6a4e-7a1c-4b0e-9a55-6d1b3f0c8e21",
    "application": "5c0a1f7e-3a7b-4c52-8f3e-1f8a3b1f6d02",
    "apiaccess": "b6a0c9d4-2f3c-4b7a-9f0e-7d5d2a8c4e13",
}


def test_published_ids_are_unchanged() -> None:
    """OSB-CAT-20: platforms store them with every instance."""
    [service] = yaml.safe_load((ROOT / "catalog.yaml").read_text())["services"]
    ids = {entry["name"]: entry["id"] for entry in (service, *service["plans"])}
    assert PUBLISHED.items() <= ids.items()


def test_instances_of_a_withdrawn_plan_can_be_deleted(tmp_path: Path) -> None:
    """OSB-CAT-20: and bindings; they can also still be fetched."""
    product = tmp_path / "product"
    for name in ("broker", "migrations"):
        shutil.copytree(ROOT / name, product / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "catalog.yaml", product)
    server = Server(tmp_path, workers=1, PYTHONPATH=str(product))
    with server, closing(Broker(server.url, server.user, server.password)) as broker:
        binding = Subject.of(broker, plan="apiaccess").a_binding()
        server.stop()
        catalog = yaml.safe_load((product / "catalog.yaml").read_text())
        plans = catalog["services"][0]["plans"]
        plans[:] = [plan for plan in plans if plan["name"] != "apiaccess"]
        (product / "catalog.yaml").write_text(yaml.safe_dump(catalog))
        server.start()
        subject = Subject.of(broker)
        assert subject.offer.other_plan is None
        for resource in (binding, binding.instance):
            fetched, deleted = subject.fetch(resource), subject.delete(resource)
            assert (fetched.status, deleted.status) == (200, 200), f"{fetched}; {deleted}"
