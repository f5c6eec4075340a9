"""Reads the templates of a cloud assembly, the directory that ``cdk synth`` writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .applications import DeployedTemplate
from .intrinsics import Template
from .unknown import Unknown


def templates(directory: Path) -> Iterator[DeployedTemplate]:
    """All templates below an assembly, those of stages and nested stacks too.

    Raises:
        FileNotFoundError: The directory is no cloud assembly.
    """
    artifacts = _read(directory / "manifest.json").get("artifacts", {})
    assets: dict[str, Path] = {}
    for artifact in artifacts.values():
        if artifact["type"] == "cdk:asset-manifest":
            assets |= _assets(directory, artifact["properties"]["file"])
    for name, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            yield from templates(directory / properties["directoryName"])
        elif artifact["type"] == "aws:cloudformation:stack":
            stack = properties.get("stackName", name)
            environment = artifact.get("environment", "")
            yield from _stack(directory / properties["templateFile"], assets, stack, environment)


def _stack(
    file: Path, assets: Mapping[str, Path], stack: str, environment: str
) -> Iterator[DeployedTemplate]:
    """A stack, and those nested in it, whose templates are assets that the URL names by hash."""
    template = Template(_read(file))
    yield DeployedTemplate(stack, environment, template)
    for logical_id, _ in template.of_type("AWS::CloudFormation::Stack"):
        url = template.property(logical_id, "TemplateURL")
        known = url.filled("") if isinstance(url, Unknown) else str(url)
        for key, path in assets.items():
            if key in known:
                yield from _stack(path, assets, f"{stack}/{logical_id}", environment)


def _assets(directory: Path, file: str) -> Iterator[tuple[str, Path]]:
    """The templates among a stack's assets, by the hash of each."""
    for key, asset in _read(directory / file).get("files", {}).items():
        path = asset.get("source", {}).get("path", "")
        if path.endswith(".nested.template.json"):
            yield key.partition("-")[0], directory / path


def _read(path: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
