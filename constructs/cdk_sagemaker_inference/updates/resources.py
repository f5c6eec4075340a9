"""What CloudFormation refuses of any resource's update, or does to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .registry import Obstacle, Update, UpdateRule, rule
from .template import SCALABLE_TARGET, UNKNOWN, Resource, TemplateReader

RULES: list[UpdateRule] = []


@rule(
    RULES,
    "resource-type",
    "A logical id keeps its resource type.",
    source="cfn:ValidationError, Update of resource type is not permitted",
)
def _resource_type(update: Update) -> Iterator[Obstacle]:
    for was, now in update.kept:
        if was.type != now.type:
            yield Obstacle(
                logical_id=now.logical_id,
                change=f"{was.type} becomes {now.type}",
                way="give the construct another id",
            )


@dataclass(frozen=True, kw_only=True)
class _Named:
    """How a type is named.

    :param name: the property that names it; another name is another resource.
    :param replaced_by: the other properties that replace it (``createOnlyProperties`` of its
        schema in CloudFormation's registry).
    """

    name: str
    replaced_by: tuple[str, ...] = ()


NAMED: Mapping[str, _Named] = {
    "AWS::ApplicationAutoScaling::ScalingPolicy": _Named(
        name="PolicyName",
        replaced_by=("ServiceNamespace", "ResourceId", "ScalableDimension", "ScalingTargetId"),
    ),
    "AWS::CloudWatch::Alarm": _Named(name="AlarmName"),
    "AWS::CloudWatch::Dashboard": _Named(name="DashboardName"),
    "AWS::EC2::SecurityGroup": _Named(name="GroupName", replaced_by=("GroupDescription", "VpcId")),
    "AWS::ECR::Repository": _Named(name="RepositoryName", replaced_by=("EncryptionConfiguration",)),
    "AWS::IAM::ManagedPolicy": _Named(
        name="ManagedPolicyName", replaced_by=("Description", "Path")
    ),
    "AWS::IAM::Role": _Named(name="RoleName", replaced_by=("Path",)),
    "AWS::S3::Bucket": _Named(name="BucketName"),
    "AWS::SNS::Topic": _Named(name="TopicName", replaced_by=("FifoTopic",)),
    "AWS::SQS::Queue": _Named(name="QueueName", replaced_by=("FifoQueue",)),
    "AWS::SageMaker::Endpoint": _Named(name="EndpointName"),
    "AWS::SageMaker::EndpointConfig": _Named(
        name="EndpointConfigName",
        replaced_by=(
            "AsyncInferenceConfig",
            "DataCaptureConfig",
            "EnableNetworkIsolation",
            "ExecutionRoleArn",
            "ExplainerConfig",
            "KmsKeyId",
            "MetricsConfig",
            "ProductionVariants",
            "ShadowProductionVariants",
            "VpcConfig",
        ),
    ),
    "AWS::SageMaker::InferenceComponent": _Named(name="InferenceComponentName"),
    "AWS::SageMaker::Model": _Named(
        name="ModelName",
        replaced_by=(
            "Containers",
            "EnableNetworkIsolation",
            "ExecutionRoleArn",
            "InferenceExecutionConfig",
            "PrimaryContainer",
            "VpcConfig",
        ),
    ),
    "AWS::SageMaker::ModelPackageGroup": _Named(
        name="ModelPackageGroupName", replaced_by=("ModelPackageGroupDescription",)
    ),
    "AWS::Scheduler::Schedule": _Named(name="Name"),
    "AWS::StepFunctions::StateMachine": _Named(
        name="StateMachineName", replaced_by=("StateMachineType",)
    ),
}
"""Types that are named explicitly around endpoints."""


@rule(
    RULES,
    "fixed-name",
    "What an update replaces needs another name, because CloudFormation makes the replacement "
    "before it deletes the old resource.",
    source="cfn:aws-properties-name",
)
def _fixed_name(update: Update) -> Iterator[Obstacle]:
    for was, now in update.kept:
        named = NAMED.get(now.type)
        if was.type != now.type or named is None or named.name not in now.properties:
            continue
        old = update.before.text(was.properties.get(named.name, ""))
        name = update.after.text(now.properties[named.name])
        changed = [
            member
            for member in named.replaced_by
            if update.before.text(was.properties.get(member))
            != update.after.text(now.properties.get(member))
        ]
        if changed and old == name:
            yield Obstacle(
                logical_id=now.logical_id,
                change=f"{', '.join(changed)} of {now.type} {name!r} replaces it under its name",
                way="give it another name, or none",
            )


@rule(
    RULES,
    "name-in-use",
    "A name moves to another logical id only after the resource that has it is gone.",
    source="cdk:identifiers, gh:aws/aws-cdk#27094",
)
def _name_in_use(update: Update) -> Iterator[Obstacle]:
    holders = {
        (was.type, update.before.text(was.properties[NAMED[was.type].name])): was.logical_id
        for was in update.removed
        if was.type in NAMED and NAMED[was.type].name in was.properties
    }
    for now in update.after.resources.values():
        named = NAMED.get(now.type)
        if now.logical_id in update.before.resources or named is None:
            continue
        name = update.after.text(now.properties.get(named.name, ""))
        holder = holders.get((now.type, name))
        if name and holder is not None:
            yield Obstacle(
                logical_id=now.logical_id,
                change=f"{now.type} {name!r} is {holder} and is to be {now.logical_id}",
                way="keep the construct's id and its place in the tree, or override the logical "
                "id; or change the name with it (naming)",
                unknown=UNKNOWN in name,
            )


@rule(
    RULES,
    "target-in-use",
    "A scalable target has one logical id: when the old one is deleted, at the end of the update, "
    "the variant or component is no longer scaled.",
    source="api:application-autoscaling RegisterScalableTarget, DeregisterScalableTarget",
    warns=True,
)
def _target_in_use(update: Update) -> Iterator[Obstacle]:
    before = {
        _target(update.before, was): was.logical_id
        for was in update.removed
        if was.type == SCALABLE_TARGET
    }
    for now in update.after.of_type(SCALABLE_TARGET):
        holder = before.get(_target(update.after, now))
        if now.logical_id not in update.before.resources and holder is not None:
            yield Obstacle(
                logical_id=now.logical_id,
                change=f"the scalable target is {holder} and is to be {now.logical_id}",
                way="deploy twice: first with scaling=None, then with scaling",
            )


def _target(reader: TemplateReader, resource: Resource) -> tuple[str, ...]:
    members = ("ServiceNamespace", "ScalableDimension", "ResourceId")
    return tuple(reader.text(resource.properties.get(member, "")) for member in members)


KEPT_DATA = frozenset({"AWS::ECR::Repository", "AWS::KMS::Key", "AWS::S3::Bucket"})
"""What holds data of the user's, or opens them."""


@rule(
    RULES,
    "data-removed",
    "What holds data goes with its resource, unless its removal policy keeps it.",
    source="cfn:aws-attribute-deletionpolicy",
    warns=True,
)
def _data_removed(update: Update) -> Iterator[Obstacle]:
    for was in update.removed:
        # Buckets and keys are deleted unless the deployed template says otherwise.
        if was.type in KEPT_DATA and was.entry.get("DeletionPolicy", "Delete") == "Delete":
            yield Obstacle(
                logical_id=was.logical_id,
                change=f"{was.type} is deleted",
                way="if it is to stay, deploy twice: first with removal_policy=RETAIN, then this",
            )
