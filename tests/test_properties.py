"""Random requests: what is valid synthesizes and deploys, what is not raises ``ValueError``.

Requests are drawn as plain values, so that a failing one can be read; constructs are made of them
in a stack.
"""

import json
import operator
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import boto3
import pytest
from aws_cdk import App, CfnParameter, Duration, Size, Stack, TimeZone, Token
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from botocore import xform_name
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from moto import mock_aws

from cdk_sagemaker_inference import (
    AdjustmentType,
    Alarms,
    BlueGreen,
    CaptureMode,
    Container,
    ContainerImage,
    DataCapture,
    ModelData,
    Naming,
    RealtimeEndpoint,
    Rolling,
    RoutingStrategy,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    ScalingStep,
    ShadowVariant,
    Variant,
    VariantProperty,
)
from local import calls, providers, shapes
from local.extension import install
from local.models import UNKNOWN
from support import CONTEXT, IMAGE_URI, synthesize

Values = dict[str, Any]
Policy = tuple[str, Values]

COMMON = settings(
    deadline=None,
    derandomize=True,
    database=None,
    # Shrinking would deploy a hundred times more.
    phases=[Phase.explicit, Phase.generate],
    # Strategies for a whole request are large by nature.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

INSTANCE_TYPES: list[str] = (
    shapes.service_model("sagemaker").shape_for("ProductionVariantInstanceType").metadata["enum"]
)
# EC2's families with EBS only, of those that SageMaker hosts on.
VOLUME_FAMILIES = re.compile(r"ml\.(t2|[mcr]\d[agi]?n?|p2|p3|inf\d)\.")
GPU_FAMILIES = re.compile(r"ml\.[gp]\d")
BURSTABLE = re.compile(r"ml\.t2\.")
INFERENTIA_1 = re.compile(r"ml\.inf1\.")

# Thresholds of alarms with what each is by default, and whether it needs a GPU.
THRESHOLDS: Mapping[str, tuple[float, bool]] = {
    "model_latency_millis": (1000, False),
    "overhead_latency_millis": (200, False),
    "error_4xx_percent": (1, False),
    "error_5xx_percent": (0.1, False),
    "cpu_percent": (80, False),
    "memory_percent": (80, False),
    "disk_percent": (80, False),
    "gpu_percent": (80, True),
    "gpu_memory_percent": (80, True),
    "min_healthy_instances": (1, False),
}
GUARDING = ("model_latency_millis", "error_5xx_percent")
SECONDS_TO_FIRE = 240


@dataclass
class Requested:
    """A request in plain values. ``lone`` says its only variant to the endpoint itself."""

    naming: Values
    variants: list[Values]
    lone: bool
    shadow: Values | None = None
    sampling_percent: Any = 100
    deployment: tuple[str, Values] | None = None
    alarms: Values | None = None
    topic: bool = False
    capture: Values | None = None
    others: Values = field(default_factory=dict)

    @property
    def endpoint_name(self) -> str:
        words = [self.naming["team"], self.naming["project"], self.naming["model"]]
        if self.naming.get("environment_in_names") and self.naming.get("environment"):
            words.append(self.naming["environment"])
        return "-".join([*words, "ep"])

    @property
    def all_variants(self) -> list[Values]:
        return [*self.variants, *([] if self.shadow is None else [self.shadow])]

    @property
    def scaled(self) -> list[Values]:
        return [variant for variant in self.variants if "scaling" in variant]

    @property
    def fleet(self) -> int:
        """Instances of the smallest production variant when it is smallest."""
        return min(smallest(variant) for variant in self.variants)

    @property
    def rollback_alarms(self) -> int:
        if self.deployment is None or self.alarms is None:
            return 0
        if not self.deployment[1].get("roll_back", True):
            return 0
        kinds = [kind for kind in GUARDING if self.alarms.get(kind, 1) is not None]
        return len(kinds) * len(self.variants)

    def alarm_count(self) -> int:
        """Alarms of the table, and one of each direction that a step policy has."""
        count = 0
        for variant in self.all_variants:
            gpu = GPU_FAMILIES.match(variant.get("instance_type", "ml.m5.xlarge"))
            for name, (default, needs_gpu) in THRESHOLDS.items():
                if self.alarms is not None and self.alarms.get(name, default) is not None:
                    count += bool(gpu) or not needs_gpu
        return count + sum(policies - 1 for policies in map(step_directions, self.scaled))

    def arguments(self, stack: Stack) -> Values:
        """The arguments of ``RealtimeEndpoint``."""
        arguments: Values = {"naming": Naming(**self.naming), **self.others}
        if self.lone:
            arguments |= {k: v for k, v in made(self.variants[0]).items() if k != "name"}
        else:
            arguments["variants"] = [Variant(**made(variant)) for variant in self.variants]
        if self.shadow is not None:
            arguments["shadow"] = ShadowVariant(
                variant=Variant(**made(self.shadow)), sampling_percent=self.sampling_percent
            )
        if self.deployment is not None:
            kind, said = self.deployment
            factory: Callable[..., Any] = Rolling if kind == "rolling" else getattr(BlueGreen, kind)
            arguments["deployment"] = factory(**with_durations(said))
        if self.alarms is None:
            arguments["alarms"] = None
        else:
            topic = sns.Topic(stack, "Topic") if self.topic else None
            arguments["alarms"] = Alarms(topic=topic, **self.alarms)
        if self.capture is not None:
            bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "captured")
            arguments["data_capture"] = DataCapture(bucket=bucket, **self.capture)
        return arguments

    def build(self, stack: Stack) -> RealtimeEndpoint:
        return RealtimeEndpoint(stack, "Endpoint", **self.arguments(stack))


def smallest(variant: Values) -> int:
    """The fewest instances that a variant may have."""
    if "scaling" not in variant:
        return int(variant.get("instance_count", 1))
    lows = [s["min_capacity"] for s in variant["scaling"]["schedules"] if s.get("min_capacity")]
    return int(min([variant["scaling"]["min_capacity"], *lows]))


def largest(variant: Values) -> int:
    """The most instances that a variant may have."""
    if "scaling" not in variant:
        return int(variant.get("instance_count", 1))
    scaling = variant["scaling"]
    bounds = [bound for s in scaling["schedules"] for key, bound in s.items() if "capacity" in key]
    return int(max([scaling["max_capacity"], *(bound for bound in bounds if bound)]))


def initial(variant: Values) -> int:
    """The instances that a variant begins with."""
    low = variant["scaling"]["min_capacity"] if "scaling" in variant else 1
    return int(variant.get("instance_count", low))


def step_directions(variant: Values) -> int:
    """One, and one for each direction of each step policy."""
    directions = 1
    for kind, said in variant["scaling"]["policies"]:
        if kind == "in_steps":
            directions += len({step["change"] > 0 for step in said["steps"]})
    return directions


def policy_count(variant: Values) -> int:
    policies = variant["scaling"]["policies"]
    tracking = sum(1 for kind, _ in policies if kind != "in_steps")
    return tracking + step_directions(variant) - 1


TIMES = ("bake", "wait", "timeout", "cooldown")


def with_durations(said: Values) -> Values:
    """Waits and timeouts are drawn in seconds."""
    return {
        name: seconds(value) if name.endswith(TIMES) and value is not None else value
        for name, value in said.items()
    }


def seconds(value: Any) -> Duration:
    if isinstance(value, float) and abs(value) < 1e9 and not value.is_integer():
        return Duration.millis(round(value * 1000))
    return Duration.seconds(value)


def made(variant: Values) -> Values:
    """A variant's plain values as what the library takes."""
    said = with_durations(variant)
    said["model"] = container(said["model"])
    if "volume_size" in said:
        said["volume_size"] = Size.gibibytes(said["volume_size"])
    if "scaling" in said:
        bounds = said["scaling"]
        said["scaling"] = Scaling(
            min_capacity=bounds["min_capacity"],
            max_capacity=bounds["max_capacity"],
            policies=[made_policy(*policy) for policy in bounds["policies"]],
            schedules=[made_schedule(schedule) for schedule in bounds["schedules"]],
        )
    return said


def container(said: Values) -> Container:
    data = said["data"]
    return Container(
        image=ContainerImage.from_registry(said["image"]),
        data=None if data is None else ModelData.from_uri(data),
        environment=said["environment"],
    )


def made_policy(kind: str, said: Values) -> ScalingPolicy:
    said = with_durations(said)
    if "steps" in said:
        said["steps"] = [ScalingStep(**step) for step in said["steps"]]
    factory: Callable[..., ScalingPolicy] = getattr(ScalingPolicy, kind)
    if kind in ("on_metric", "in_steps"):
        metric = cloudwatch.Metric(
            namespace="Own",
            metric_name="Load",
            dimensions_map={"Service": "fraud"},
            statistic=said.pop("statistic"),
        )
        return factory(metric, **said)
    return factory(**said)


def made_schedule(said: Values) -> ScalingSchedule:
    changed: Values = {"schedule": appscaling.Schedule.expression(said["schedule"])}
    return ScalingSchedule(**said | changed)


def maybe(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Values]:
    """Any part of these arguments; the others keep their defaults."""
    return st.fixed_dictionaries({}, optional=strategies)


WORDS = st.from_regex(r"[a-z0-9](-{0,2}[a-z0-9]){0,3}", fullmatch=True)
VARIANT_NAMES = st.one_of(
    st.sampled_from(
        ["AllTraffic", "champion", "a", "A", "x-1", "Policy", "Role", "Alarms", "xGPU"]
    ),
    st.from_regex(r"[a-zA-Z0-9](-{0,2}[a-zA-Z0-9]){0,20}", fullmatch=True),
)
PERCENTS = st.one_of(st.integers(1, 100), st.floats(0.01, 100))
NAMINGS = st.fixed_dictionaries(
    {"team": WORDS, "project": WORDS, "model": WORDS},
    optional={"version": st.integers(0, 9999), "environment": WORDS},
).flatmap(
    lambda said: st.booleans().map(
        lambda in_names: (
            said | {"environment_in_names": in_names} if "environment" in said else said
        )
    )
)
CONTAINERS = st.fixed_dictionaries(
    {
        "image": st.sampled_from(
            [
                IMAGE_URI,
                "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/fraud@sha256:" + "0" * 64,
            ]
        ),
        "data": st.sampled_from([None, "s3://models/fraud/3/model.tar.gz"]),
        "environment": st.dictionaries(
            st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True),
            st.text(st.characters(codec="utf-8", exclude_characters="\0$#"), max_size=12),
            max_size=3,
        ),
    }
)
COOLDOWNS: dict[str, st.SearchStrategy[Any]] = {
    "scale_in_cooldown": st.integers(0, 3600),
    "scale_out_cooldown": st.integers(0, 3600),
    "disable_scale_in": st.booleans(),
}
STATISTICS = st.sampled_from(["Average", "Minimum", "Maximum", "SampleCount", "Sum"])
TARGETS = st.one_of(st.integers(1, 10**6), st.floats(0.001, 10**6))
TIMEOUTS = st.integers(60, 3600)
SCHEDULES = st.sampled_from(
    [
        ("cron(0 8 ? * MON-FRI *)", TimeZone.EUROPE_BERLIN),
        ("cron(30 20 * * ? *)", None),
        ("rate(1 day)", None),
        ("at(2030-01-01T08:00:00)", TimeZone.AMERICA_NEW_YORK),
    ]
)


@st.composite
def steps(draw: st.DrawFn) -> list[Values]:
    """Steps that add above a number, that remove below it, or both; without gaps."""
    four: set[int] = draw(st.sets(st.integers(-500, 500), min_size=4, max_size=4))
    bounds = sorted(four)
    size = st.integers(1, 20)
    adding: list[Values] = [
        {"change": draw(size), "lower": bounds[2], "upper": bounds[3]},
        {"change": draw(size), "lower": bounds[3]},
    ]
    removing: list[Values] = [
        {"change": -draw(size), "upper": bounds[0]},
        {"change": -draw(size), "lower": bounds[0], "upper": bounds[1]},
    ]
    chosen = draw(st.sampled_from(["add", "remove", "both"]))
    return {"add": adding, "remove": removing, "both": removing + adding}[chosen]


@st.composite
def scaling(draw: st.DrawFn) -> Values:
    low = draw(st.integers(1, 6))
    kinds = draw(
        st.sets(
            st.sampled_from(
                ["on_invocations", "on_concurrent_requests", "on_cpu", "on_metric", "in_steps"]
            ),
            max_size=3,
        )
    )
    policies: list[Policy] = []
    for kind in sorted(kinds):
        said: Values = {} if kind == "in_steps" else draw(maybe(**COOLDOWNS))
        if kind == "on_invocations":
            said["per_instance_per_minute"] = draw(TARGETS)
        elif kind == "on_concurrent_requests":
            said["per_model"] = draw(TARGETS)
        elif kind == "on_cpu":
            said["percent"] = draw(PERCENTS)
        else:
            said |= {"name": f"own-{kind.replace('_', '-')}", "statistic": draw(STATISTICS)}
        if kind == "on_metric":
            said["target"] = draw(TARGETS)
        if kind == "in_steps":
            said["steps"] = draw(steps())
            said |= draw(maybe(evaluation_periods=st.integers(1, 5), cooldown=st.integers(0, 900)))
            if draw(st.booleans()):
                said["adjustment_type"] = AdjustmentType.PERCENT_CHANGE_IN_CAPACITY
                said |= draw(maybe(min_adjustment_magnitude=st.integers(1, 3)))
        policies.append((kind, said))
    schedules = []
    for number in range(draw(st.integers(0 if policies else 1, 2))):
        expression, zone = draw(SCHEDULES)
        # Alone, each must fit to the bounds that hold anyway.
        bounds = [draw(st.integers(1, low)), draw(st.integers(low, 12))]
        kept = draw(
            st.sampled_from(
                [("min_capacity",), ("max_capacity",), ("min_capacity", "max_capacity")]
            )
        )
        schedule: Values = {"name": f"schedule {number}", "schedule": expression, "time_zone": zone}
        chosen: Values = dict(zip(("min_capacity", "max_capacity"), bounds, strict=True))
        schedules.append(schedule | {name: chosen[name] for name in kept})
    return {
        "min_capacity": low,
        "max_capacity": low + draw(st.integers(0, 10)),
        "policies": policies,
        "schedules": schedules,
    }


@st.composite
def variant(draw: st.DrawFn, name: str, *, beside_shadow: bool, may_scale: bool = True) -> Values:
    said: Values = {"name": name, "model": draw(CONTAINERS)}
    kind = "ml.m5.xlarge"
    if draw(st.integers(0, 4)):
        kind = draw(
            st.sampled_from([t for t in INSTANCE_TYPES if not INFERENTIA_1.match(t)])
            if beside_shadow
            else st.sampled_from(INSTANCE_TYPES)
        )
        said["instance_type"] = kind
    said |= draw(
        maybe(
            model_data_download_timeout=TIMEOUTS,
            container_startup_health_check_timeout=TIMEOUTS,
            routing_strategy=st.sampled_from(RoutingStrategy),
        )
    )
    if VOLUME_FAMILIES.match(kind) and draw(st.booleans()):
        said["volume_size"] = draw(st.integers(1, 512))
    if may_scale and not BURSTABLE.match(kind) and draw(st.booleans()):
        said["scaling"] = draw(scaling())
        bounds = st.integers(said["scaling"]["min_capacity"], said["scaling"]["max_capacity"])
        said |= draw(maybe(instance_count=bounds))
    else:
        said |= draw(maybe(instance_count=st.integers(1, 20)))
    return said


@st.composite
def deployments(
    draw: st.DrawFn, fleet: int, largest_fleet: int, variants: int, guarded: bool
) -> tuple[str, Values]:
    """A policy that this fleet can have at its smallest and at its largest. Bakes are short enough
    for twenty steps.
    """
    gradual = ["canary", "linear"] if fleet > 1 else []
    kinds = ["all_at_once", *gradual, *(["rolling"] if variants == 1 else [])]
    kind = draw(st.sampled_from(kinds))
    said: Values = draw(maybe(roll_back=st.booleans()))
    guarded = guarded and said.get("roll_back", True)
    said["bake"] = draw(st.integers(SECONDS_TO_FIRE if guarded else 0, 1200))
    waits = said["bake"]
    if kind != "all_at_once":
        low = {"canary": 1, "linear": 10, "rolling": 5}[kind]
        sizes = (fleet, largest_fleet)
        counts = [
            n for n in range(1, fleet + 1) if all(low <= 100 * n / size <= 50 for size in sizes)
        ]
        share: float
        in_instances: bool = draw(st.booleans())
        if counts and in_instances:
            said["instances"] = draw(st.sampled_from(counts))
            share = 100 * said["instances"] / largest_fleet
        else:
            share = said["percent"] = draw(st.integers(low, 50))
        waits *= 2 if kind == "canary" else -(-100 // share)
    if kind == "rolling":
        said |= draw(maybe(rollback_percent=st.integers(5, 100)))
    else:
        said["termination_wait"] = draw(st.integers(0, 3600))
        waits += said["termination_wait"]
    lowest = max(600, int(waits) + 1)
    said |= draw(maybe(maximum_execution_timeout=st.integers(lowest, 28800)))
    return kind, said


@st.composite
def alarms(draw: st.DrawFn, most_healthy: int) -> Values:
    percents = {
        name: st.one_of(st.none(), PERCENTS) for name in THRESHOLDS if name.endswith("_percent")
    }
    millis = {
        name: st.one_of(st.none(), st.integers(1, 60000), st.floats(0.1, 60000))
        for name in THRESHOLDS
        if name.endswith("_millis")
    }
    said: Values = draw(
        maybe(
            **percents,
            **millis,
            latency_statistic=st.sampled_from(
                ["p90", "p99.9", "p50", "Average", "Maximum", "tm99"]
            ),
            min_healthy_instances=st.one_of(st.none(), st.integers(1, most_healthy)),
        )
    )
    return said


CAPTURES = st.fixed_dictionaries(
    {"prefix": st.from_regex(r"[a-zA-Z0-9._-]{1,9}(/[a-zA-Z0-9=!._-]{1,9}){0,3}", fullmatch=True)},
    optional={
        "sampling_percent": st.integers(0, 100),
        "modes": st.lists(st.sampled_from(CaptureMode), min_size=1, unique=True),
        "csv_content_types": st.lists(st.sampled_from(["text/csv", "a-b/c.d-e"]), unique=True),
        "json_content_types": st.lists(
            st.sampled_from(["application/json", "application/jsonlines"]), unique=True
        ),
    },
)


@st.composite
def requests(draw: st.DrawFn) -> Requested:
    """A request that the library must accept and AWS must deploy."""
    shadowed = draw(st.integers(0, 4)) == 0
    count = 1 if shadowed else draw(st.sampled_from([1, 1, 1, 2, 3, 10]))
    lone = count == 1 and draw(st.booleans())
    unique = st.lists(VARIANT_NAMES, min_size=count + 1, max_size=count + 1, unique=True)
    names = draw(unique)
    if lone:
        names[0] = "AllTraffic"
        if names[1] == "AllTraffic":
            names[1] = "shadow"
    made = [draw(variant(names[n], beside_shadow=shadowed)) for n in range(count)]
    if not lone and not shadowed:
        weights = [draw(st.one_of(st.integers(0, 9), st.floats(0, 9))) for _ in made]
        weights[draw(st.integers(0, count - 1))] = 1
        for each, weight in zip(made, weights, strict=True):
            each["weight"] = weight
    request = Requested(naming=draw(NAMINGS), variants=made, lone=lone)
    if shadowed:
        request.shadow = draw(variant(names[1], beside_shadow=True, may_scale=False))
        request.sampling_percent = draw(PERCENTS)
    if draw(st.booleans()):
        request.alarms = draw(alarms(min(smallest(each) for each in request.all_variants)))
        request.topic = draw(st.booleans())
        if len(request.all_variants) > 5:
            request.alarms["model_latency_millis"] = None
    if draw(st.booleans()):
        asked = request.alarms
        guarded = asked is not None and any(asked.get(kind, 1) is not None for kind in GUARDING)
        request.deployment = draw(
            deployments(
                request.fleet,
                max(largest(variant) for variant in request.variants),
                len(request.all_variants),
                guarded=guarded,
            )
        )
    request.capture = draw(st.one_of(st.none(), CAPTURES))
    request.others = draw(
        maybe(
            enable_network_isolation=st.booleans(),
            dashboard=st.booleans(),
            outputs=st.booleans(),
            exclude_retained_variant_properties=st.lists(
                st.sampled_from(VariantProperty), unique=True
            ),
        )
    )
    return request


@dataclass
class Account:
    """The embedded AWS in process, and the calls that its providers made."""

    clients: dict[str, Any] = field(default_factory=dict, repr=False)
    calls: list[tuple[str, str, Values]] = field(default_factory=list, repr=False)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            # boto3-stubs types `client` by literal service names.
            make: Any = boto3.client
            self.clients[service] = make(service, region_name="us-east-1")
        return self.clients[service]

    @contextmanager
    def deployed(self, template: Values) -> Iterator[None]:
        """Deploys a template, and destroys it afterwards."""
        cloudformation = self.client("cloudformation")
        self.calls.clear()
        cloudformation.create_stack(StackName="stack", TemplateBody=json.dumps(template))
        try:
            (stack,) = cloudformation.describe_stacks(StackName="stack")["Stacks"]
            events = cloudformation.describe_stack_events(StackName="stack")["StackEvents"]
            reasons = [event.get("ResourceStatusReason") for event in events]
            assert stack["StackStatus"] == "CREATE_COMPLETE", list(filter(None, reasons))
            assert UNKNOWN.rows() == []
            yield
        finally:
            cloudformation.delete_stack(StackName="stack")

    def broken_constraints(self) -> list[str]:
        """What the recorded requests break in the service models."""
        found = []
        for service, operation, request in self.calls:
            names = {
                xform_name(name): name for name in shapes.service_model(service).operation_names
            }
            problems = shapes.check(service, names[operation], request)
            found += [f"{operation}: {problem.text}" for problem in problems]
        return found


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    kept |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    account = Account()
    forward = calls.call

    def recording(service: str, operation: str, region: str, **request: Any) -> Values:
        account.calls.append((service, operation, request))
        return forward(service, operation, region, **request)

    install()
    UNKNOWN.clear()
    with (
        mock.patch.dict(os.environ, kept, clear=True),
        mock.patch.object(providers, "call", recording),
        mock_aws(),
    ):
        yield account


@given(request=requests())
@settings(COMMON, max_examples=40)
def test_what_is_valid_deploys_and_boto3_reads_back_what_was_asked(
    account: Account, request: Requested
) -> None:
    template = synthesize(request.build).template
    with account.deployed(template):
        assert account.broken_constraints() == []
        made = {operation for _, operation, _ in account.calls}
        assert made >= {"create_model", "create_endpoint_config", "create_endpoint"}
        check_endpoint(account, request)
        check_scaling(account, request)
        found = account.client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"]
        assert len(found) == min(request.alarm_count(), 100)
    assert account.client("sagemaker").list_endpoints()["Endpoints"] == []
    assert account.client("cloudwatch").describe_alarms()["MetricAlarms"] == []


def check_endpoint(account: Account, request: Requested) -> None:
    sagemaker = account.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName=request.endpoint_name)
    assert endpoint["EndpointStatus"] == "InService"
    assert [
        (each["VariantName"], each["DesiredInstanceCount"], each["DesiredWeight"])
        for each in endpoint["ProductionVariants"]
    ] == [
        (each["name"], initial(each), pytest.approx(each.get("weight", 1)))
        for each in request.variants
    ]
    shadows = [each["VariantName"] for each in endpoint.get("ShadowProductionVariants", [])]
    assert shadows == ([] if request.shadow is None else [request.shadow["name"]])
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    assert [each.get("VolumeSizeInGB") for each in config["ProductionVariants"]] == [
        each.get("volume_size") for each in request.variants
    ]
    if request.capture is None:
        assert "DataCaptureConfig" not in endpoint
    else:
        capture = endpoint["DataCaptureConfig"]
        assert capture["DestinationS3Uri"] == f"s3://captured/{request.capture['prefix']}"
        assert capture["CurrentSamplingPercentage"] == request.capture.get("sampling_percent", 100)
    check_deployment(endpoint.get("LastDeploymentConfig"), request)


def check_deployment(found: Values | None, request: Requested) -> None:
    if request.deployment is None:
        assert found is None
        return
    kind, said = request.deployment
    assert found is not None
    guards = found.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    assert len(guards) == request.rollback_alarms
    if kind == "rolling":
        policy = found["RollingUpdatePolicy"]
        assert policy["WaitIntervalInSeconds"] == said["bake"]
        size = policy["MaximumBatchSize"]
    else:
        policy = found["BlueGreenUpdatePolicy"]
        assert policy["TerminationWaitInSeconds"] == said["termination_wait"]
        routing = policy["TrafficRoutingConfiguration"]
        assert routing["Type"] == kind.upper()
        assert routing["WaitIntervalInSeconds"] == said["bake"]
        size = routing.get("CanarySize", routing.get("LinearStepSize"))
    timeout = said.get("maximum_execution_timeout")
    assert policy.get("MaximumExecutionTimeoutInSeconds") == timeout
    units = {"percent": "CAPACITY_PERCENT", "instances": "INSTANCE_COUNT"}
    sizes = [{"Type": units[name], "Value": said[name]} for name in units if name in said]
    assert sizes == ([] if size is None else [size])


def check_scaling(account: Account, request: Requested) -> None:
    scaling = account.client("application-autoscaling")
    targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    prefix = f"endpoint/{request.endpoint_name}/variant"
    assert {
        target["ResourceId"]: (target["MinCapacity"], target["MaxCapacity"]) for target in targets
    } == {
        f"{prefix}/{each['name']}": (
            each["scaling"]["min_capacity"],
            each["scaling"]["max_capacity"],
        )
        for each in request.scaled
    }
    for each in request.scaled:
        which = {"ServiceNamespace": "sagemaker", "ResourceId": f"{prefix}/{each['name']}"}
        policies = scaling.describe_scaling_policies(**which)["ScalingPolicies"]
        assert len(policies) == policy_count(each)
        actions = scaling.describe_scheduled_actions(**which)["ScheduledActions"]
        assert {
            action["ScheduledActionName"]: action["ScalableTargetAction"] for action in actions
        } == {
            schedule["name"]: {
                member: schedule[argument]
                for argument, member in (
                    ("min_capacity", "MinCapacity"),
                    ("max_capacity", "MaxCapacity"),
                )
                if argument in schedule
            }
            for schedule in each["scaling"]["schedules"]
        }


# A break changes a valid request and says what the error must hold.
Break = Callable[[Requested, st.DrawFn], str]


@dataclass(frozen=True)
class Breaking:
    """A way to break a request; those that touch the same part are not combined."""

    name: str
    touches: frozenset[str]
    apply: Break


BREAKS: list[Breaking] = []


def breaks(*touches: str) -> Callable[[Break], Break]:
    def register(apply: Break) -> Break:
        BREAKS.append(Breaking(apply.__name__, frozenset(touches), apply))
        return apply

    return register


NO_COUNT = st.one_of(
    st.integers(max_value=0), st.floats(allow_infinity=True), st.booleans(), st.just("2")
)
NOT_ABOVE_0 = st.one_of(st.floats(max_value=0), st.sampled_from([float("nan"), float("inf"), "5"]))
NO_PERCENT = st.one_of(NOT_ABOVE_0, st.floats(min_value=100, exclude_min=True))


def picked(request: Requested, draw: st.DrawFn) -> tuple[Values, str]:
    """A production variant, and how its arguments are named in errors."""
    index = draw(st.integers(0, len(request.variants) - 1))
    return request.variants[index], "" if request.lone else f"variants[{index}]."


def rescaled(
    request: Requested,
    draw: st.DrawFn,
    policies: list[Policy] | None = None,
    **changes: Any,
) -> str:
    """Gives a variant a scaling of its own, and says how that is named."""
    variant, prefix = picked(request, draw)
    for argument in ("instance_count", "instance_type", "volume_size"):
        variant.pop(argument, None)
    default = [("on_invocations", {"per_instance_per_minute": 60})]
    said = {"min_capacity": 2, "max_capacity": 4, "schedules": []}
    variant["scaling"] = said | {"policies": default if policies is None else policies} | changes
    return f"{prefix}scaling"


@breaks("naming")
def characters_of_a_name(request: Requested, draw: st.DrawFn) -> str:
    part = draw(st.sampled_from(["team", "project", "model"]))
    wrong = ["", "A", "a_b", "a.b", "-a", "a-", "a b", "ä", "a\n", None, 5]
    request.naming[part] = draw(st.sampled_from(wrong))
    return f"naming.{part}="


@breaks("naming")
def length_of_a_name(request: Requested, draw: st.DrawFn) -> str:
    request.naming["project"] = "p" * draw(st.integers(53, 90))
    return "naming.endpoint_config_name="


@breaks("naming")
def version(request: Requested, draw: st.DrawFn) -> str:
    request.naming["version"] = draw(
        st.one_of(st.integers(max_value=-1), st.sampled_from([True, 1.5, "2"]))
    )
    return "naming.version="


@breaks("variant")
def instance_type(request: Requested, draw: st.DrawFn) -> str:
    variant, prefix = picked(request, draw)
    wrong = ["m5.xlarge", "ml.m5", "ml.m5.tiny", "", "ML.M5.XLARGE", 5, None]
    variant["instance_type"] = draw(st.sampled_from(wrong if prefix else wrong[:-1]))
    return f"{prefix}instance_type="


@breaks("variant")
def instance_count(request: Requested, draw: st.DrawFn) -> str:
    variant, prefix = picked(request, draw)
    variant["instance_count"] = draw(NO_COUNT)
    return f"{prefix}instance_count="


@breaks("variant")
def count_outside_the_bounds(request: Requested, draw: st.DrawFn) -> str:
    where = rescaled(request, draw).removesuffix("scaling")
    outside = draw(st.sampled_from([1, 5, 99]))
    for variant in request.variants:
        if variant.get("scaling", {}).get("schedules") == []:
            variant |= {"instance_count": outside, "scaling": variant["scaling"]}
            variant["scaling"] |= {"min_capacity": 2, "max_capacity": 4}
    return f"{where}instance_count="


@breaks("variant")
def volume_size(request: Requested, draw: st.DrawFn) -> str:
    variant, prefix = picked(request, draw)
    variant["volume_size"] = draw(st.one_of(st.just(0), st.integers(513, 10**6), st.just(1.5)))
    return f"{prefix}volume_size="


@breaks("variant")
def volume_of_local_storage(request: Requested, draw: st.DrawFn) -> str:
    variant, prefix = picked(request, draw)
    variant["instance_type"] = draw(st.sampled_from(["ml.g5.xlarge", "ml.m5d.large"]))
    variant["volume_size"] = draw(st.integers(1, 512))
    return f"{prefix}volume_size="


@breaks("variant")
def timeout(request: Requested, draw: st.DrawFn) -> str:
    variant, prefix = picked(request, draw)
    arguments = ["model_data_download_timeout", "container_startup_health_check_timeout"]
    argument = draw(st.sampled_from(arguments))
    variant[argument] = draw(st.one_of(st.integers(0, 59), st.integers(3601, 10**6), st.just(90.5)))
    return f"{prefix}{argument}="


@breaks("variant")
def environment(request: Requested, draw: st.DrawFn) -> str:
    variant, prefix = picked(request, draw)
    wrong: list[Values] = [{"1A": "x"}, {"A-B": "x"}, {"": "x"}, {"A": 5}, {"A": "x" * 1025}]
    variant["model"]["environment"] = draw(st.sampled_from(wrong))
    return f"{prefix}model.environment"


@breaks("variant")
def artifact(request: Requested, draw: st.DrawFn) -> str:
    variant, prefix = picked(request, draw)
    wrong = ["https://x/m.tar.gz", "s3://models", "s3://models/m.zip", "s3://models//m.tar.gz", ""]
    variant["model"]["data"] = draw(st.sampled_from(wrong))
    return f"{prefix}model.data="


@breaks("variant")
def image(request: Requested, draw: st.DrawFn) -> str:
    variant, prefix = picked(request, draw)
    wrong = ["", "nginx:1", "a b", f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{'r' * 250}:1"]
    variant["model"]["image"] = draw(st.sampled_from(wrong))
    return f"{prefix}model.image="


@breaks("variant")
def bounds(request: Requested, draw: st.DrawFn) -> str:
    argument = draw(st.sampled_from(["min_capacity", "max_capacity"]))
    changes: Values = {argument: draw(NO_COUNT)}
    return f"{rescaled(request, draw, **changes)}.{argument}="


@breaks("variant")
def bounds_the_wrong_way_round(request: Requested, draw: st.DrawFn) -> str:
    return f"{rescaled(request, draw, min_capacity=draw(st.integers(5, 50)))}.max_capacity="


@breaks("variant")
def scaling_of_burstable_instances(request: Requested, draw: st.DrawFn) -> str:
    where = rescaled(request, draw).removesuffix("scaling")
    for variant in request.variants:
        if "scaling" in variant:
            variant["instance_type"] = "ml.t2.large"
            variant.pop("volume_size", None)
    return f"{where}instance_type="


@breaks("variant")
def scaling_without_a_reason(request: Requested, draw: st.DrawFn) -> str:
    return f"{rescaled(request, draw, policies=[])}="


@breaks("variant")
def target(request: Requested, draw: st.DrawFn) -> str:
    kind, argument, more, wrong = draw(
        st.sampled_from(
            [
                ("on_invocations", "per_instance_per_minute", {}, NOT_ABOVE_0),
                ("on_concurrent_requests", "per_model", {}, NOT_ABOVE_0),
                ("on_cpu", "percent", {}, NO_PERCENT),
                ("on_metric", "target", {"name": "own", "statistic": "Average"}, NOT_ABOVE_0),
            ]
        )
    )
    where = rescaled(request, draw, policies=[(kind, {argument: draw(wrong), **more})])
    return f"{where}.policies[0].{argument}="


@breaks("variant")
def cooldown(request: Requested, draw: st.DrawFn) -> str:
    argument = draw(st.sampled_from(["scale_in_cooldown", "scale_out_cooldown"]))
    policy: Values = {"per_instance_per_minute": 60, argument: draw(st.sampled_from([0.5, 90.25]))}
    return (
        f"{rescaled(request, draw, policies=[('on_invocations', policy)])}.policies[0].{argument}="
    )


@breaks("variant")
def policies_on_one_metric(request: Requested, draw: st.DrawFn) -> str:
    policies: list[Policy] = [
        ("on_invocations", {"per_instance_per_minute": 60}),
        ("on_cpu", {"percent": 50}),
    ]
    policy = draw(st.sampled_from(policies))
    return f"{rescaled(request, draw, policies=[policy, policy])}.policies="


@breaks("variant")
def policies_of_one_name(request: Requested, draw: st.DrawFn) -> str:
    built_in: dict[str, Policy] = {
        "cpu": ("on_cpu", {"percent": 50}),
        "invocations": ("on_invocations", {"per_instance_per_minute": 60}),
        "own": ("on_metric", {"name": "own", "target": 5, "statistic": "Sum"}),
    }
    name = draw(st.sampled_from(sorted(built_in)))
    own: Policy = ("on_metric", {"name": name, "target": 5, "statistic": "Sum"})
    rescaled(request, draw, policies=[built_in[name], own])
    return "scaling.policies="


@breaks("variant")
def name_of_a_policy(request: Requested, draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(["", "a b", "-a", "x" * 64, "a/b"]))
    policy: Policy = ("on_metric", {"name": name, "target": 5, "statistic": "Sum"})
    return f"{rescaled(request, draw, policies=[policy])}.policies="


@breaks("variant")
def statistic_of_a_metric(request: Requested, draw: st.DrawFn) -> str:
    policy: Policy = ("on_metric", {"name": "own", "target": 5, "statistic": "p99"})
    return f"{rescaled(request, draw, policies=[policy])}.policies[0].metric="


WRONG_STEPS: list[list[Values]] = [
    [],
    [{"change": 0, "lower": 5}],
    [{"change": 1.5, "lower": 5}],
    [{"change": 1}],
    [{"change": -1}],
    [{"change": 1, "upper": 5}],
    [{"change": 1, "lower": 5, "upper": 5}],
    [{"change": 1, "lower": 5, "upper": 6}, {"change": 2, "lower": 7}],
    [{"change": 1, "lower": 5}, {"change": 2, "lower": 7}],
    [{"change": 1, "lower": 5}, {"change": -1, "upper": 6}],
    [{"change": 1, "lower": float("nan")}],
    [{"change": 1, "lower": "5"}],
]


@breaks("variant")
def steps_of_a_policy(request: Requested, draw: st.DrawFn) -> str:
    said = {"name": "own", "statistic": "Average", "steps": draw(st.sampled_from(WRONG_STEPS))}
    return f"{rescaled(request, draw, policies=[('in_steps', said)])}.policies[0].steps="


@breaks("variant")
def numbers_of_a_step_policy(request: Requested, draw: st.DrawFn) -> str:
    argument, value = draw(
        st.sampled_from(
            [
                ("evaluation_periods", 0),
                ("evaluation_periods", 1.5),
                ("min_adjustment_magnitude", 0),
                ("cooldown", 0.5),
            ]
        )
    )
    said: Values = {"name": "own", "statistic": "Sum", "steps": [{"change": 1, "lower": 5}]}
    policies = [("in_steps", said | {argument: value})]
    return f"{rescaled(request, draw, policies=policies)}.policies[0].{argument}="


@breaks("variant")
def schedule(request: Requested, draw: st.DrawFn) -> str:
    wrong: list[tuple[str, Values]] = [
        ("", {"min_capacity": None}),
        (".min_capacity", {"min_capacity": 0}),
        (".min_capacity", {"min_capacity": "2"}),
        (".max_capacity", {"max_capacity": 1.5}),
        (".min_capacity", {"min_capacity": 5, "max_capacity": 4}),
        (".min_capacity", {"min_capacity": 5}),
        (".max_capacity", {"min_capacity": None, "max_capacity": 1}),
    ]
    argument, changes = draw(st.sampled_from(wrong))
    said: Values = {"name": "night", "schedule": "rate(1 day)", "min_capacity": 1}
    return f"{rescaled(request, draw, schedules=[said | changes])}.schedules[0]{argument}="


@breaks("variant")
def name_of_a_schedule(request: Requested, draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(["", "a:b", "a/b", "a|b", "a\n", "x" * 257, " a", "a "]))
    said = {"name": name, "schedule": "rate(1 day)", "min_capacity": 1}
    return f"{rescaled(request, draw, schedules=[said])}.schedules="


def several(request: Requested) -> None:
    """Makes two variants of one, and takes away what they cannot have."""
    request.shadow = None
    if request.lone or len(request.variants) == 1:
        request.lone = False
        twin = {k: v for k, v in request.variants[0].items() if k != "scaling"}
        request.variants = [request.variants[0], twin | {"name": "twin"}]


@breaks("variant", "deployment")
def weight(request: Requested, draw: st.DrawFn) -> str:
    several(request)
    request.deployment = None
    wrong = st.one_of(
        st.floats(max_value=0, exclude_max=True),
        st.sampled_from([float("nan"), float("inf"), "1", None, True]),
    )
    request.variants[0]["weight"] = draw(wrong)
    return "variants[0].weight="


@breaks("variant", "deployment")
def weights_that_leave_nobody(request: Requested, draw: st.DrawFn) -> str:
    several(request)
    request.deployment = None
    for variant in request.variants:
        variant["weight"] = 0
    return "variants="


@breaks("variant", "deployment")
def name_of_a_variant(request: Requested, draw: st.DrawFn) -> str:
    several(request)
    request.deployment = None
    wrong = ["", "a_b", "-a", "a-", "a b", "x" * 64, "a\n", 5, None, "${Token[TOKEN.1]}"]
    request.variants[0]["name"] = draw(st.sampled_from(wrong))
    return "variants[0].name="


@breaks("variant", "deployment")
def names_of_variants(request: Requested, draw: st.DrawFn) -> str:
    several(request)
    request.deployment = None
    request.variants[1]["name"] = request.variants[0]["name"]
    return "variants="


@breaks("variant", "deployment", "alarms")
def number_of_variants(request: Requested, draw: st.DrawFn) -> str:
    request.deployment = request.alarms = request.shadow = None
    request.lone = False
    count = draw(st.sampled_from([0, 11, 12]))
    model = request.variants[0]["model"]
    request.variants = [{"name": f"v{n}", "model": model} for n in range(count)]
    return f"variants={count}"


@breaks("variant", "deployment")
def variants_beside_a_shadow(request: Requested, draw: st.DrawFn) -> str:
    several(request)
    request.deployment = None
    for variant in request.variants:
        variant["weight"] = 1
    request.shadow = {"name": "shadow", "model": request.variants[0]["model"]}
    return "shadow="


@breaks("variant", "deployment")
def sampling_of_a_shadow(request: Requested, draw: st.DrawFn) -> str:
    request.deployment = None
    request.variants = request.variants[:1]
    request.variants[0].pop("weight", None)
    request.shadow = {"name": "shadow", "model": request.variants[0]["model"]}
    request.sampling_percent = draw(NO_PERCENT)
    return "shadow.sampling_percent="


@breaks("variant", "deployment")
def rolling_over_several_variants(request: Requested, draw: st.DrawFn) -> str:
    several(request)
    request.deployment = ("rolling", {"percent": draw(st.integers(5, 50))})
    return "deployment='Rolling'"


@breaks("deployment")
def sizes_of_a_step(request: Requested, draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["canary", "linear", "rolling"]))
    said = draw(st.sampled_from([{}, {"percent": 20, "instances": 1}]))
    if kind == "rolling" and draw(st.booleans()):
        said = {"percent": 20, "rollback_percent": 50, "rollback_instances": 1}
    request.deployment = (kind, said)
    return "deployment="


@breaks("deployment")
def size_of_a_step(request: Requested, draw: st.DrawFn) -> str:
    kind, low = draw(st.sampled_from([("canary", 1), ("linear", 10), ("rolling", 5)]))
    wrong = st.one_of(NO_COUNT, st.integers(0, low - 1), st.integers(51, 200))
    request.deployment = (kind, {"percent": draw(wrong)})
    return "deployment.percent="


@breaks("deployment", "variant")
def instances_of_a_step(request: Requested, draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["canary", "linear"]))
    request.deployment = (kind, {"instances": request.fleet // 2 + draw(st.integers(1, 9))})
    return "deployment.instances="


@breaks("deployment")
def waits(request: Requested, draw: st.DrawFn) -> str:
    argument = draw(st.sampled_from(["bake", "termination_wait"]))
    wrong = st.one_of(st.integers(3601, 10**5), st.sampled_from([240.5, 3599.75]))
    request.deployment = ("all_at_once", {argument: draw(wrong)})
    return f"deployment.{argument}="


@breaks("deployment")
def time_of_a_deployment(request: Requested, draw: st.DrawFn) -> str:
    wrong = st.one_of(st.integers(0, 599), st.integers(28801, 10**6), st.just(1200.5))
    request.deployment = ("all_at_once", {"maximum_execution_timeout": draw(wrong)})
    return "deployment.maximum_execution_timeout="


@breaks("deployment", "variant")
def time_shorter_than_all_waits(request: Requested, draw: st.DrawFn) -> str:
    said: Values = {"percent": 10, "bake": 600, "termination_wait": 0}
    said["maximum_execution_timeout"] = draw(st.integers(600, 6000))
    request.deployment = ("linear", said)
    return "deployment.maximum_execution_timeout="


@breaks("deployment", "alarms", "variant")
def bake_that_no_alarm_survives(request: Requested, draw: st.DrawFn) -> str:
    request.alarms = {}
    request.deployment = ("canary", {"percent": 10, "bake": draw(st.integers(0, 239))})
    return "deployment.bake="


@breaks("deployment", "alarms", "variant")
def number_of_rollback_alarms(request: Requested, draw: st.DrawFn) -> str:
    request.alarms, request.shadow, request.lone = {}, None, False
    request.deployment = ("all_at_once", {})
    model = request.variants[0]["model"]
    count = draw(st.integers(6, 10))
    request.variants = [{"name": f"v{n}", "model": model} for n in range(count)]
    return f"alarms={2 * count}"


@breaks("alarms")
def threshold(request: Requested, draw: st.DrawFn) -> str:
    argument = draw(st.sampled_from(sorted(set(THRESHOLDS) - {"min_healthy_instances"})))
    wrong = NO_PERCENT if argument.endswith("_percent") else NOT_ABOVE_0
    request.alarms = {argument: draw(st.one_of(wrong, st.just(True)))}
    return f"alarms.{argument}="


@breaks("alarms")
def latency_statistic(request: Requested, draw: st.DrawFn) -> str:
    wrong = ["", "p", "p101", "P90", "average", "Sum", "SampleCount", "p90 ", "p90\n", None]
    request.alarms = {"latency_statistic": draw(st.sampled_from(wrong))}
    return "alarms.latency_statistic="


@breaks("alarms")
def healthy_instances(request: Requested, draw: st.DrawFn) -> str:
    request.alarms = {"min_healthy_instances": draw(NO_COUNT)}
    return "alarms.min_healthy_instances="


@breaks("alarms", "variant")
def more_healthy_instances_than_there_are(request: Requested, draw: st.DrawFn) -> str:
    request.alarms = {"min_healthy_instances": 1 + request.fleet}
    return "alarms.min_healthy_instances="


@breaks("capture")
def sampling_of_capture(request: Requested, draw: st.DrawFn) -> str:
    wrong = st.one_of(
        st.integers(max_value=-1), st.integers(101), st.sampled_from([50.5, True, "50"])
    )
    request.capture = {"prefix": "fraud", "sampling_percent": draw(wrong)}
    return "data_capture.sampling_percent="


@breaks("capture")
def modes_of_capture(request: Requested, draw: st.DrawFn) -> str:
    modes = draw(st.sampled_from([[], [CaptureMode.INPUT, CaptureMode.INPUT]]))
    request.capture = {"prefix": "fraud", "modes": modes}
    return "data_capture.modes="


@breaks("capture")
def prefix_of_capture(request: Requested, draw: st.DrawFn) -> str:
    request.capture = {"prefix": draw(st.sampled_from(["", "/", "/a", "a/", "a*", "x" * 500]))}
    return "data_capture.prefix="


@breaks("capture")
def content_types_of_capture(request: Requested, draw: st.DrawFn) -> str:
    argument = draw(st.sampled_from(["csv_content_types", "json_content_types"]))
    wrong = [["csv"], ["text/"], ["a b/c"], ["a/vnd.x+json"], ["a.b/c"], ["a/" + "x" * 255]]
    wrong.append([f"text/csv{n}" for n in range(11)])
    request.capture = {"prefix": "fraud", argument: draw(st.sampled_from(wrong))}
    return f"data_capture.{argument}="


@st.composite
def broken(draw: st.DrawFn, only: str | None = None) -> tuple[Requested, list[str]]:
    """A valid request with one to three breaks, and what the error must hold."""
    request = draw(requests())
    if only is not None:
        (first,) = [each for each in BREAKS if each.name == only]
        chosen = [first]
    else:
        chosen = draw(st.lists(st.sampled_from(BREAKS), min_size=1, max_size=3))
    touched: set[str] = set()
    expected = []
    for each in chosen:
        if not each.touches & touched:
            touched |= each.touches
            expected.append(each.apply(request, draw))
    return request, expected


class Refusals:
    """One stack for all that is refused: nothing is made of it."""

    def __init__(self) -> None:
        self.app = App(context=dict(CONTEXT), analytics_reporting=False)
        self.count = 0

    def refused(self, request: Requested) -> str:
        self.count += 1
        stack = Stack(self.app, f"Stack{self.count}")
        arguments = request.arguments(stack)
        with pytest.raises(ValueError, match=r"has \d+ problems?:") as caught:
            RealtimeEndpoint(stack, "Endpoint", **arguments)
        assert type(caught.value) is ValueError
        assert stack.node.try_find_child("Endpoint") is None
        return str(caught.value)


@pytest.fixture(scope="module")
def refusals() -> Refusals:
    return Refusals()


@given(case=broken())
@settings(COMMON, max_examples=300)
def test_what_is_broken_raises_a_value_error_that_names_each_argument(
    refusals: Refusals, case: tuple[Requested, list[str]]
) -> None:
    request, expected = case
    note(f"expected: {expected}")
    message = refusals.refused(request)
    assert [text for text in expected if f"- {text}" not in message] == []


@pytest.mark.parametrize("name", [each.name for each in BREAKS])
def test_each_way_to_break_a_request_is_refused(refusals: Refusals, name: str) -> None:
    @given(case=broken(name))
    @settings(COMMON, max_examples=12)
    def check(case: tuple[Requested, list[str]]) -> None:
        request, (expected,) = case
        assert f"- {expected}" in refusals.refused(request)

    check()


SetToken = Callable[[Requested, Any], None]


def of_variant(name: str) -> SetToken:
    return lambda request, token: operator.setitem(request.variants[0], name, token)


def of_scaling(name: str) -> SetToken:
    return lambda request, token: operator.setitem(request.variants[0]["scaling"], name, token)


def of_policy(index: int, *names: Any) -> SetToken:
    def set_token(request: Requested, token: Any) -> None:
        said = request.variants[0]["scaling"]["policies"][index][1]
        for name in names[:-1]:
            said = said[name]
        said[names[-1]] = token

    return set_token


def of_alarms(name: str) -> SetToken:
    def set_token(request: Requested, token: Any) -> None:
        assert request.alarms is not None
        request.alarms[name] = token

    return set_token


def of_deployment(name: str) -> SetToken:
    def set_token(request: Requested, token: Any) -> None:
        assert request.deployment is not None
        request.deployment[1][name] = token

    return set_token


def set_shadow(request: Requested, token: Any) -> None:
    request.shadow = {"name": "shadow", "model": request.variants[0]["model"]}
    request.sampling_percent = token


TOKENS: Mapping[str, SetToken] = {
    **{
        name: of_variant(name)
        for name in (
            "instance_count",
            "volume_size",
            "model_data_download_timeout",
            "container_startup_health_check_timeout",
            "weight",
        )
    },
    "min_capacity": of_scaling("min_capacity"),
    "max_capacity": of_scaling("max_capacity"),
    "per_instance_per_minute": of_policy(0, "per_instance_per_minute"),
    "scale_in_cooldown": of_policy(0, "scale_in_cooldown"),
    "target": of_policy(1, "target"),
    "evaluation_periods": of_policy(2, "evaluation_periods"),
    "step_cooldown": of_policy(2, "cooldown"),
    **{
        name: of_alarms(name)
        for name in ("error_4xx_percent", "error_5xx_percent", "memory_percent", "disk_percent")
    },
    "min_healthy_instances": of_alarms("min_healthy_instances"),
    "bake": of_deployment("bake"),
    "termination_wait": of_deployment("termination_wait"),
    "maximum_execution_timeout": of_deployment("maximum_execution_timeout"),
    "percent": of_deployment("percent"),
}
LITERALS: Mapping[str, tuple[str, SetToken]] = {
    "shadow.sampling_percent": ("must be a literal", set_shadow),
    "alarms.model_latency_millis": ("must be a literal", of_alarms("model_latency_millis")),
    "alarms.overhead_latency_millis": ("must be a literal", of_alarms("overhead_latency_millis")),
    "alarms.cpu_percent": ("must be a literal", of_alarms("cpu_percent")),
    "alarms.gpu_percent": ("must be a literal", of_alarms("gpu_percent")),
    "alarms.gpu_memory_percent": ("must be a literal", of_alarms("gpu_memory_percent")),
    "variants[0].scaling.policies[3].percent": (
        "must be a literal",
        of_policy(3, "percent"),
    ),
    "variants[0].scaling.policies[2].steps": (
        "must be literal numbers",
        of_policy(2, "steps", 0, "lower"),
    ),
}


def complete() -> Requested:
    """A request that says everything that can be a token."""
    step: Values = {"change": 1, "lower": 5}
    own: Values = {"name": "own", "statistic": "Sum"}
    variant: Values = {
        "name": "champion",
        "model": {"image": IMAGE_URI, "data": None, "environment": {}},
        "instance_count": 4,
        "scaling": {
            "min_capacity": 4,
            "max_capacity": 8,
            "policies": [
                ("on_invocations", {"per_instance_per_minute": 60}),
                ("on_metric", own | {"target": 5}),
                ("in_steps", own | {"name": "steps", "steps": [step]}),
                ("on_cpu", {"percent": 50}),
            ],
            "schedules": [{"name": "day", "schedule": "rate(1 day)", "min_capacity": 5}],
        },
    }
    naming = {"team": "rc", "project": "tokens", "model": "fraud"}
    request = Requested(naming=naming, variants=[variant], lone=False)
    request.alarms, request.deployment = {}, ("canary", {"percent": 25})
    request.others = {"dashboard": True}
    return request


@given(names=st.lists(st.sampled_from(sorted(TOKENS)), min_size=1, unique=True))
@settings(COMMON, max_examples=15)
def test_tokens_are_not_refused_and_reach_the_template(names: list[str]) -> None:
    request = complete()

    def build(stack: Stack) -> None:
        for number, name in enumerate(names):
            parameter = CfnParameter(stack, f"P{number}", type="Number")
            TOKENS[name](request, parameter.value_as_number)
        request.build(stack)

    text = json.dumps(synthesize(build).template)
    assert [name for n, name in enumerate(names) if f'{{"Ref": "P{n}"}}' not in text] == []
    assert re.findall(r"Token\[|e\+\d{3}", text) == []


@pytest.mark.parametrize("argument", LITERALS)
def test_a_token_is_refused_where_it_would_have_to_be_calculated_with(
    refusals: Refusals, argument: str
) -> None:
    problem, set_argument = LITERALS[argument]
    request = complete()
    set_argument(request, Token.as_number({"Ref": "Parameter"}))
    message = refusals.refused(request)
    assert re.search(rf"- {re.escape(argument)}=.*{problem}", message)
