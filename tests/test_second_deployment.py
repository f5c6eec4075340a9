"""Any single change must deploy over what is there.

CloudFormation makes a replacement before it deletes the old resource, so that a resource which a
change replaces must have another name. Which properties replace is read from the CloudFormation
registry's schemas.
"""

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Duration, Size, Stack, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from cdk_sagemaker_inference import (
    Container,
    ContainerImage,
    ModelData,
    Naming,
    RealtimeEndpoint,
    RoutingStrategy,
)
from support import ARCHIVE, CONTAINER, Synthesized, realtime, synthesize

MODEL = "AWS::SageMaker::Model"
CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"
NAME = {MODEL: "ModelName", CONFIG: "EndpointConfigName", ENDPOINT: "EndpointName"}

Build = Callable[[Stack], object]


def change(**arguments: Any) -> Build:
    return realtime(**arguments)


def container(**changes: Any) -> Container:
    return Container(**{"image": CONTAINER.image, "data": CONTAINER.data, **changes})


def vpc(stack: Stack, cidr: str = "10.0.0.0/16") -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, ip_addresses=ec2.IpAddresses.cidr(cidr))


def in_vpc(**arguments: Any) -> Build:
    def build(stack: Stack) -> RealtimeEndpoint:
        network = vpc(stack)
        selection = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        return realtime(**{"vpc": network, "vpc_subnets": selection, **arguments})(stack)

    return build


def in_one_zone(stack: Stack) -> RealtimeEndpoint:
    network = vpc(stack)
    return realtime(
        vpc=network, vpc_subnets=ec2.SubnetSelection(subnets=network.isolated_subnets[:1])
    )(stack)


def with_group(stack: Stack) -> object:
    network = vpc(stack)
    group = ec2.SecurityGroup(stack, "Group", vpc=network)
    return in_vpc_of(network, security_groups=[group])(stack)


def in_vpc_of(network: ec2.Vpc, **arguments: Any) -> Build:
    selection = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    return realtime(vpc=network, vpc_subnets=selection, **arguments)


def with_key(stack: Stack) -> RealtimeEndpoint:
    return realtime(encryption_key=kms.Key(stack, "Key"))(stack)


def with_bucket(name: str) -> Build:
    def build(stack: Stack) -> RealtimeEndpoint:
        bucket = s3.Bucket(stack, "Bucket", bucket_name=name)
        data = ModelData.from_bucket(bucket, "model.tar.gz")
        return realtime(model=container(data=data))(stack)

    return build


def with_repository(name: str) -> Build:
    def build(stack: Stack) -> RealtimeEndpoint:
        repository = ecr.Repository(stack, "Repository", repository_name=name)
        image = ContainerImage.from_ecr_repository(repository, tag="1")
        return realtime(model=container(image=image))(stack)

    return build


def with_role(name: str) -> Build:
    def build(stack: Stack) -> RealtimeEndpoint:
        principal = iam.ServicePrincipal("sagemaker.amazonaws.com")
        role = iam.Role(
            stack,
            "Role",
            role_name=name,
            assumed_by=principal,  # type: ignore[arg-type,unused-ignore]  # jsii's parameter names
        )
        return realtime(role=role)(stack)

    return build


def tagged(stack: Stack) -> None:
    Tags.of(realtime()(stack)).add("CostCentre", "42")


def renamed_construct(stack: Stack) -> RealtimeEndpoint:
    return RealtimeEndpoint(
        stack,
        "Fraud2",
        naming=Naming(team="rc", project="project-b", model="fraud", version=3),
        model=CONTAINER,
    )


NAMING = Naming(team="rc", project="project-a", model="fraud", version=4, environment="prod")

# what changes: (before, after, which types get another name)
CHANGES: dict[str, tuple[Build, Build, set[str]]] = {
    "image": (
        change(),
        change(
            model=container(
                image=ContainerImage.from_registry(
                    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fraud:1.4.3"
                )
            )
        ),
        {MODEL, CONFIG},
    ),
    "repository renamed": (with_repository("a/b"), with_repository("a/c"), {MODEL, CONFIG}),
    "data": (
        change(),
        change(model=container(data=ModelData.from_uri("s3://models/fraud/4/model.tar.gz"))),
        {MODEL, CONFIG},
    ),
    "bucket renamed": (with_bucket("models-1"), with_bucket("models-2"), {MODEL, CONFIG}),
    "data removed": (change(), change(model=container(data=None)), {MODEL, CONFIG}),
    "data from an asset": (
        change(),
        change(model=container(data=ModelData.from_asset(str(ARCHIVE)))),
        {MODEL, CONFIG},
    ),
    "environment variable": (
        change(model=container(environment={"A": "1"})),
        change(model=container(environment={"A": "2"})),
        {MODEL, CONFIG},
    ),
    "version": (change(), change(naming=NAMING), {MODEL, CONFIG}),
    "instance type": (change(), change(instance_type="ml.c5.xlarge"), {CONFIG}),
    "instance count": (change(), change(instance_count=2), {CONFIG}),
    "volume": (change(), change(volume_size=Size.gibibytes(50)), {CONFIG}),
    "key": (change(), with_key, {CONFIG}),
    "key off": (with_key, change(), {CONFIG}),
    "download timeout": (
        change(),
        change(model_data_download_timeout=Duration.minutes(20)),
        {CONFIG},
    ),
    "health check timeout": (
        change(),
        change(container_startup_health_check_timeout=Duration.minutes(20)),
        {CONFIG},
    ),
    "routing": (change(), change(routing_strategy=RoutingStrategy.RANDOM), {CONFIG}),
    "isolation": (change(), change(enable_network_isolation=True), {MODEL, CONFIG}),
    "vpc": (change(), in_vpc(), {MODEL, CONFIG}),
    "vpc off": (in_vpc(), change(), {MODEL, CONFIG}),
    "subnets": (in_vpc(), in_one_zone, {MODEL, CONFIG}),
    "security group": (in_vpc(), with_group, {MODEL, CONFIG}),
    "role": (change(), with_role("models"), {MODEL, CONFIG}),
    "role renamed": (with_role("models-1"), with_role("models-2"), {MODEL, CONFIG}),
    "tags": (change(), tagged, set()),
    "outputs": (change(), change(outputs=True), set()),
    "construct and project renamed": (change(), renamed_construct, {MODEL, CONFIG, ENDPOINT}),
}


def names(synthesized: Synthesized) -> dict[str, str]:
    return {
        resource_type: synthesized.properties(resource_type)[name]
        for resource_type, name in NAME.items()
    }


@pytest.mark.parametrize("what", CHANGES)
def test_exactly_what_the_change_replaces_gets_another_name(what: str) -> None:
    before, after, renamed = CHANGES[what]
    old, new = names(synthesize(before)), names(synthesize(after))
    assert {
        resource_type for resource_type in NAME if old[resource_type] != new[resource_type]
    } == (renamed)


@pytest.mark.parametrize("what", CHANGES)
def test_nothing_named_is_replaced_under_the_same_name(what: str) -> None:
    before, after, _ = CHANGES[what]
    old, new = synthesize(before).template["Resources"], synthesize(after).template["Resources"]
    for logical_id in old.keys() & new.keys():
        resource_type = new[logical_id]["Type"]
        if resource_type not in NAME:
            continue
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource_type).schema
        replacing = {path.removeprefix("/properties/") for path in schema["createOnlyProperties"]}
        was, becomes = old[logical_id]["Properties"], new[logical_id]["Properties"]
        if any(was.get(name) != becomes.get(name) for name in replacing):
            assert was[NAME[resource_type]] != becomes[NAME[resource_type]]


def test_the_same_request_has_the_same_names() -> None:
    assert names(synthesize(change())) == names(synthesize(change()))


def test_the_order_of_environment_variables_changes_nothing() -> None:
    one = change(model=container(environment={"A": "1", "B": "2"}))
    other = change(model=container(environment={"B": "2", "A": "1"}))
    assert names(synthesize(one)) == names(synthesize(other))
