"""No combination of what an operated endpoint can have depends on itself, and all comes in order.

The product is built in one app per guardrail, because an app takes longer than a stack.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from aws_cdk import App, Duration, Stack, assertions
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from cdk_sagemaker_inference import (
    Alarms,
    BlueGreen,
    DataCapture,
    DeploymentPolicy,
    Naming,
    RealtimeEndpoint,
    Rolling,
    Scaling,
    ScalingPolicy,
    ScalingStep,
    Variant,
)
from support import CONTAINER, CONTEXT

ENDPOINT = "AWS::SageMaker::Endpoint"
MODEL = "AWS::SageMaker::Model"
CONFIG = "AWS::SageMaker::EndpointConfig"
ALARM = "AWS::CloudWatch::Alarm"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"

GUARDRAILS = ("none", "all-at-once", "canary", "linear", "rolling")
ALARMS = ("none", "default", "topic and own")
FLEET = 4


@dataclass(frozen=True)
class Combination:
    guardrail: str
    alarms: str
    scaling: bool
    vpc: bool
    capture: bool
    variants: int

    @property
    def rollback_alarms(self) -> int:
        """Two of each variant, and the user's own."""
        if self.guardrail == "none" or self.alarms == "none":
            return 0
        return 2 * self.variants + (self.alarms == "topic and own")


def combinations(guardrail: str) -> list[Combination]:
    flags = (False, True)
    return [Combination(guardrail, *rest) for rest in product(ALARMS, flags, flags, flags, (1, 2))]


def deployment(guardrail: str) -> DeploymentPolicy | None:
    match guardrail:
        case "all-at-once":
            return BlueGreen.all_at_once()
        case "canary":
            return BlueGreen.canary(instances=1)
        case "linear":
            return BlueGreen.linear(percent=50)
        case "rolling":
            return Rolling(percent=25)
        case _:
            return None


def network(stack: Stack) -> ec2.IVpc:
    """A VPC of the stack's own, of which the endpoint holds references."""
    vpc = ec2.CfnVPC(stack, "Vpc", cidr_block="10.0.0.0/16")
    subnets = [
        ec2.CfnSubnet(
            stack, f"Subnet{n}", vpc_id=vpc.ref, cidr_block=f"10.0.{n}.0/24", availability_zone=zone
        )
        for n, zone in enumerate(("eu-west-1a", "eu-west-1b"))
    ]
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "ImportedVpc",
        vpc_id=vpc.ref,
        availability_zones=["eu-west-1a", "eu-west-1b"],
        isolated_subnet_ids=[subnet.ref for subnet in subnets],
        isolated_subnet_route_table_ids=["rtb-1", "rtb-2"],
    )


def scaling() -> Scaling:
    queue = cloudwatch.Metric(namespace="Own", metric_name="Queue")
    return Scaling(
        min_capacity=FLEET,
        max_capacity=8,
        policies=[
            ScalingPolicy.on_invocations(per_instance_per_minute=600),
            ScalingPolicy.in_steps(queue, name="queue", steps=[ScalingStep(change=1, lower=10)]),
        ],
    )


def build(stack: Stack, name: str, asked: Combination) -> RealtimeEndpoint:
    each: dict[str, Any] = {"model": CONTAINER}
    each |= {"scaling": scaling()} if asked.scaling else {"instance_count": FLEET}
    arguments: dict[str, Any] = {"deployment": deployment(asked.guardrail), "alarms": None}
    if asked.variants == 1:
        arguments |= each
    else:
        arguments["variants"] = [Variant(name=f"v{n}", **each) for n in range(asked.variants)]
    if asked.alarms == "default":
        arguments["alarms"] = Alarms()
    elif asked.alarms == "topic and own":
        arguments["alarms"] = Alarms(topic=sns.Topic(stack, "Topic"))
    if asked.vpc:
        arguments["vpc"] = network(stack)
    if asked.capture:
        arguments["data_capture"] = DataCapture(bucket=s3.Bucket(stack, "Bucket"), prefix="fraud")
    naming = Naming(team="rc", project="cycles", model=name)
    endpoint = RealtimeEndpoint(stack, "Fraud", naming=naming, **arguments)
    if asked.alarms == "topic and own":
        own = cloudwatch.Alarm(
            stack,
            "Own",
            metric=endpoint.metric_invocation_model_errors(period=Duration.minutes(1)),
            threshold=1,
            evaluation_periods=1,
        )
        endpoint.add_alarm(own, guards_deployment=asked.guardrail != "none")
    return endpoint


def mentioned(value: object) -> Iterator[str]:
    """What a part of a template refers to by Ref, Fn::GetAtt and Fn::Sub."""
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::GetAtt": str(name)}:
            yield name.partition(".")[0]
        case {"Fn::Sub": [str(text), variables]}:
            yield from (name for name in substituted(text) if name not in variables)
            yield from mentioned(variables)
        case {"Fn::Sub": str(text)}:
            yield from substituted(text)
        case dict():
            for item in value.values():
                yield from mentioned(item)
        case list():
            for item in value:
                yield from mentioned(item)


def substituted(text: str) -> list[str]:
    return [name.partition(".")[0] for name in re.findall(r"\$\{([^!}][^}]*)\}", text)]


@dataclass(frozen=True)
class Graph:
    """Resources by logical id, and what each needs before it, directly or not."""

    resources: Mapping[str, Mapping[str, Any]]
    before: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, resources: Mapping[str, Mapping[str, Any]]) -> "Graph":
        needs: dict[str, set[str]] = {}
        for name, resource in resources.items():
            explicit = resource.get("DependsOn", [])
            found = {explicit} if isinstance(explicit, str) else set(explicit)
            found.update(mentioned(resource.get("Properties", {})))
            needs[name] = found & resources.keys()
        before = {}
        for name in resources:
            seen: set[str] = set()
            open_ends = [name]
            while open_ends:
                new = needs[open_ends.pop()] - seen
                seen |= new
                open_ends += new
            before[name] = frozenset(seen)
        return cls(resources, before)

    def cycles(self) -> list[str]:
        return [name for name, needed in self.before.items() if name in needed]

    def of_type(self, resource_type: str) -> set[str]:
        return {n for n, resource in self.resources.items() if resource["Type"] == resource_type}

    def comes_before(self, name: str, *resource_types: str) -> bool:
        """Tell whether all resources of these types come before a resource, and there are some."""
        return all(
            self.of_type(kind) and self.of_type(kind) <= self.before[name]
            for kind in resource_types
        )


def problems(asked: Combination, graph: Graph) -> Iterator[str]:
    """What is out of order, in words."""
    if cycles := graph.cycles():
        yield f"a cycle through {', '.join(cycles)}"
    (endpoint,) = graph.of_type(ENDPOINT)
    deployment = graph.resources[endpoint]["Properties"].get("DeploymentConfig", {})
    guards = deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    if len(guards) != asked.rollback_alarms:
        yield f"{len(guards)} alarms guard instead of {asked.rollback_alarms}"
    named = {name for guard in guards for name in mentioned(guard)}
    if len(named) != len(guards) or not named <= graph.of_type(ALARM) & graph.before[endpoint]:
        yield f"of the alarms {sorted(named)} some do not come before the endpoint"
    if not graph.comes_before(endpoint, CONFIG, MODEL):
        yield "config and models do not come before the endpoint"
    for model in graph.of_type(MODEL):
        if not graph.comes_before(model, "AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
            yield f"role and policy do not come before {model}"
    targets = graph.of_type(TARGET)
    if len(targets) != (asked.variants if asked.scaling else 0):
        yield f"there are {len(targets)} scalable targets"
    for target in targets:
        if endpoint not in graph.before[target]:
            yield f"{target} does not come after the endpoint"
    for policy in graph.of_type("AWS::ApplicationAutoScaling::ScalingPolicy"):
        if not targets & graph.before[policy]:
            yield f"{policy} does not come after its scalable target"


@pytest.mark.parametrize("guardrail", GUARDRAILS)
def test_nothing_depends_on_itself_and_all_comes_in_order(guardrail: str) -> None:
    asked = {
        f"s{number}": combination
        for number, combination in enumerate(combinations(guardrail))
        if guardrail != "rolling" or combination.variants == 1
    }
    found: list[str] = []
    with tempfile.TemporaryDirectory() as directory:
        app = App(context=dict(CONTEXT), outdir=directory, analytics_reporting=False)
        stacks = {name: Stack(app, name) for name in asked}
        for name, combination in asked.items():
            build(stacks[name], name, combination)
        app.synth()
        for name, combination in asked.items():
            # CDK's own check throws on a cycle.
            template = assertions.Template.from_stack(stacks[name]).to_json()
            graph = Graph.of(template["Resources"])
            found += [f"{combination}: {problem}" for problem in problems(combination, graph)]
    assert len(asked) == (24 if guardrail == "rolling" else 48)
    assert found == []


def test_rolling_over_several_variants_is_refused_in_each_combination() -> None:
    several = [combination for combination in combinations("rolling") if combination.variants > 1]
    assert len(several) == 24
    app = App(analytics_reporting=False)
    for number, combination in enumerate(several):
        with pytest.raises(ValueError, match="deployment='Rolling': allows one variant, not 2"):
            build(Stack(app, f"s{number}"), "fraud", combination)


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ({"Ref": "A"}, "A"),
        ({"Fn::GetAtt": ["A", "Arn"]}, "A"),
        ({"Fn::GetAtt": "A.Arn"}, "A"),
        ({"Fn::Sub": "x-${A}-${!A}"}, "A"),
        ({"Fn::Sub": ["${A.Arn}-${b}", {"b": "c"}]}, "A"),
        ({"Fn::Sub": ["${b}", {"b": {"Ref": "A"}}]}, "A"),
        ({"Fn::Join": ["", ["x", {"Ref": "A"}]]}, "A"),
    ],
)
def test_the_check_sees_each_kind_of_reference(reference: dict[str, Any], name: str) -> None:
    assert set(mentioned([{"x": reference}])) == {name}
    graph = Graph.of({"A": {"DependsOn": "B"}, "B": {"Properties": {"x": reference}}, "C": {}})
    assert graph.cycles() == ["A", "B"]
