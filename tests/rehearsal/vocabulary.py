"""What the tables of changes are written with: containers, neighbours, and one record per type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from aws_cdk import Duration, Size, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from cdk_sagemaker_inference import (
    Container,
    ContainerImage,
    ModelData,
    S3Prefix,
    ScalingPolicy,
)
from rehearsal.changes import NAMING, Asked

Neighbours = Mapping[str, str]
Made = Callable[[Stack, Neighbours], Any]
"""An argument that is made in the stack, of what is around it."""

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
BIGGER, SMALLER = "ml.m5.2xlarge", "ml.m5.large"
ROLE_ARN = "arn:aws:iam::123456789012:role/own-execution"
OTHER_TEAM = replace(NAMING, team="other")
NEXT_VERSION = replace(NAMING, version=4)
OTHER_ENVIRONMENT = replace(NAMING, environment="test")

TWENTY_MINUTES = Duration.minutes(20)
FIFTY_GIB = Size.gibibytes(50)


def image(tag: str = "1.4.2", repository: str = "fraud") -> ContainerImage:
    return ContainerImage.from_registry(f"{REGISTRY}/{repository}:{tag}")


def data(version: int = 3) -> ModelData:
    return ModelData.from_uri(f"s3://files/models/{version}/model.tar.gz")


def container(**changes: Any) -> Container:
    return Container(**{"image": image(), "data": data(), **changes})


CONTAINER = container()


def vpc(stack: Stack, neighbours: Neighbours) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id=neighbours["vpc"],
        availability_zones=["us-east-1a", "us-east-1b"],
        private_subnet_ids=[neighbours["subnet 1"], neighbours["subnet 2"]],
        private_subnet_route_table_ids=["rtb-1", "rtb-2"],
    )


def one_subnet(stack: Stack, neighbours: Neighbours) -> ec2.SubnetSelection:
    subnet = ec2.Subnet.from_subnet_attributes(
        stack,
        "Subnet",
        subnet_id=neighbours["subnet 1"],
        availability_zone="us-east-1a",
        route_table_id="rtb-1",
    )
    return ec2.SubnetSelection(subnets=[subnet])


def own_group(stack: Stack, neighbours: Neighbours) -> list[ec2.ISecurityGroup]:
    return [ec2.SecurityGroup.from_security_group_id(stack, "Group", neighbours["group"])]


def key(stack: Stack, neighbours: Neighbours) -> kms.IKey:
    return kms.Key.from_key_arn(stack, "Key", neighbours["key"])


def role(stack: Stack, neighbours: Neighbours) -> iam.IRole:
    return iam.Role.from_role_arn(stack, "Role", neighbours["role"])


def topic(name: str) -> Made:
    return lambda stack, neighbours: sns.Topic.from_topic_arn(stack, "Topic", neighbours[name])


def bucket(stack: Stack) -> s3.IBucket:
    made = stack.node.try_find_child("Files")
    if made is None:
        return s3.Bucket.from_bucket_name(stack, "Files", "files")
    return cast(s3.IBucket, made)


def below(prefix: str) -> Made:
    return lambda stack, _: S3Prefix(bucket=bucket(stack), prefix=prefix)


def archives(prefix: str = "archives", *, caching: bool = True, **changes: Any) -> Made:
    """A container of many models."""
    return lambda stack, _: container(
        data=ModelData.from_archives(bucket(stack), prefix, caching=caching), **changes
    )


@dataclass(frozen=True)
class Kind:
    """A type of endpoint, as the groups of changes that several types share need it.

    :param base: the arguments to begin with.
    :param asks: the arguments that say what runs, with changes to its container.
    :param path: where what runs is seen.
    :param pulling: the statement that lets the role pull the image, by its id or its service.
    :param reading: the statement that lets it read the archive, likewise.
    :param alarms: the class of its alarms, and what all of them are called after the variant.
    :param guards: those that roll a deployment back.
    :param scaling: the class of its autoscaling.
    """

    base: Asked
    asks: Callable[..., Asked]
    path: str = "variant.AllTraffic.model.PrimaryContainer"
    pulling: str = "PullImage"
    reading: str = "ReadModelData"
    alarms: type[Any] | None = None
    alarm_names: frozenset[str] = frozenset()
    guards: tuple[str, ...] = ()
    scaling: type[Any] | None = None

    role = "permission.made role"

    def scaled(self, low: int = 2, high: int = 4, percent: float = 60, **more: Any) -> Any:
        assert self.scaling is not None
        policies = more.pop("policies", [ScalingPolicy.on_cpu(percent=percent)])
        return self.scaling(min_capacity=low, max_capacity=high, policies=policies, **more)

    def alarmed(self, **thresholds: Any) -> Any:
        assert self.alarms is not None
        return self.alarms(**thresholds)
