"""Application Auto Scaling: scalable targets, scaling policies and scheduled actions.

It replaces moto's whole service, because moto knows a stale list of dimensions, never looks
whether the scaled resource exists and drops part of the policies.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from moto.applicationautoscaling import models as moto_models
from moto.applicationautoscaling import urls as moto_urls
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.base_backend import BackendDict
from moto.utilities.utils import get_partition

from local.services import sagemaker
from local.services.api import Answer, CheckedResponse, Operation, Refusal, Request, page, tags_of
from local.services.scaled_resources import VARIANT, Key, move_into_range
from local.services.scaling_policies import check_policy

_IDENTITY = ("ServiceNamespace", "ResourceId", "ScalableDimension")


class Scaling:
    """The scalable targets of one account and region, with what hangs on them."""

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.targets: dict[Key, Answer] = {}
        self.policies: dict[tuple[Key, str], Answer] = {}
        self.actions: dict[tuple[Key, str], Answer] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def operations(self) -> Mapping[str, Operation]:
        """The operations, by their name in the service model."""
        return {
            "RegisterScalableTarget": self.register,
            "DescribeScalableTargets": self.describe_targets,
            "DeregisterScalableTarget": self.deregister,
            "PutScalingPolicy": self.put_policy,
            "DescribeScalingPolicies": self.describe_policies,
            "DeleteScalingPolicy": self.delete_policy,
            "PutScheduledAction": self.put_action,
            "DescribeScheduledActions": self.describe_actions,
            "DeleteScheduledAction": self.delete_action,
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "ListTagsForResource": self.list_tags,
        }

    def register(self, request: Request) -> Answer:
        """Adds or changes a target and moves the variant's capacity into its range at once."""
        key = _key(request)
        known = self.targets.get(key)
        target: Answer = {} if known is None else deepcopy(known)
        target |= {k: v for k, v in request.items() if k not in ("Tags", "RoleARN")}
        if known is None:
            for member in ("MinCapacity", "MaxCapacity"):
                if member not in request:
                    raise Refusal(f"{member} is required to register a new scalable target.")
            target |= self._new_target(request)
        if target["MinCapacity"] > target["MaxCapacity"]:
            raise Refusal("Maximum capacity cannot be less than minimum capacity")
        move_into_range(sagemaker.hosting(self.account, self.region), key, target)
        self.targets[key] = target
        arn: str = target["ScalableTargetARN"]
        self.tags.setdefault(arn, {}).update(tags_of_map(request))
        return {"ScalableTargetARN": arn}

    def _new_target(self, request: Request) -> Answer:
        partition = get_partition(self.region)
        base = f"arn:{partition}:application-autoscaling:{self.region}:{self.account}"
        role = (
            f"arn:{partition}:iam::{self.account}:role/aws-service-role/"
            "sagemaker.application-autoscaling.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
        )
        suspended = dict.fromkeys(
            (
                "DynamicScalingInSuspended",
                "DynamicScalingOutSuspended",
                "ScheduledScalingSuspended",
            ),
            False,
        )
        return {
            "RoleARN": role,
            "CreationTime": datetime.now(UTC),
            "SuspendedState": suspended | request.get("SuspendedState", {}),
            "ScalableTargetARN": f"{base}:scalable-target/{uuid.uuid4().hex[:16]}",
        }

    def describe_targets(self, request: Request) -> Answer:
        wanted = [t for k, t in self.targets.items() if _matches(k, request)]
        if "ResourceIds" in request:
            wanted = [t for t in wanted if t["ResourceId"] in request["ResourceIds"]]
        shown, token = page(wanted, request, 50)
        return {"ScalableTargets": shown, **token}

    def deregister(self, request: Request) -> Answer:
        """Removes a target, its policies and its scheduled actions."""
        key = _key(request)
        if key not in self.targets:
            raise Refusal(_missing("scalable target", key), "ObjectNotFoundException")
        self._forget(key)
        return {}

    def _forget(self, key: Key) -> None:
        self.tags.pop(self.targets.pop(key)["ScalableTargetARN"], None)
        for stored in (self.policies, self.actions):
            for entry in [entry for entry in stored if entry[0] == key]:
                del stored[entry]

    def put_policy(self, request: Request) -> Answer:
        key = _key(request)
        self._require_target(key)
        check_policy(request)
        place = (key, request["PolicyName"])
        policy = self.policies.get(place, {}) | deepcopy(request)
        if "PolicyARN" not in policy:
            policy["PolicyARN"] = self._arn("scalingPolicy", key, f"policyName/{place[1]}")
            policy["CreationTime"] = datetime.now(UTC)
            policy["Alarms"] = []
        self.policies[place] = policy
        return {"PolicyARN": policy["PolicyARN"], "Alarms": policy["Alarms"]}

    def describe_policies(self, request: Request) -> Answer:
        wanted = [p for (key, _), p in self.policies.items() if _matches(key, request)]
        names = request.get("PolicyNames")
        if names is not None:
            wanted = [p for p in wanted if p["PolicyName"] in names]
        shown, token = page(wanted, request, 50)
        return {"ScalingPolicies": shown, **token}

    def delete_policy(self, request: Request) -> Answer:
        place = (_key(request), request["PolicyName"])
        if place not in self.policies:
            raise Refusal(_missing("scaling policy", place[0]), "ObjectNotFoundException")
        del self.policies[place]
        return {}

    def put_action(self, request: Request) -> Answer:
        key = _key(request)
        self._require_target(key)
        place = (key, request["ScheduledActionName"])
        action = self.actions.get(place, {}) | deepcopy(request)
        if "ScheduledActionARN" not in action:
            if "Schedule" not in request:
                raise Refusal("Schedule is required to create a scheduled action.")
            action["ScheduledActionARN"] = self._arn(
                "scheduledAction", key, f"scheduledActionName/{place[1]}"
            )
            action["CreationTime"] = datetime.now(UTC)
        self.actions[place] = action
        return {}

    def describe_actions(self, request: Request) -> Answer:
        wanted = [a for (key, _), a in self.actions.items() if _matches(key, request)]
        names = request.get("ScheduledActionNames")
        if names is not None:
            wanted = [a for a in wanted if a["ScheduledActionName"] in names]
        shown, token = page(wanted, request, 50)
        return {"ScheduledActions": shown, **token}

    def delete_action(self, request: Request) -> Answer:
        place = (_key(request), request["ScheduledActionName"])
        if place not in self.actions:
            raise Refusal(_missing("scheduled action", place[0]), "ObjectNotFoundException")
        del self.actions[place]
        return {}

    def tag(self, request: Request) -> Answer:
        self._tags(request).update(tags_of_map(request))
        return {}

    def untag(self, request: Request) -> Answer:
        tags = self._tags(request)
        for key in request["TagKeys"]:
            tags.pop(key, None)
        return {}

    def list_tags(self, request: Request) -> Answer:
        return {"Tags": dict(self._tags(request))}

    def _tags(self, request: Request) -> dict[str, str]:
        arn = request["ResourceARN"]
        if arn not in self.tags:
            raise Refusal(f"Resource {arn} not found.", "ResourceNotFoundException")
        return self.tags[arn]

    def _require_target(self, key: Key) -> None:
        if key not in self.targets:
            raise Refusal(
                f"No scalable target registered for service namespace: {key[0]}, resource ID: "
                f"{key[1]}, scalable dimension: {key[2]}",
                "ObjectNotFoundException",
            )

    def _arn(self, kind: str, key: Key, tail: str) -> str:
        unique = uuid.uuid4()
        return (
            f"arn:{get_partition(self.region)}:autoscaling:{self.region}:{self.account}:{kind}:"
            f"{unique}:resource/{key[0]}/{key[1]}:{tail}"
        )

    def scaled_variants(self, endpoint: str) -> set[str]:
        """The variants of an endpoint that have a scalable target."""
        matches = (VARIANT.fullmatch(resource) for _, resource, _ in self.targets)
        return {m[2] for m in matches if m is not None and m[1].lower() == endpoint.lower()}

    def forget(self, resource: str) -> None:
        """Drops the targets of a deleted resource, and of what is below it."""
        for key in list(self.targets):
            if f"{key[1]}/".lower().startswith(f"{resource}/".lower()):
                self._forget(key)


def tags_of_map(request: Request) -> dict[str, str]:
    """This API's tags are a map, unlike SageMaker's list; a list is accepted for uniformity."""
    tags = request.get("Tags") or {}
    return dict(tags) if isinstance(tags, dict) else tags_of(request)


def _key(request: Request) -> Key:
    return (request["ServiceNamespace"], request["ResourceId"], request["ScalableDimension"])


def _matches(key: Key, request: Request) -> bool:
    return all(
        request.get(member, value) == value for member, value in zip(_IDENTITY, key, strict=True)
    )


def _missing(noun: str, key: Key) -> str:
    return (
        f"No {noun} found for service namespace: {key[0]}, resource ID: {key[1]}, "
        f"scalable dimension: {key[2]}"
    )


class ScalingBackend(moto_models.ApplicationAutoscalingBackend):
    """moto's backend, carrying the replaced state."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.scaling = Scaling(account_id, region_name)
        store = sagemaker.hosting(account_id, region_name).store
        store.scaled_variants = self.scaling.scaled_variants
        store.deregister = self.scaling.forget

    @property
    def _url_module(self) -> Any:
        return moto_urls


class ScalingResponse(CheckedResponse, ApplicationAutoScalingResponse):
    """Routes every operation to `Scaling`."""

    def own_operations(self) -> Mapping[str, Operation]:
        backend = moto_models.applicationautoscaling_backends[self.current_account][self.region]
        if not isinstance(backend, ScalingBackend):
            raise TypeError("the embedded AWS is not installed: moto answers for scaling itself")
        return backend.scaling.operations()


def install() -> None:
    """Puts this behaviour in moto's place."""
    backends: BackendDict[Any] = moto_models.applicationautoscaling_backends
    backends.backend = ScalingBackend
    backends.clear()
    moto_urls.url_paths["{0}/$"] = ScalingResponse.dispatch
