"""The objects of a kustomization, with the few features that ours uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import yaml

if TYPE_CHECKING:
    from pathlib import Path

Manifest = dict[str, Any]

_TEXTS = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["apiVersion", "kind", "resources", "images", "configMapGenerator"],
    "properties": {
        "apiVersion": {"const": "kustomize.config.k8s.io/v1beta1"},
        "kind": {"const": "Kustomization"},
        "resources": _TEXTS,
        "images": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "newName", "newTag"],
                "properties": {key: {"type": "string"} for key in ("name", "newName", "newTag")},
            },
        },
        "configMapGenerator": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "behavior", "literals", "options"],
                "properties": {
                    "name": {"type": "string"},
                    "behavior": {"const": "merge"},
                    "literals": {**_TEXTS, "items": {"type": "string", "pattern": "^[A-Z_]+="}},
                    "options": {"const": {"disableNameSuffixHash": True}},
                },
            },
        },
    },
}
"""The fields that ``rendered`` applies; another one must be added there, too."""


def kustomization_in(folder: Path) -> Manifest:
    """Return the kustomization of a folder; raise ValidationError."""
    found: Manifest = yaml.safe_load((folder / "kustomization.yaml").read_text())
    jsonschema.validate(found, SCHEMA)
    return found


def rendered(folder: Path) -> list[Manifest]:
    """Return the objects as ``kubectl apply -k`` sends them, in the order of the resources."""
    kustomization = kustomization_in(folder)
    objects = [
        each
        for name in kustomization["resources"]
        for each in yaml.safe_load_all((folder / name).read_text())
    ]
    for generated in kustomization["configMapGenerator"]:
        [merged] = [
            each
            for each in objects
            if (each["kind"], each["metadata"]["name"]) == ("ConfigMap", generated["name"])
        ]
        merged["data"] |= dict(literal.split("=", 1) for literal in generated["literals"])
    images = {image["name"]: image for image in kustomization["images"]}
    for each in objects:
        for container in _containers(each):
            if image := images.get(container["image"].partition(":")[0]):
                container["image"] = f"{image['newName']}:{image['newTag']}"
    return objects


def _containers(manifest: Manifest) -> list[Manifest]:
    template = manifest.get("spec", {}).get("template", {})
    found: list[Manifest] = template.get("spec", {}).get("containers", [])
    return found
