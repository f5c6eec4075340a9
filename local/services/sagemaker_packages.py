"""SageMaker's model registry: groups of model packages and their versions.

It replaces moto's, which cannot delete packages.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime

from local.services.api import Answer, Operation, Refusal, Request
from local.services.sagemaker_store import Store, Stored, kept, listing, summarized


class Packages:
    """The model packages of one account and region, in groups (with versions) or on their own."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def operations(self) -> Mapping[str, Operation]:
        """The operations, by their name in the service model."""
        return {
            "CreateModelPackageGroup": self.create_group,
            "DescribeModelPackageGroup": self.describe_group,
            "ListModelPackageGroups": self.list_groups,
            "DeleteModelPackageGroup": self.delete_group,
            "CreateModelPackage": self.create,
            "DescribeModelPackage": self.describe,
            "UpdateModelPackage": self.update,
            "ListModelPackages": self.list_packages,
            "DeleteModelPackage": self.delete,
        }

    def create_group(self, request: Request) -> Answer:
        name = request["ModelPackageGroupName"]
        arn = self.store.arn("model-package-group", name)
        if arn in self.store.package_groups:
            # Wording not sourced.
            raise Refusal(f'Cannot create already existing model package group "{arn}".')
        self.store.package_groups[arn] = Stored(name, arn, **kept(request))
        return {"ModelPackageGroupArn": arn}

    def describe_group(self, request: Request) -> Answer:
        group = self._group(request["ModelPackageGroupName"])
        return group.request | _group_summary(group)

    def list_groups(self, request: Request) -> Answer:
        found = self.store.package_groups.values()
        return listing(found, request, "ModelPackageGroupSummaryList", _group_summary)

    def delete_group(self, request: Request) -> Answer:
        group = self._group(request["ModelPackageGroupName"])
        if self._versions(group.name):
            # Wording not sourced.
            raise Refusal(f'Model package group "{group.arn}" still has model packages.')
        del self.store.package_groups[group.arn]
        return {}

    def create(self, request: Request) -> Answer:
        """A package has a name of its own or is the next version of a group."""
        group, name = request.get("ModelPackageGroupName"), request.get("ModelPackageName")
        # Both wordings: gh:getmoto/moto#7165
        if group is not None and name is not None:
            raise Refusal(
                "Both ModelPackageName and ModelPackageGroupName are provided in the input. Cannot "
                "determine which one to use."
            )
        if group is None and name is None:
            raise Refusal("Missing ARN.")
        request = {"ModelApprovalStatus": "PendingManualApproval"} | request
        if group is not None:
            name = self._group(group).name
            versions = self._versions(name)
            version = versions[-1].request["ModelPackageVersion"] + 1 if versions else 1
            numbers = {"ModelPackageGroupName": name, "ModelPackageVersion": version}
            arn = self.store.arn("model-package", f"{name}/{version}")
            stored = Stored(f"{name}/{version}", arn, **kept(request | numbers))
        else:
            stored = Stored(str(name), self.store.arn("model-package", str(name)), **kept(request))
        if stored.arn in self.store.packages:
            # Wording not sourced.
            raise Refusal(f'Cannot create already existing model package "{stored.arn}".')
        self.store.packages[stored.arn] = stored
        return {"ModelPackageArn": stored.arn}

    def describe(self, request: Request) -> Answer:
        package = self.store.package(request["ModelPackageName"])
        status: Answer = {"ValidationStatuses": [], "ImageScanStatuses": []}
        return package.request | _package_summary(package) | {"ModelPackageStatusDetails": status}

    def update(self, request: Request) -> Answer:
        package = self.store.package(request["ModelPackageArn"])
        change = {k: v for k, v in request.items() if k != "ModelPackageArn"}
        gone = change.pop("CustomerMetadataPropertiesToRemove", [])
        package.request |= deepcopy(change)
        for key in gone:
            package.request.get("CustomerMetadataProperties", {}).pop(key, None)
        package.updated = datetime.now(UTC)
        return {"ModelPackageArn": package.arn}

    def list_packages(self, request: Request) -> Answer:
        group = request.get("ModelPackageGroupName")
        approval = request.get("ModelApprovalStatus")
        found = (
            list(self.store.packages.values())
            if group is None
            else self._versions(self._group(group).name)
        )
        found = [p for p in found if approval in (None, p.request["ModelApprovalStatus"])]
        return listing(found, request, "ModelPackageSummaryList", _package_summary)

    def delete(self, request: Request) -> Answer:
        del self.store.packages[self.store.package(request["ModelPackageName"]).arn]
        return {}

    def _group(self, name: str) -> Stored:
        """A group, named by its name or its ARN."""
        arn = name if name.startswith("arn:") else self.store.arn("model-package-group", name)
        if arn not in self.store.package_groups:
            # Wording not sourced: that of the other resources.
            raise Refusal(f'Could not find model package group "{arn}".')
        return self.store.package_groups[arn]

    def _versions(self, group: str) -> list[Stored]:
        packages = self.store.packages.values()
        return [p for p in packages if p.request.get("ModelPackageGroupName") == group]


def _group_summary(group: Stored) -> Answer:
    return summarized("ModelPackageGroup", group) | {"ModelPackageGroupStatus": "Completed"}


def _package_summary(package: Stored) -> Answer:
    shown = ("ModelPackageGroupName", "ModelPackageVersion", "ModelApprovalStatus")
    own = {member: package.request[member] for member in shown if member in package.request}
    return summarized("ModelPackage", package) | own | {"ModelPackageStatus": "Completed"}
