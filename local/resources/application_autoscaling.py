"""AWS::ApplicationAutoScaling types."""

from __future__ import annotations

from cdk_sagemaker_inference.testing.translation import target_members
from local.providers import Child, Made, Properties, ResourceType, Tagging

_IDENTITY = ("ServiceNamespace", "ResourceId", "ScalableDimension")


def _target_identity(made: Made) -> Properties:
    return {name: made.properties[name] for name in _IDENTITY}


def _target_id(made: Made) -> str:
    own = made.properties
    return f"{own['ResourceId']}|{own['ScalableDimension']}|{own['ServiceNamespace']}"


def _split_target(properties: Properties) -> Properties:
    """A policy names its target by the target's id or by the three members that make it up."""
    target = properties.pop("ScalingTargetId", None)
    if target is None:
        return properties
    return properties | target_members(target)


def _policy_identity(made: Made) -> Properties:
    own = _split_target(dict(made.properties))
    return {name: own[name] for name in ("PolicyName", *_IDENTITY)}


def _policy_arn(made: Made) -> str:
    # Before the policy exists its name stands for it.
    return str(made.answer.get("PolicyARN", made.properties["PolicyName"]))


TYPES = (
    ResourceType(
        type="AWS::ApplicationAutoScaling::ScalableTarget",
        service="application-autoscaling",
        create="RegisterScalableTarget",
        update="RegisterScalableTarget",
        delete="DeregisterScalableTarget",
        ref=_target_id,
        identity=_target_identity,
        attributes={"Id": _target_id},
        children=(
            Child(
                property="ScheduledActions",
                put="PutScheduledAction",
                delete="DeleteScheduledAction",
                key="ScheduledActionName",
            ),
        ),
        tagging=Tagging(
            add="TagResource", remove="UntagResource", arn_member="ResourceARN", as_map=True
        ),
        arn=lambda made: str(made.answer["ScalableTargetARN"]),
        gone=frozenset({"ObjectNotFoundException"}),
    ),
    ResourceType(
        type="AWS::ApplicationAutoScaling::ScalingPolicy",
        service="application-autoscaling",
        create="PutScalingPolicy",
        update="PutScalingPolicy",
        delete="DeleteScalingPolicy",
        name="PolicyName",
        ref=_policy_arn,
        identity=_policy_identity,
        prepare=_split_target,
        attributes={"Arn": _policy_arn},
        gone=frozenset({"ObjectNotFoundException"}),
    ),
)
