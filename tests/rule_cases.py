"""One accepted and one refused case for each rule, as changes to a request that is in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aws_cdk import Aws, Duration, Size
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_sagemaker_inference import (
    Alarms,
    BlueGreen,
    CaptureMode,
    Container,
    ContainerImage,
    DataCapture,
    ModelData,
    Naming,
    NamingScheme,
    Rolling,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    ScalingStep,
    Severity,
    ShadowVariant,
    Variant,
)
from cdk_sagemaker_inference.environment import StackEnvironment
from cdk_sagemaker_inference.network import SelectedSubnets
from cdk_sagemaker_inference.request import EndpointRequest, EndpointType, PlacedRequest
from cdk_sagemaker_inference.variants import InstanceVariant

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
ARCHIVE = Path(__file__).parent.parent / "stacks" / "fraud_model" / "model.tar.gz"


def placed(**changes: Any) -> PlacedRequest:
    """A request in order, with changes by the name of what they change."""

    def given(defaults: dict[str, Any]) -> dict[str, Any]:
        return {name: changes.pop(name, value) for name, value in defaults.items()}

    container = changes.pop(
        "model",
        Container(
            **given(
                {
                    "image": ContainerImage.from_registry(f"{ECR}/fraud:1.4.2"),
                    "data": ModelData.from_uri("s3://models/fraud/3/model.tar.gz"),
                    "environment": {"WORKERS": "4"},
                }
            )
        ),
    )
    environment = StackEnvironment(
        partition="aws", region=changes.pop("region", "eu-west-1"), account="123456789012"
    )
    subnets = changes.pop("subnets", None)
    variant_names = (
        "instance_type",
        "instance_count",
        "weight",
        "scaling",
        "volume_size",
        "model_data_download_timeout",
        "container_startup_health_check_timeout",
    )
    said = {name: changes.pop(name) for name in variant_names if name in changes}
    variant = InstanceVariant.alone({"model": container} | said)
    variants = changes.pop("variants", [variant])
    naming = changes.pop(
        "naming",
        Naming(**given({"team": "rc", "project": "project-a", "version": 3}), model="fraud"),
    )
    request = EndpointRequest(
        kind="RealtimeEndpoint",
        type=EndpointType.REALTIME,
        naming=naming,
        variants=variants,
        **changes,
    )
    return PlacedRequest(request=request, environment=environment, subnets=subnets)


@dataclass(frozen=True)
class Scheme(NamingScheme):
    name: str = "fraud-ep"
    model: str = "fraud"
    own_tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def endpoint_name(self) -> str:
        return self.name

    @property
    def model_name(self) -> str:
        return self.model

    @property
    def tags(self) -> Mapping[str, str]:
        return self.own_tags


class FakeVpc:
    """Rules only look at whether there is a VPC."""


ONE_ZONE = SelectedSubnets(subnet_ids=["subnet-1"], availability_zones=["eu-west-1a"])
TWO_ZONES = SelectedSubnets(
    subnet_ids=["subnet-1", "subnet-2"], availability_zones=["eu-west-1a", "eu-west-1b"]
)
SEVENTEEN = SelectedSubnets(
    subnet_ids=[f"subnet-{n}" for n in range(17)], availability_zones=["eu-west-1a", "eu-west-1b"]
)


def image(location: str) -> ContainerImage:
    return ContainerImage.from_registry(location)


def ecr_image(**reference: str) -> ContainerImage:
    return ContainerImage.from_ecr_repository(object(), **reference)  # type: ignore[arg-type]  # never bound


DIGEST = "sha256:" + "0" * 64

# id: (changes that are accepted, changes that are refused, what the message must hold)
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "name-literal": (
        {"naming": Naming(team="rc", project="a", model="f", environment=Aws.REGION)},
        {"naming": Naming(team="rc", project=Aws.REGION, model="f")},
        "naming.project=",
    ),
    "name-characters": (
        {"project": "project--a1"},
        {"team": "RC"},
        "naming.team='RC': must be lower-case letters, digits and hyphens, with neither end a "
        "hyphen; for example 'rc'",
    ),
    "name-length": (
        # endpoint 63 characters, config 63 - 9 = 54 would be too long: the config has 7 of its own
        {"naming": Scheme(name="e" * 54, model="m" * 54)},
        {"project": "p" * 40},
        "naming.endpoint_config_name='rc-" + "p" * 40 + "-fraud-config': has 56 characters and may "
        "have 54; shorten naming.team, naming.project, naming.model by 2",
    ),
    "naming-version": ({"version": 0}, {"version": -1}, "naming.version=-1"),
    "tags": (
        {"naming": Scheme(own_tags={"Cost centre": "a/b:c+d=e@f.g_h-1", "Empty": ""})},
        {"naming": Scheme(own_tags={"aws:team": "rc"})},
        "naming.tags='aws:team'",
    ),
    "model-definition": (
        {},
        {"model": "fraud.tar.gz"},
        "model='fraud.tar.gz': must be a Container",
    ),
    "image-reference": (
        {"image": ecr_image(digest=DIGEST)},
        {"image": ecr_image(tag="1", digest=DIGEST)},
        "model.image=",
    ),
    "image-uri": (
        {"image": image(f"{ECR}/{'r' * 190}:1")},
        {"image": image(f"{ECR}/{'r' * 250}:1")},
        "characters and may have 255",
    ),
    "image-region": (
        {"region": Aws.REGION},
        {"region": "us-east-1"},
        "is in eu-west-1 while the stack is in us-east-1; replicate the image to us-east-1",
    ),
    "image-dlc-account": (
        {"region": "us-gov-west-1", "image": ContainerImage.from_dlc("pytorch", tag="1")},
        {"region": "xx-new-1", "image": ContainerImage.from_dlc("pytorch", tag="1")},
        "pass account_id to from_dlc",
    ),
    "image-registry-vpc": (
        {"image": image("registry.example.com/fraud:1"), "vpc": FakeVpc()},
        {"image": image("registry.example.com/fraud:1")},
        "pass vpc, or copy the image to ECR",
    ),
    "image-asset": (
        {"image": ContainerImage.from_asset(str(ARCHIVE.parent), file="weights.json")},
        {"image": ContainerImage.from_asset("/nowhere")},
        "model.image='/nowhere/Dockerfile': is not a file",
    ),
    "image-mutable-tag": (
        {"image": ecr_image(tag="1.4.2")},
        {"image": ecr_image(tag="latest")},
        "pushing over this tag deploys nothing",
    ),
    "image-unknown-repository": (
        {"image": image(f"{Aws.ACCOUNT_ID}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}/fraud:1")},
        {"image": image("${Token[TOKEN.7]}")},
        "call repository.grant_pull(endpoint)",
    ),
    "model-data-uri": (
        {"data": ModelData.from_uri(f"s3://{Aws.ACCOUNT_ID}-models/fraud.tar.gz")},
        {"data": ModelData.from_uri("https://models/fraud.tar.gz")},
        "model.data='https://models/fraud.tar.gz': must be s3://bucket/key",
    ),
    "model-data-archive": (
        {"data": ModelData.from_uri("s3://models/fraud.tar.gz")},
        {"data": ModelData.from_uri("s3://models/fraud.zip")},
        "model.data='fraud.zip': must end in .tar.gz",
    ),
    "model-data-key": (
        {"data": ModelData.from_uri("s3://models/a/fraud.tar.gz")},
        {"data": ModelData.from_uri("s3://models//fraud.tar.gz")},
        "; 'fraud.tar.gz'",
    ),
    "model-data-asset": (
        {"data": ModelData.from_asset(str(ARCHIVE))},
        {"data": ModelData.from_asset("/nowhere/model.tar.gz")},
        "model.data='/nowhere/model.tar.gz': is not a file",
    ),
    "environment-entries": (
        {"environment": {f"KEY_{n}": "x" for n in range(100)}},
        {"environment": {"1KEY": "x"}},
        "model.environment='1KEY'",
    ),
    "environment-size": (
        {"environment": {f"K{n:02}": "x" * 1021 for n in range(32)}},
        {"environment": {f"K{n:02}": "x" * 1022 for n in range(32)}},
        "model.environment='32800 bytes'",
    ),
    "instance-type": (
        {"instance_type": "ml.p6e-gb200.36xlarge"},
        {"instance_type": "m5.xlarge"},
        "instance_type='m5.xlarge': must be ml., a family and a size, such as ml.m5.xlarge; "
        "'ml.m5.xlarge'",
    ),
    "instance-count": ({"instance_count": 1}, {"instance_count": 0}, "instance_count=0"),
    "volume-size": (
        {"volume_size": Size.gibibytes(512)},
        {"volume_size": Size.gibibytes(513)},
        "must be 1 to 512 whole GiB",
    ),
    "volume-local-storage": (
        {"instance_type": "ml.m5.xlarge", "volume_size": Size.gibibytes(50)},
        {"instance_type": "ml.g5.xlarge", "volume_size": Size.gibibytes(50)},
        "ml.g5.xlarge has local storage and takes no volume size; leave volume_size out",
    ),
    "volume-unknown-storage": (
        {"instance_type": "ml.g7.2xlarge"},
        {"instance_type": "ml.g7.2xlarge", "volume_size": Size.gibibytes(50)},
        "ml.g7.2xlarge may have local storage",
    ),
    "encryption-local-storage": (
        {"instance_type": "ml.m5.xlarge", "encryption_key": object()},
        {"instance_type": "ml.m5d.xlarge", "encryption_key": object()},
        "instance_type='ml.m5d.xlarge': encryption_key does not cover its local storage",
    ),
    "variant-timeouts": (
        {"model_data_download_timeout": Duration.hours(1)},
        {"container_startup_health_check_timeout": Duration.seconds(59)},
        "must be 60 to 3600 whole seconds",
    ),
    "network-needs-vpc": (
        {"vpc": FakeVpc(), "security_groups": [object()]},
        {"security_groups": [object()]},
        "needs vpc",
    ),
    "subnets": (
        {"vpc": FakeVpc(), "subnets": TWO_ZONES},
        {"vpc": FakeVpc(), "subnets": SEVENTEEN},
        "vpc_subnets=17: must select 1 to 16 subnets",
    ),
    "subnet-zones": (
        {"vpc": FakeVpc(), "subnets": TWO_ZONES},
        {"vpc": FakeVpc(), "subnets": ONE_ZONE},
        "all subnets are in one Availability Zone",
    ),
    "role-policy": (
        {"role": object(), "attach_execution_policy": False},
        {"attach_execution_policy": False},
        "attach_execution_policy=False: leaves the endpoint's own role without any permission",
    ),
    "security-groups": (
        {"vpc": FakeVpc(), "security_groups": [object()] * 5},
        {"vpc": FakeVpc(), "security_groups": []},
        "security_groups=0: must be 1 to 5 groups",
    ),
}

MORE_REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("name-characters", {"team": ""}),
    ("name-characters", {"team": "rc-"}),
    ("name-characters", {"team": None}),
    ("name-characters", {"project": "project_a"}),
    ("name-characters", {"naming": Scheme(name="Fraud")}),
    ("name-length", {"naming": Scheme(name="e" * 64)}),
    ("naming-version", {"version": True}),
    ("naming-version", {"version": 1.5}),
    ("tags", {"naming": Scheme(own_tags={"a" * 129: "x"})}),
    ("tags", {"naming": Scheme(own_tags={"a": "x" * 257})}),
    ("tags", {"naming": Scheme(own_tags={"a": "<x>"})}),
    ("tags", {"naming": Scheme(own_tags={f"k{n}": "x" for n in range(51)})}),
    ("image-reference", {"image": ecr_image()}),
    ("image-reference", {"image": ecr_image(tag="-x")}),
    ("image-reference", {"image": ecr_image(tag="")}),
    ("image-reference", {"image": ecr_image(digest="sha256:12")}),
    ("image-uri", {"image": image("")}),
    ("environment-entries", {"environment": {f"K{n}": "x" for n in range(101)}}),
    ("environment-entries", {"environment": {"K": 4}}),
    ("environment-entries", {"environment": {"K": "x" * 1025}}),
    ("instance-type", {"instance_type": "ml.m5.tiny"}),
    ("instance-type", {"instance_type": 5}),
    ("instance-count", {"instance_count": "2"}),
    ("instance-count", {"instance_count": True}),
    ("volume-size", {"volume_size": Size.mebibytes(1500)}),
    ("volume-size", {"volume_size": Size.gibibytes(0)}),
    ("variant-timeouts", {"model_data_download_timeout": Duration.millis(90500)}),
    ("variant-timeouts", {"model_data_download_timeout": Duration.seconds(3601)}),
    ("network-needs-vpc", {"vpc_subnets": object()}),
    ("subnets", {"vpc": FakeVpc(), "subnets": "There are no 'Private' subnet groups"}),
    ("security-groups", {"vpc": FakeVpc(), "security_groups": [object()] * 6}),
]


ON_INVOCATIONS = ScalingPolicy.on_invocations(per_instance_per_minute=600)
ON_CPU = ScalingPolicy.on_cpu(percent=60)
QUEUE = cloudwatch.Metric(namespace="Own", metric_name="Queue")
NIGHTLY = appscaling.Schedule.cron(hour="20", minute="0")


def scaling(low: Any = 2, high: Any = 8, *policies: ScalingPolicy, **changes: Any) -> Scaling:
    return Scaling(
        min_capacity=low, max_capacity=high, policies=policies or (ON_INVOCATIONS,), **changes
    )


def paused(cooldown: Duration) -> ScalingPolicy:
    return ScalingPolicy.on_cpu(percent=60, scale_in_cooldown=cooldown)


def steps(*said: ScalingStep) -> Scaling:
    return scaling(2, 8, ScalingPolicy.in_steps(QUEUE, name="queue", steps=said))


def schedule(name: str = "night", **bounds: Any) -> Scaling:
    return scaling(schedules=[ScalingSchedule(name=name, schedule=NIGHTLY, **bounds)])


def variants(*said: dict[str, Any]) -> list[InstanceVariant]:
    model = Container(image=ContainerImage.from_registry(f"{ECR}/fraud:1"))
    placed_variants = []
    for index, arguments in enumerate(said):
        all_arguments: dict[str, Any] = {"name": f"V{index}", "model": model, **arguments}
        variant = Variant(**all_arguments)
        placed_variants.append(InstanceVariant.of(variant, prefix=f"variants[{index}]."))
    return placed_variants


def shadow(percent: Any = 50, **arguments: Any) -> ShadowVariant:
    (variant,) = variants({"name": "Shadow"} | arguments)
    return ShadowVariant(variant=variant, sampling_percent=percent)


def capture(**changes: Any) -> DataCapture:
    defaults: dict[str, Any] = {"bucket": object(), "prefix": "captured/fraud"}
    return DataCapture(**defaults | changes)


def action() -> Any:
    return object()


def guarded(policy: object, **changes: Any) -> dict[str, Any]:
    """A request that updates ten instances by a policy."""
    return {"deployment": policy, "instance_count": 10, "alarms": Alarms()} | changes


CASES |= {
    "variants-or-model": (
        {"variants": variants({})},
        {"variants": variants({}), "ambiguous": ["instance_type"]},
        "instance_type='given': belongs to each variant when variants is given",
    ),
    "variant-count": (
        {"variants": variants(*[{}] * 10)},
        {"variants": variants(*[{}] * 11)},
        "variants=11: must be 1 to 10 variants",
    ),
    "variant-name": (
        {"variants": variants({"name": "Champion-2"})},
        {"variants": variants({"name": "bad name!!"})},
        "variants[0].name='bad name!!'",
    ),
    "variant-name-unique": (
        {"variants": variants({"name": "A"}, {"name": "B"})},
        {"variants": variants({"name": "A"}, {"name": "A"})},
        "variants='A': is the name of 2",
    ),
    "variant-weight": (
        {"variants": variants({"weight": 0}, {})},
        {"variants": variants({"weight": -0.5}, {})},
        "variants[0].weight=-0.5",
    ),
    "variant-traffic": (
        {"variants": variants({"weight": 0}, {"weight": 0.1})},
        {"variants": variants({"weight": 0}, {"weight": 0})},
        "leave nobody to take the traffic",
    ),
    "shadow-alone": (
        {"shadow": shadow()},
        {"variants": variants({}, {}), "shadow": shadow()},
        "shadow='Shadow': needs exactly one production variant, not 2",
    ),
    "shadow-sampling": (
        {"shadow": shadow(0.5)},
        {"shadow": shadow(100.5)},
        "shadow.sampling_percent=100.5: must be above 0 and at most 100",
    ),
    "shadow-sampling-weight": (
        {"shadow": shadow(100)},
        {"shadow": shadow(50)},
        "shadow.sampling_percent=50: that the weight is the share of copied requests is inferred",
    ),
    "shadow-instances": (
        {"shadow": shadow(instance_type="ml.inf2.xlarge")},
        {"shadow": shadow(instance_type="ml.inf1.xlarge")},
        "shadow.variant.instance_type='ml.inf1.xlarge'",
    ),
    "scaling-bounds": (
        {"scaling": scaling(1, 1)},
        {"scaling": scaling(0, 8)},
        "scaling.min_capacity=0: must be a whole number from 1; only asynchronous endpoints",
    ),
    "scaling-initial-count": (
        {"scaling": scaling(2, 8), "instance_count": 8},
        {"scaling": scaling(2, 8), "instance_count": 1},
        "instance_count=1: is outside the bounds 2 to 8 of scaling; leave it out",
    ),
    "scaling-burstable": (
        {"scaling": scaling(), "instance_type": "ml.m5.large"},
        {"scaling": scaling(), "instance_type": "ml.t2.medium"},
        "instance_type='ml.t2.medium': is burstable",
    ),
    "scaling-shadow": (
        {"shadow": shadow(instance_count=2)},
        {"shadow": shadow(scaling=scaling())},
        "shadow.variant.scaling='Shadow': SageMaker may refuse to scale a shadow variant",
    ),
    "scaling-reason": (
        {"scaling": schedule(min_capacity=1)},
        {"scaling": Scaling(min_capacity=1, max_capacity=2)},
        "scaling='1 to 2': has neither policies nor schedules",
    ),
    "scaling-target": (
        {"scaling": scaling(1, 2, ScalingPolicy.on_cpu(percent=100))},
        {"scaling": scaling(1, 2, ScalingPolicy.on_cpu(percent=101))},
        "scaling.policies[0].percent=101: must be above 0 and at most 100",
    ),
    "scaling-policy-fits": (
        {"scaling": scaling(1, 2, ON_INVOCATIONS)},
        {"scaling": scaling(1, 2, ScalingPolicy.on_backlog(per_instance=5))},
        "scaling.policies[0]='ApproximateBacklogSizePerInstance': is not measured for the "
        "instances of a real-time endpoint",
    ),
    "scaling-cooldowns": (
        {"scaling": scaling(1, 2, paused(Duration.seconds(0)))},
        {"scaling": scaling(1, 2, paused(Duration.millis(500)))},
        "scaling.policies[0].scale_in_cooldown='0.5 s': must be whole seconds",
    ),
    "scaling-cpu": (
        {"scaling": scaling(1, 2, ON_CPU)},
        {"scaling": scaling(1, 2, ON_CPU), "instance_type": "${Token[TOKEN.1]}"},
        "how many virtual CPUs the instance has is not known",
    ),
    "scaling-policies-differ": (
        {"scaling": scaling(1, 2, ON_INVOCATIONS, ON_CPU)},
        {"scaling": scaling(1, 2, ON_CPU, ScalingPolicy.on_cpu(percent=70))},
        "scaling.policies='CPUUtilization': is followed by 2 policies",
    ),
    "scaling-statistic": (
        {"scaling": scaling(1, 2, ScalingPolicy.on_metric(QUEUE, name="queue", target=5))},
        {
            "scaling": scaling(
                1,
                2,
                ScalingPolicy.on_metric(
                    cloudwatch.Metric(namespace="Own", metric_name="Queue", statistic="p99"),
                    name="queue",
                    target=5,
                ),
            )
        },
        "scaling.policies[0].metric='p99'",
    ),
    "scaling-steps": (
        {
            "scaling": steps(
                ScalingStep(upper=2, change=-1),
                ScalingStep(lower=10, upper=20, change=1),
                ScalingStep(lower=20, change=3),
            )
        },
        {
            "scaling": steps(
                ScalingStep(lower=10, upper=20, change=1), ScalingStep(lower=25, change=3)
            )
        },
        "must begin where the step below ends, at 20",
    ),
    "scaling-schedules": (
        {"scaling": schedule(min_capacity=1, max_capacity=1)},
        {"scaling": schedule()},
        "scaling.schedules[0]='night': needs min_capacity or max_capacity",
    ),
    "deployment-size": (
        guarded(BlueGreen.canary(instances=1)),
        guarded(BlueGreen.canary()),
        "deployment={}: needs exactly one of percent and instances",
    ),
    "deployment-size-range": (
        guarded(BlueGreen.canary(instances=5)),
        guarded(BlueGreen.canary(instances=6)),
        "deployment.instances=6: must be 1 to 50 percent of the fleet, and is 60 percent of a "
        "fleet that may have 10",
    ),
    "deployment-fleet": (
        guarded(BlueGreen.canary(percent=50), instance_count=2),
        guarded(BlueGreen.canary(percent=50), instance_count=1),
        "deployment='CANARY': the fleet may have one instance, of which no half can be shifted",
    ),
    "deployment-rolling-fleet": (
        guarded(Rolling(percent=50), instance_count=2),
        guarded(Rolling(percent=50), instance_count=1),
        "no half can be replaced",
    ),
    "deployment-waits": (
        guarded(BlueGreen.all_at_once(bake=Duration.hours(1))),
        guarded(BlueGreen.all_at_once(termination_wait=Duration.seconds(3601))),
        "deployment.termination_wait='3601 s': must be 0 to 3600 whole seconds",
    ),
    "deployment-timeout": (
        guarded(BlueGreen.canary(percent=10, maximum_execution_timeout=Duration.seconds(1501))),
        guarded(BlueGreen.canary(percent=10, maximum_execution_timeout=Duration.seconds(1500))),
        "deployment.maximum_execution_timeout='1500 s': must exceed all waits of the deployment, "
        "which are 1500 s",
    ),
    "deployment-bake": (
        guarded(BlueGreen.all_at_once(bake=Duration.seconds(240))),
        guarded(BlueGreen.all_at_once(bake=Duration.seconds(239))),
        "deployment.bake='239 s': ends before a rollback alarm can go off, which takes 240 s",
    ),
    "deployment-rolling-variants": (
        guarded(Rolling(percent=50)),
        {"deployment": Rolling(percent=50), "variants": variants({}, {})},
        "deployment='Rolling': allows one variant, not 2; use BlueGreen",
    ),
    "deployment-alarm-count": (
        {
            "deployment": BlueGreen.all_at_once(),
            "alarms": Alarms(),
            "variants": variants(*[{}] * 5),
        },
        {
            "deployment": BlueGreen.all_at_once(),
            "alarms": Alarms(),
            "variants": variants(*[{}] * 6),
        },
        "alarms=12: may be 10 rollback alarms of all variants",
    ),
    "deployment-without-alarms": (
        guarded(BlueGreen.all_at_once(roll_back=False), alarms=None),
        guarded(BlueGreen.all_at_once(), alarms=None),
        "no alarm of the endpoint guards it",
    ),
    "deployment-fallback": (
        guarded(BlueGreen.all_at_once(), instance_type="ml.inf1.xlarge"),
        guarded(BlueGreen.canary(percent=10), instance_type="ml.inf1.xlarge"),
        "SageMaker deploys it all at once and does not say so",
    ),
    "alarm-thresholds": (
        {"alarms": Alarms(cpu_percent=100, model_latency_millis=None)},
        {"alarms": Alarms(cpu_percent=101)},
        "alarms.cpu_percent=101: must be above 0 and at most 100; None switches the alarm off",
    ),
    "alarm-latency-statistic": (
        {"alarms": Alarms(latency_statistic="p99.9")},
        {"alarms": Alarms(latency_statistic="P99")},
        "alarms.latency_statistic='P99'",
    ),
    "alarm-healthy-instances": (
        {"alarms": Alarms(min_healthy_instances=2), "instance_count": 2},
        {"alarms": Alarms(min_healthy_instances=2), "scaling": scaling(1, 4)},
        "alarms.min_healthy_instances=2: variant AllTraffic may have 1",
    ),
    "alarm-healthy-counted": (
        {"alarms": Alarms(min_healthy_instances=1), "instance_count": 2},
        {"alarms": Alarms(min_healthy_instances=2), "instance_count": 2},
        "alarms.min_healthy_instances=2: that each instance sends one datapoint a minute is "
        "inferred",
    ),
    "alarm-actions": (
        {"alarms": Alarms(topic=action(), actions={Severity.CRITICAL: [action()] * 4})},
        {"alarms": Alarms(topic=action(), actions={Severity.CRITICAL: [action()] * 5})},
        "alarms.actions[Severity.CRITICAL]=6: may be 5 with the topic",
    ),
    "alarm-unknown-instance": (
        {"alarms": Alarms(cpu_percent=None), "instance_type": "${Token[TOKEN.1]}"},
        {"alarms": Alarms(), "instance_type": "${Token[TOKEN.1]}"},
        "its processors are not known at synth",
    ),
    "capture-sampling": (
        {"data_capture": capture(sampling_percent=0)},
        {"data_capture": capture(sampling_percent=101)},
        "data_capture.sampling_percent=101",
    ),
    "capture-modes": (
        {"data_capture": capture(modes=[CaptureMode.OUTPUT])},
        {"data_capture": capture(modes=[])},
        "data_capture.modes=[]: must be input, output or both, each once",
    ),
    "capture-prefix": (
        {"data_capture": capture(prefix="a/b c")},
        {"data_capture": capture(prefix="")},
        "data_capture.prefix=''",
    ),
    "capture-content-types": (
        {"data_capture": capture(csv_content_types=["text/csv"])},
        {"data_capture": capture(json_content_types=["json"])},
        "data_capture.json_content_types='json': must be a content type such as text/csv",
    ),
}

MORE_REFUSED += [
    ("model-definition", {"model": None}),
    ("variant-count", {"variants": []}),
    ("variant-name", {"variants": variants({"name": "x" * 64})}),
    ("variant-name", {"variants": variants({"name": "${Token[TOKEN.1]}"})}),
    ("variant-name-unique", {"shadow": shadow(name="AllTraffic")}),
    ("variant-weight", {"weight": float("nan")}),
    ("variant-weight", {"weight": "1"}),
    ("shadow-sampling", {"shadow": shadow(0)}),
    ("shadow-sampling", {"shadow": shadow(), "weight": 2}),
    ("scaling-bounds", {"scaling": scaling(3, 2)}),
    ("scaling-bounds", {"scaling": scaling(1, 2.5)}),
    ("scaling-bounds", {"scaling": scaling("1", 2)}),
    ("scaling-initial-count", {"scaling": scaling(2, 8), "instance_count": 9}),
    (
        "scaling-target",
        {"scaling": scaling(1, 2, ScalingPolicy.on_invocations(per_instance_per_minute=0))},
    ),
    (
        "scaling-target",
        {"scaling": scaling(1, 2, ScalingPolicy.on_concurrent_requests(per_model=float("inf")))},
    ),
    (
        "scaling-policies-differ",
        {
            "scaling": scaling(
                1,
                2,
                ScalingPolicy.on_metric(QUEUE, name="queue", target=5),
                ScalingPolicy.on_metric(QUEUE, name="queue", target=6),
            )
        },
    ),
    (
        "scaling-policies-differ",
        {"scaling": scaling(1, 2, ScalingPolicy.on_metric(QUEUE, name="a queue", target=5))},
    ),
    (
        "scaling-policies-differ",
        {
            "scaling": scaling(
                1,
                2,
                ScalingPolicy.on_metric(QUEUE, name="hot-out", target=5),
                ScalingPolicy.in_steps(QUEUE, name="hot", steps=[ScalingStep(lower=1, change=1)]),
            )
        },
    ),
    (
        "scaling-steps",
        {
            "scaling": scaling(
                1,
                2,
                ScalingPolicy.in_steps(
                    QUEUE,
                    name="hot",
                    steps=[ScalingStep(lower=1, change=1)],
                    min_adjustment_magnitude=2,
                ),
            )
        },
    ),
    (
        "deployment-size-range",
        {
            "deployment": BlueGreen.linear(instances=1),
            "alarms": Alarms(),
            "scaling": scaling(2, 11),
        },
    ),
    ("scaling-schedules", {"scaling": schedule(min_capacity=9)}),
    ("scaling-schedules", {"scaling": schedule(max_capacity=1)}),
    ("scaling-steps", {"scaling": steps()}),
    ("scaling-steps", {"scaling": steps(ScalingStep(lower=1, change=0))}),
    ("scaling-steps", {"scaling": steps(ScalingStep(upper=1, change=1))}),
    ("scaling-steps", {"scaling": steps(ScalingStep(lower=1, change=-1))}),
    ("scaling-steps", {"scaling": steps(ScalingStep(lower=2, upper=2, change=1))}),
    (
        "scaling-steps",
        {"scaling": steps(ScalingStep(upper=10, change=-1), ScalingStep(lower=5, change=1))},
    ),
    ("scaling-schedules", {"scaling": schedule("a:b", min_capacity=1)}),
    ("scaling-schedules", {"scaling": schedule(min_capacity=0)}),
    ("scaling-schedules", {"scaling": schedule(min_capacity=3, max_capacity=2)}),
    ("deployment-size", guarded(BlueGreen.canary(percent=10, instances=1))),
    ("deployment-size", guarded(BlueGreen.linear(percent=0))),
    ("deployment-size", guarded(Rolling(percent=10, rollback_percent=1, rollback_instances=1))),
    ("deployment-size-range", guarded(BlueGreen.canary(percent=51))),
    ("deployment-size-range", guarded(BlueGreen.canary(instances=1), instance_count=1)),
    ("deployment-size-range", guarded(BlueGreen.linear(percent=9))),
    ("deployment-size-range", guarded(Rolling(percent=4))),
    ("deployment-size-range", guarded(Rolling(percent=5, rollback_percent=101))),
    ("deployment-waits", guarded(BlueGreen.canary(percent=10, bake=Duration.seconds(3601)))),
    ("deployment-waits", guarded(Rolling(percent=10, bake=Duration.millis(240500)))),
    (
        "deployment-timeout",
        guarded(BlueGreen.all_at_once(maximum_execution_timeout=Duration.seconds(599))),
    ),
    (
        "deployment-timeout",
        guarded(BlueGreen.linear(percent=10, bake=Duration.hours(1))),
    ),
    ("deployment-timeout", guarded(Rolling(percent=5, bake=Duration.minutes(30)))),
    ("alarm-thresholds", {"alarms": Alarms(error_5xx_percent=0)}),
    ("alarm-thresholds", {"alarms": Alarms(model_latency_millis=float("inf"))}),
    ("alarm-thresholds", {"alarms": Alarms(min_healthy_instances=0)}),
    ("capture-sampling", {"data_capture": capture(sampling_percent=0.5)}),
    ("capture-modes", {"data_capture": capture(modes=[CaptureMode.INPUT] * 2)}),
    ("capture-prefix", {"data_capture": capture(prefix="/captured")}),
    ("capture-prefix", {"data_capture": capture(prefix="captured/*")}),
    ("capture-prefix", {"data_capture": capture(prefix="p" * 444)}),
    ("capture-content-types", {"data_capture": capture(csv_content_types=["a/b"] * 11)}),
]
