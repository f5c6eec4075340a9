"""What SageMaker keeps, whatever its kind: found by name or ARN, tagged and listed alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from moto.utilities.utils import get_partition

from local.services.api import Answer, Operation, Refusal, Request, page, tag_list, tags_of


@dataclass
class Stored:
    """A resource, as it was asked for."""

    name: str
    arn: str
    request: Request
    tags: dict[str, str]
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime | None = None

    @property
    def changed(self) -> datetime:
        """When it was last made or changed."""
        return self.created if self.updated is None else self.updated


@dataclass
class Endpoint(Stored):
    """An endpoint with the running state of its variants."""

    config: Request = field(default_factory=dict)
    """What its endpoint configuration said; the configuration itself may be gone by now."""
    variants: dict[str, Answer] = field(default_factory=dict)
    shadows: dict[str, Answer] = field(default_factory=dict)


@dataclass
class Component(Stored):
    """An inference component with its number of copies."""

    endpoint: str = ""
    """The ARN of its endpoint"""
    copies: int = 0


@dataclass
class TransformJob(Stored):
    """A batch transform job, and how it will end."""

    ends: str | None = "Completed"
    reason: str = ""
    looks: int = 0
    status: str = "InProgress"
    ended: datetime | None = None


AnyStored = TypeVar("AnyStored", bound=Stored)


class Store:
    """The resources of one account and region. ARNs carry lower-case names and are the keys."""

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.models: dict[str, Stored] = {}
        self.configs: dict[str, Stored] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.components: dict[str, Component] = {}
        self.package_groups: dict[str, Stored] = {}
        self.packages: dict[str, Stored] = {}
        self.transform_jobs: dict[str, TransformJob] = {}
        # Application Auto Scaling registers itself here.
        self.scaled_variants: Callable[[str], set[str]] = lambda _endpoint: set()
        self.deregister: Callable[[str], None] = lambda _resource: None

    def tag_operations(self, request: Request) -> Mapping[str, Operation]:
        """The tag operations, if the request's ARN is one of a resource that is kept here."""
        if self._by_arn(request.get("ResourceArn", "")) is None:
            return {}
        return {
            "AddTags": self.add_tags,
            "ListTags": self.list_tags,
            "DeleteTags": self.delete_tags,
        }

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource; SageMaker lower-cases the name."""
        partition = get_partition(self.region)
        return f"arn:{partition}:sagemaker:{self.region}:{self.account}:{kind}/{name.lower()}"

    def model(self, name: str) -> Stored:
        return _find(self.models, self.arn("model", name), "model")

    def config(self, name: str) -> Stored:
        arn = self.arn("endpoint-config", name)
        return _find(self.configs, arn, "endpoint configuration")

    def endpoint(self, name: str) -> Endpoint:
        return _find(self.endpoints, self.arn("endpoint", name), "endpoint")

    def component(self, name: str) -> Component:
        # Wording not sourced: that of the other resources.
        arn = self.arn("inference-component", name)
        return _find(self.components, arn, "inference component")

    def package(self, name: str) -> Stored:
        # Wording not sourced: that of the other resources.
        return _find(self.packages, self.package_arn(name), "model package")

    def transform_job(self, name: str) -> TransformJob:
        arn = self.arn("transform-job", name)
        if arn not in self.transform_jobs:
            # Wording not sourced: that of other jobs.
            raise Refusal(f"Could not find requested job with name: {name}")
        return self.transform_jobs[arn]

    def package_arn(self, name: str) -> str:
        """The ARN of a model package that is named by its name or already by its ARN."""
        return name if name.startswith("arn:") else self.arn("model-package", name)

    def add_tags(self, request: Request) -> Answer:
        stored = self._tagged(request)
        stored.tags |= tags_of(request)
        if len(stored.tags) > 50:
            # Wording not sourced.
            raise Refusal("The number of tags exceeds the limit of 50 per resource.")
        return {"Tags": tag_list(stored.tags)}

    def list_tags(self, request: Request) -> Answer:
        tags, token = page(tag_list(self._tagged(request).tags), request, 50)
        return {"Tags": tags, **token}

    def delete_tags(self, request: Request) -> Answer:
        stored = self._tagged(request)
        stored.tags = {k: v for k, v in stored.tags.items() if k not in request["TagKeys"]}
        return {}

    def _tagged(self, request: Request) -> Stored:
        stored = self._by_arn(request["ResourceArn"])
        if stored is None:
            raise Refusal(f"Could not find resource {request['ResourceArn']}.")
        return stored

    def _by_arn(self, arn: str) -> Stored | None:
        shelves: tuple[Mapping[str, Stored], ...] = (
            self.models,
            self.configs,
            self.endpoints,
            self.components,
            self.package_groups,
            self.packages,
            self.transform_jobs,
        )
        return next((shelf[arn] for shelf in shelves if arn in shelf), None)


def _find(shelf: Mapping[str, AnyStored], arn: str, words: str) -> AnyStored:
    if arn not in shelf:
        raise Refusal(f'Could not find {words} "{arn}".')
    return shelf[arn]


def kept(request: Request) -> dict[str, Any]:
    """The members of a create request that `Stored` holds: a copy of it, and its tags apart."""
    whole = {key: deepcopy(value) for key, value in request.items() if key != "Tags"}
    return {"request": whole, "tags": tags_of(request)}


def listing(
    found: Iterable[AnyStored],
    request: Request,
    member: str,
    summary: Callable[[AnyStored], Answer],
) -> Answer:
    """A listing, sorted by creation time unless asked otherwise."""
    wanted = [s for s in found if request.get("NameContains", "") in s.name]
    by_name = request.get("SortBy") == "Name"
    wanted.sort(key=lambda s: s.name if by_name else s.created.isoformat())
    # The listings descend unless told otherwise.
    if request.get("SortOrder", "Descending") == "Descending":
        wanted.reverse()
    shown, token = page([summary(s) for s in wanted], request, 100)
    return {member: shown, **token}


def summarized(noun: str, stored: Stored) -> Answer:
    """What every summary of a listing has."""
    return {
        f"{noun}Name": stored.name,
        f"{noun}Arn": stored.arn,
        "CreationTime": stored.created,
    }
