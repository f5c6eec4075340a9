"""Models that share instances: the endpoint, its components, and all that comes with them."""

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, cast

import pytest
from aws_cdk import (
    App,
    Aws,
    CfnOutput,
    Duration,
    Environment,
    RemovalPolicy,
    Size,
    Stack,
    Stage,
    Tags,
)
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from cdk_sagemaker_inference import (
    ComponentAlarms,
    ComponentResources,
    ComponentRolling,
    Container,
    ContainerImage,
    CopyScaling,
    InferenceComponent,
    InferenceComponentEndpoint,
    InferencePipeline,
    InstanceAlarms,
    ManagedInstanceScaling,
    ModelData,
    ModelPackage,
    Naming,
    NamingScheme,
    RoutingStrategy,
    ScalingPolicy,
    ScalingSchedule,
    Severity,
)
from support import ARCHIVE, CONTEXT, NAMING, Synthesized, caller, synthesize
from test_dashboard import Widgets, flat
from test_no_cycles import Graph

MODEL = "AWS::SageMaker::Model"
CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"
COMPONENT = "AWS::SageMaker::InferenceComponent"
ALARM = "AWS::CloudWatch::Alarm"
POLICY = "AWS::IAM::ManagedPolicy"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
SCALING_POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"

ENDPOINT_NAME = "rc-project-a-fraud-ep"
CARDS = f"{ENDPOINT_NAME}-cards"
TRANSFERS = f"{ENDPOINT_NAME}-transfers"
LOGS = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker"
SAGEMAKER = "arn:aws:sagemaker:eu-west-1:123456789012"
ENV = Environment(account="123456789012", region="eu-west-1")
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
TAGS = {
    "Environment": "prod",
    "Model": "fraud",
    "Project": "project-a",
    "Team": "rc",
    "Version": "3",
}

RESOURCES = ComponentResources(min_memory=Size.gibibytes(2))
TO_ZERO = CopyScaling.on_concurrent_requests(min_capacity=0, max_capacity=4, per_copy=2)
ROLLING = ComponentRolling(percent=50, bake=Duration.minutes(5))


def image_uri(name: str, tag: str = "1") -> str:
    return f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{name}:{tag}"


def container(name: str = "cards", **changes: Any) -> Container:
    image = ContainerImage.from_registry(image_uri(name))
    data = ModelData.from_uri(f"s3://models/{name}/model.tar.gz")
    return Container(**{"image": image, "data": data, **changes})


def shared(stack: Stack, **arguments: Any) -> InferenceComponentEndpoint:
    """An endpoint without models and alarms, but for the arguments given."""
    defaults = {"naming": NAMING, "alarms": None}
    return InferenceComponentEndpoint(stack, "Shared", **{**defaults, **arguments})


def add(
    endpoint: InferenceComponentEndpoint, name: str = "cards", **arguments: Any
) -> InferenceComponent:
    """Add a model without alarms, but for the arguments given."""
    defaults = {"model": container(name), "resources": RESOURCES, "alarms": None}
    return endpoint.add_model(name, **{**defaults, **arguments})


def cards(endpoint: Mapping[str, Any] | None = None, **component: Any) -> Callable[[Stack], None]:
    """Build an endpoint with one component."""

    def build(stack: Stack) -> None:
        add(shared(stack, **(endpoint or {})), **component)

    return build


def vpc(stack: Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-00000000000000001",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        private_subnet_ids=["subnet-00000000000000001", "subnet-00000000000000002"],
        private_subnet_route_table_ids=["rtb-1", "rtb-2"],
    )


@cache
def minimal() -> Synthesized:
    def build(stack: Stack) -> None:
        endpoint = InferenceComponentEndpoint(stack, "Shared", naming=NAMING)
        endpoint.add_model("cards", model=container(), resources=RESOURCES)

    return synthesize(build, env=ENV)


@cache
def full() -> Synthesized:
    """Everything that can be asked for, on an instance with GPUs and a volume."""

    def build(stack: Stack) -> None:
        group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-00000000000000001")
        endpoint = InferenceComponentEndpoint(
            stack,
            "Shared",
            naming=NAMING,
            instance_type="ml.p3.8xlarge",
            instance_count=2,
            instance_scaling=ManagedInstanceScaling(min_instance_count=1, max_instance_count=4),
            volume_size=Size.gibibytes(100),
            encryption_key=kms.Key.from_key_arn(stack, "Key", KEY),
            routing_strategy=RoutingStrategy.LEAST_OUTSTANDING_REQUESTS,
            alarms=InstanceAlarms(),
            dashboard=True,
            vpc=vpc(stack),
            security_groups=[group],
            enable_network_isolation=True,
            outputs=True,
        )
        for name in ("cards", "transfers"):
            endpoint.add_model(
                name,
                model=container(name),
                resources=ComponentResources(
                    min_memory=Size.gibibytes(16),
                    max_memory=Size.gibibytes(32),
                    cpu_cores=2.5,
                    accelerators=1,
                ),
                copies=2,
                scaling=TO_ZERO,
                deployment=ComponentRolling(
                    percent=50,
                    rollback_copies=1,
                    bake=Duration.minutes(5),
                    maximum_execution_timeout=Duration.hours(2),
                ),
                model_data_download_timeout=Duration.minutes(20),
                container_startup_health_check_timeout=Duration.minutes(10),
            )

    return synthesize(build, env=ENV)


def untagged(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key != "Tags"}


def component(result: Synthesized, name: str = CARDS) -> dict[str, Any]:
    (found,) = (
        resource["Properties"]
        for resource in result.of_type(COMPONENT)
        if resource["Properties"]["InferenceComponentName"] == name
    )
    properties: dict[str, Any] = found
    return properties


def warned(result: Synthesized) -> list[str]:
    """The rules whose warnings there are."""
    return re.findall(r"\[ack: cdk-sagemaker-inference:([a-z-]+)\]", " ".join(result.messages))


def logical_ids(result: Synthesized, resource_type: str) -> list[str]:
    return [
        name
        for name, resource in result.template["Resources"].items()
        if resource["Type"] == resource_type
    ]


def logical_id(result: Synthesized, resource_type: str) -> str:
    (name,) = logical_ids(result, resource_type)
    return name


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


LONG = {
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "ap-northeast-1",
    "AWS::AccountId": "123456789012",
}


def many(count: int, *, grant: bool = False) -> Callable[[Stack], None]:
    """Build so many components with all that their role must be allowed to do."""

    def build(stack: Stack) -> None:
        endpoint = shared(stack, vpc=vpc(stack) if grant else None)
        bucket = s3.Bucket.from_bucket_name(stack, "Features", "features")
        for number in range(count):
            add(
                endpoint,
                f"model-{number}",
                scaling=TO_ZERO,
                deployment=ROLLING,
                alarms=ComponentAlarms(),
            )
            if grant:
                bucket.grant_put(endpoint, f"logs-{number}/*")

    return build


Permissions = dict[str, tuple[set[str], Any]]


def permissions(result: Synthesized, resource_type: str = POLICY) -> Permissions:
    """What a policy allows: resources and conditions by actions."""
    found: Permissions = {}
    for statement in result.properties(resource_type)["PolicyDocument"]["Statement"]:
        actions = " ".join(as_list(statement["Action"]))
        resources, condition = found.setdefault(actions, (set(), statement.get("Condition")))
        assert statement["Effect"] == "Allow"
        assert condition == statement.get("Condition")
        resources.update(flat(resource) for resource in as_list(statement["Resource"]))
    return found


def alarms(result: Synthesized, name: str = CARDS) -> dict[str, dict[str, Any]]:
    """A component's alarms by the last part of their names."""
    return {
        alarm["Properties"]["AlarmName"].removeprefix(f"{name}-"): alarm["Properties"]
        for alarm in result.of_type(ALARM)
        if alarm["Properties"]["AlarmName"].startswith(f"{name}-")
    }


class TestMinimal:
    def test_nothing_is_made_that_was_not_asked_for(self) -> None:
        # Of the instances: CPU, memory, disk. Of the component: both latencies, both errors,
        # requests without a copy, CPU, memory.
        assert minimal().types() == sorted(
            [
                *["AWS::CloudWatch::Alarm"] * (3 + 7),
                "AWS::IAM::ManagedPolicy",
                "AWS::IAM::Role",
                "AWS::SageMaker::Endpoint",
                "AWS::SageMaker::EndpointConfig",
                "AWS::SageMaker::InferenceComponent",
                "AWS::SageMaker::Model",
            ]
        )

    def test_the_config_has_the_role_and_neither_a_model_nor_a_weight(self) -> None:
        config = untagged(minimal().properties(CONFIG))
        assert config.pop("EndpointConfigName").startswith("rc-project-a-fraud-config-")
        role = logical_id(minimal(), "AWS::IAM::Role")
        assert config == {
            "ExecutionRoleArn": {"Fn::GetAtt": [role, "Arn"]},
            "ProductionVariants": [
                {
                    "VariantName": "AllTraffic",
                    "InstanceType": "ml.m5.xlarge",
                    "InitialInstanceCount": 1,
                }
            ],
        }

    def test_the_endpoint_has_a_name_and_a_config(self) -> None:
        assert untagged(minimal().properties(ENDPOINT)) == {
            "EndpointName": ENDPOINT_NAME,
            "EndpointConfigName": {
                "Fn::GetAtt": [logical_id(minimal(), CONFIG), "EndpointConfigName"]
            },
        }

    def test_the_model_has_the_role_and_what_runs(self) -> None:
        model = untagged(minimal().properties(MODEL))
        assert model.pop("ModelName").startswith("rc-project-a-fraud-v3-")
        assert model == {
            "ExecutionRoleArn": {"Fn::GetAtt": [logical_id(minimal(), "AWS::IAM::Role"), "Arn"]},
            "PrimaryContainer": {
                "Image": image_uri("cards"),
                "ModelDataUrl": "s3://models/cards/model.tar.gz",
            },
        }

    def test_the_component_has_one_copy_of_the_model_on_the_endpoint(self) -> None:
        assert untagged(component(minimal())) == {
            "InferenceComponentName": CARDS,
            "EndpointName": {"Fn::GetAtt": [logical_id(minimal(), ENDPOINT), "EndpointName"]},
            "VariantName": "AllTraffic",
            "Specification": {
                "ModelName": {"Fn::GetAtt": [logical_id(minimal(), MODEL), "ModelName"]},
                "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 2048},
            },
            "RuntimeConfig": {"CopyCount": 1},
        }

    def test_it_warns_of_nothing(self) -> None:
        assert minimal().messages == []

    def test_an_endpoint_may_wait_for_its_first_model(self) -> None:
        result = synthesize(shared)
        assert result.types() == [
            "AWS::IAM::ManagedPolicy",
            "AWS::IAM::Role",
            "AWS::SageMaker::Endpoint",
            "AWS::SageMaker::EndpointConfig",
        ]


class TestFull:
    def test_role_network_and_instances_are_the_configs(self) -> None:
        config = untagged(full().properties(CONFIG))
        del config["EndpointConfigName"]
        assert config == {
            "ExecutionRoleArn": {"Fn::GetAtt": [logical_id(full(), "AWS::IAM::Role"), "Arn"]},
            "VpcConfig": {
                "Subnets": ["subnet-00000000000000001", "subnet-00000000000000002"],
                "SecurityGroupIds": ["sg-00000000000000001"],
            },
            "EnableNetworkIsolation": True,
            "KmsKeyId": KEY,
            "ProductionVariants": [
                {
                    "VariantName": "AllTraffic",
                    "InstanceType": "ml.p3.8xlarge",
                    "InitialInstanceCount": 2,
                    "ManagedInstanceScaling": {
                        "Status": "ENABLED",
                        "MinInstanceCount": 1,
                        "MaxInstanceCount": 4,
                    },
                    "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
                    "VolumeSizeInGB": 100,
                }
            ],
        }

    def test_the_models_have_the_role_and_no_network(self) -> None:
        role = {"Fn::GetAtt": [logical_id(full(), "AWS::IAM::Role"), "Arn"]}
        models = [untagged(model["Properties"]) for model in full().of_type(MODEL)]
        assert [model.keys() for model in models] == [
            {"ModelName", "ExecutionRoleArn", "PrimaryContainer"}
        ] * 2
        assert [model["ExecutionRoleArn"] for model in models] == [role, role]
        assert [model["PrimaryContainer"]["Image"] for model in models] == [
            image_uri("cards"),
            image_uri("transfers"),
        ]

    @pytest.mark.parametrize("name", [CARDS, TRANSFERS])
    def test_a_component_says_resources_patience_copies_and_deployment(self, name: str) -> None:
        found = deepcopy(component(full(), name))
        model = found["Specification"].pop("ModelName")["Fn::GetAtt"][0]
        container = full().template["Resources"][model]["Properties"]["PrimaryContainer"]
        assert container["Image"] == image_uri(name.removeprefix(f"{ENDPOINT_NAME}-"))
        assert found["Specification"] == {
            "ComputeResourceRequirements": {
                "MinMemoryRequiredInMb": 16384,
                "MaxMemoryRequiredInMb": 32768,
                "NumberOfCpuCoresRequired": 2.5,
                "NumberOfAcceleratorDevicesRequired": 1,
            },
            "StartupParameters": {
                "ModelDataDownloadTimeoutInSeconds": 1200,
                "ContainerStartupHealthCheckTimeoutInSeconds": 600,
            },
        }
        assert found["RuntimeConfig"] == {"CopyCount": 2}
        assert found["DeploymentConfig"]["RollingUpdatePolicy"] == {
            "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
            "RollbackMaximumBatchSize": {"Type": "COPY_COUNT", "Value": 1},
            "WaitIntervalInSeconds": 300,
            "MaximumExecutionTimeoutInSeconds": 7200,
        }

    def test_everything_that_takes_tags_has_them(self) -> None:
        for resource_type in (
            "AWS::IAM::Role",
            ALARM,
            MODEL,
            CONFIG,
            ENDPOINT,
            COMPONENT,
        ):
            for resource in full().of_type(resource_type):
                tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}
                assert tags == TAGS, resource_type

    def test_the_users_own_tags_reach_components_that_are_added_later(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = shared(stack)
            Tags.of(endpoint).add("CostCentre", "42")
            Tags.of(add(endpoint)).add("Owner", "cards")

        tags = component(synthesize(build))["Tags"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == {
            **TAGS,
            "CostCentre": "42",
            "Owner": "cards",
        }

    def test_outputs_say_name_and_arn(self) -> None:
        outputs = {name: flat(out["Value"]) for name, out in full().template["Outputs"].items()}
        assert sorted(outputs.values()) == [
            f"{SAGEMAKER}:endpoint/{ENDPOINT_NAME}",
            ENDPOINT_NAME,
        ]

    def test_a_key_is_warned_about_because_its_use_is_not_documented(self) -> None:
        message = next(text for text in full().messages if "encryption_key" in text)
        assert message.startswith("encryption_key='given': that it is used on component endpoints")

    @pytest.mark.parametrize(
        ("arguments", "count"),
        [
            ({}, 1),
            ({"instance_count": 3}, 3),
            ({"instance_scaling": (0, 4)}, 1),
            ({"instance_scaling": (2, 4)}, 2),
            ({"instance_scaling": (0, 4), "instance_count": 3}, 3),
        ],
        ids=["default", "said", "from zero", "lower bound", "within the bounds"],
    )
    def test_instances_to_begin_with(self, arguments: dict[str, Any], count: int) -> None:
        if "instance_scaling" in arguments:
            low, high = arguments["instance_scaling"]
            scaling = ManagedInstanceScaling(min_instance_count=low, max_instance_count=high)
            arguments = {**arguments, "instance_scaling": scaling}
        result = synthesize(cards(arguments))
        (variant,) = result.properties(CONFIG)["ProductionVariants"]
        assert variant["InitialInstanceCount"] == count


class TestOrder:
    def test_permissions_come_first_and_the_component_after_all_that_it_needs(self) -> None:
        graph = Graph.of(full().template["Resources"])
        assert graph.cycles() == []
        (config,) = graph.of_type(CONFIG)
        (endpoint,) = graph.of_type(ENDPOINT)
        permitted = ("AWS::IAM::Role", POLICY)
        assert graph.comes_before(config, *permitted)
        for model in graph.of_type(MODEL):
            assert graph.comes_before(model, *permitted)
            # Otherwise every model would be an update of the endpoint.
            assert model not in graph.before[endpoint]
        for made in graph.of_type(COMPONENT):
            before = graph.before[made]
            assert endpoint in before
            assert len(before & graph.of_type(MODEL)) == 1
            assert before & graph.of_type(TARGET) == set()

    def test_a_component_waits_for_no_other(self) -> None:
        graph = Graph.of(full().template["Resources"])
        for made in graph.of_type(COMPONENT):
            assert graph.before[made] & graph.of_type(COMPONENT) == set()

    @pytest.mark.parametrize("name", [CARDS, TRANSFERS])
    def test_the_alarms_that_roll_a_component_back_are_its_own_and_exist_before(
        self, name: str
    ) -> None:
        resources = full().template["Resources"]
        guards = component(full(), name)["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
        named = {
            resources[guard["AlarmName"]["Ref"]]["Properties"]["AlarmName"] for guard in guards
        }
        assert named == {f"{name}-ModelLatency", f"{name}-5XXErrors"}

    def test_copies_scale_after_there_is_a_component_to_scale(self) -> None:
        graph = Graph.of(full().template["Resources"])
        for target in graph.of_type(TARGET):
            resource_id = graph.resources[target]["Properties"]["ResourceId"]
            (made,) = graph.before[target] & graph.of_type(COMPONENT)
            name = graph.resources[made]["Properties"]["InferenceComponentName"]
            assert resource_id == f"inference-component/{name}"
        for policy in graph.of_type(SCALING_POLICY):
            assert len(graph.before[policy] & graph.of_type(TARGET)) == 1

    def test_nothing_depends_on_itself_whatever_is_asked_for(self) -> None:
        flags = (False, True)
        asked = list(product(flags, flags, flags, flags))
        with tempfile.TemporaryDirectory() as directory:
            app = App(context=dict(CONTEXT), outdir=directory, analytics_reporting=False)
            for number, (alarmed, rolling, scaled, around) in enumerate(asked):
                stack = Stack(app, f"s{number}")
                topic = sns.Topic(stack, "Topic") if alarmed else None
                endpoint = shared(
                    stack,
                    alarms=InstanceAlarms(topic=topic) if alarmed else None,
                    dashboard=around,
                    vpc=vpc(stack) if around else None,
                )
                endpoint.grant_invoke(caller(stack))
                for name in ("cards", "transfers"):
                    add(
                        endpoint,
                        name,
                        alarms=ComponentAlarms(topic=topic) if alarmed else None,
                        deployment=ROLLING if rolling else None,
                        scaling=TO_ZERO if scaled else None,
                    )
            app.synth()
            for number, (alarmed, rolling, scaled, _) in enumerate(asked):
                text = (Path(directory) / f"s{number}.template.json").read_text()
                graph = Graph.of(json.loads(text)["Resources"])
                assert graph.cycles() == []
                assert len(graph.of_type(TARGET)) == (2 if scaled else 0)
                for made in graph.of_type(COMPONENT):
                    guards = graph.before[made] & graph.of_type(ALARM)
                    assert len(guards) == (2 if alarmed and rolling else 0)


LOG_ACTIONS = "logs:CreateLogGroup logs:CreateLogStream logs:DescribeLogStreams logs:PutLogEvents"
PULL_ACTIONS = "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer"
NAMESPACES = {
    "StringEquals": {
        "cloudwatch:namespace": [
            "/aws/sagemaker/Endpoints",
            "/aws/sagemaker/InferenceComponents",
        ]
    }
}


def log_groups(*names: str) -> set[str]:
    return {f"{LOGS}/{name}{suffix}" for name in names for suffix in ("", ":*")}


def own_role(stack: Stack, name: str | None = None) -> iam.Role:
    # jsii's types name a parameter otherwise than the protocol does.
    service = cast(iam.IPrincipal, iam.ServicePrincipal("sagemaker.amazonaws.com"))
    return iam.Role(stack, "Own", assumed_by=service, role_name=name)


class TestExecutionRole:
    def test_permissions_are_exactly_those_of_the_endpoint_and_of_each_component(self) -> None:
        alarm = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm"
        interfaces = "arn:aws:ec2:eu-west-1:123456789012:network-interface/*"
        # Whose an imported VPC is cannot be seen.
        owned = "arn:aws:ec2:eu-west-1:*"
        assert permissions(full()) == {
            LOG_ACTIONS: (
                log_groups(
                    f"Endpoints/{ENDPOINT_NAME}",
                    f"InferenceComponents/{CARDS}",
                    f"InferenceComponents/{TRANSFERS}",
                ),
                None,
            ),
            "cloudwatch:PutMetricData": ({"*"}, NAMESPACES),
            "kms:CreateGrant kms:DescribeKey": ({KEY}, None),
            "s3:GetObject": (
                {
                    "arn:aws:s3:::models/cards/model.tar.gz",
                    "arn:aws:s3:::models/transfers/model.tar.gz",
                },
                None,
            ),
            PULL_ACTIONS: (
                {
                    "arn:aws:ecr:eu-west-1:123456789012:repository/cards",
                    "arn:aws:ecr:eu-west-1:123456789012:repository/transfers",
                },
                None,
            ),
            "ecr:GetAuthorizationToken": ({"*"}, None),
            "cloudwatch:DescribeAlarms": (
                {
                    f"{alarm}:{name}-{kind}"
                    for name in (CARDS, TRANSFERS)
                    for kind in ("ModelLatency", "5XXErrors")
                },
                None,
            ),
            "ec2:CreateNetworkInterface": (
                {
                    interfaces,
                    f"{owned}:subnet/subnet-00000000000000001",
                    f"{owned}:subnet/subnet-00000000000000002",
                    f"{owned}:security-group/sg-00000000000000001",
                },
                None,
            ),
            "ec2:CreateNetworkInterfacePermission ec2:DeleteNetworkInterface "
            "ec2:DeleteNetworkInterfacePermission": ({interfaces}, None),
            "ec2:DescribeDhcpOptions ec2:DescribeNetworkInterfaces ec2:DescribeSecurityGroups "
            "ec2:DescribeSubnets ec2:DescribeVpcEndpoints ec2:DescribeVpcs": ({"*"}, None),
        }

    def test_no_model_no_permission_to_read_one(self) -> None:
        assert permissions(synthesize(shared, env=ENV)) == {
            LOG_ACTIONS: (log_groups(f"Endpoints/{ENDPOINT_NAME}"), None),
            "cloudwatch:PutMetricData": ({"*"}, NAMESPACES),
        }

    def test_files_below_a_prefix_are_listed_each_under_its_own(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = shared(stack)
            for name in ("cards", "transfers"):
                bucket = s3.Bucket.from_bucket_name(stack, name, f"models-{name}")
                add(
                    endpoint,
                    name,
                    model=container(name, data=ModelData.from_prefix(bucket, f"{name}/3")),
                )

        statements = [
            statement
            for statement in synthesize(build, env=ENV).statements().values()
            if statement["Action"] == "s3:ListBucket"
        ]
        assert {
            flat(statement["Resource"]): statement["Condition"] for statement in statements
        } == {
            f"arn:aws:s3:::models-{name}": {"StringLike": {"s3:prefix": [f"{name}/3/*"]}}
            for name in ("cards", "transfers")
        }

    @pytest.mark.parametrize("minimized", [True, False], ids=["minimized", "plain"])
    def test_components_share_statements_whatever_the_apps_flags_say(self, minimized: bool) -> None:
        flag = {"@aws-cdk/aws-iam:minimizePolicies": minimized}
        document = synthesize(many(4), env=ENV, **flag).properties(POLICY)["PolicyDocument"]
        ids = [statement["Sid"] for statement in document["Statement"] if "Sid" in statement]
        assert ids == ["WriteLogs", "PublishMetrics"]
        # Logs, artifacts, images, registry and alarms of all of them.
        assert len(document["Statement"]) == 2 + 5

    @pytest.mark.parametrize("env", [ENV, None], ids=["known", "any"])
    def test_what_does_not_fit_into_a_managed_policy_is_in_another(
        self, env: Environment | None
    ) -> None:
        count = 30
        result = synthesize(many(count, grant=True), env=env)
        lengths = []
        readable = set()
        for policy in result.of_type(POLICY):
            assert policy["Properties"]["Roles"] == [{"Ref": logical_id(result, "AWS::IAM::Role")}]
            document = policy["Properties"]["PolicyDocument"]
            statements = [
                {**statement, "Resource": [flat(arn) for arn in as_list(statement["Resource"])]}
                for statement in document["Statement"]
            ]
            text = json.dumps({**document, "Statement": statements}, separators=(",", ":"))
            for name, value in LONG.items():
                text = text.replace(f"<{name}>", value)
            lengths.append(len(text))
            readable |= {
                arn.rpartition(":")[2]
                for statement in statements
                for arn in statement["Resource"]
                if "s3:GetObject" in as_list(statement["Action"])
            }
        # IAM's quotas: characters without white space, and policies of a role.
        assert max(lengths) <= 6144
        assert len(lengths) <= 10
        assert readable == {f"models/model-{n}/model.tar.gz" for n in range(count)}

    def test_a_model_waits_for_the_policy_that_lets_its_role_read_it(self) -> None:
        graph = Graph.of(synthesize(many(30)).template["Resources"])
        assert graph.cycles() == []
        first = next(iter(graph.of_type(CONFIG)))
        for model in graph.of_type(MODEL):
            properties = graph.resources[model]["Properties"]
            path = properties["PrimaryContainer"]["ModelDataUrl"].removeprefix("s3://")
            (permitting,) = (
                policy
                for policy in graph.of_type(POLICY)
                if path in json.dumps(graph.resources[policy])
            )
            assert permitting in graph.before[model]
            assert graph.before[first] & graph.of_type(POLICY) <= graph.before[model]

    def test_grants_to_the_endpoint_are_its_components_too_and_stay_in_the_one_policy(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = shared(stack)
            bucket = s3.Bucket.from_bucket_name(stack, "Features", "features")
            add(endpoint)
            bucket.grant_read(endpoint)
            add(endpoint, "transfers")

        result = synthesize(build, env=ENV)
        assert result.of_type("AWS::IAM::Policy") == []
        resources, _ = permissions(result)["s3:GetBucket* s3:GetObject* s3:List*"]
        assert resources == {
            "arn:aws:s3:::features",
            "arn:aws:s3:::features/*",
        }

    def test_a_role_of_the_users_is_given_the_policy(self) -> None:
        result = synthesize(lambda stack: cards({"role": own_role(stack)})(stack), env=ENV)
        role = logical_id(result, "AWS::IAM::Role")
        assert result.properties(POLICY)["Roles"] == [{"Ref": role}]
        for resource_type in (MODEL, CONFIG):
            assert result.properties(resource_type)["ExecutionRoleArn"] == {
                "Fn::GetAtt": [role, "Arn"]
            }
        assert permissions(result)["s3:GetObject"] == (
            {"arn:aws:s3:::models/cards/model.tar.gz"},
            None,
        )

    def test_a_role_of_the_users_may_stay_as_it_is(self) -> None:
        def build(stack: Stack) -> None:
            role = iam.Role.from_role_arn(stack, "Own", "arn:aws:iam::123456789012:role/own")
            endpoint = shared(stack, role=role, attach_execution_policy=False)
            assert endpoint.policy is None
            endpoint.grant_invoke(caller(stack))
            add(endpoint, deployment=ROLLING, scaling=TO_ZERO, alarms=ComponentAlarms())

        result = synthesize(build, env=ENV)
        assert result.of_type(POLICY) == []
        for resource_type in (MODEL, CONFIG):
            resource = result.resource(resource_type)
            assert resource["Properties"]["ExecutionRoleArn"].endswith(":role/own")
            assert "DependsOn" not in resource
        (statement,) = result.properties("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
        assert statement["Action"] == "sagemaker:InvokeEndpoint"


class TestWhatRuns:
    def test_each_component_may_have_an_artifact_of_the_checkout(self, tmp_path: Path) -> None:
        second = tmp_path / "model.tar.gz"
        second.write_bytes(ARCHIVE.read_bytes() + b"\0")

        def build(stack: Stack) -> None:
            endpoint = shared(stack)
            for name, path in (("cards", str(ARCHIVE)), ("transfers", str(second))):
                add(endpoint, name, model=container(name, data=ModelData.from_asset(path)))

        result = synthesize(build)
        urls = {
            str(m["Properties"]["PrimaryContainer"]["ModelDataUrl"]) for m in result.of_type(MODEL)
        }
        assert len(urls) == 2
        read = [s for s in result.statements().values() if s["Action"] == "s3:GetObject"]
        objects = [str(arn) for statement in read for arn in as_list(statement["Resource"])]
        assert len(objects) == 2
        assert all(".tar.gz" in arn for arn in objects)

    def test_repository_bucket_and_key_of_a_component_are_the_roles_to_use(self) -> None:
        def build(stack: Stack) -> None:
            repository = ecr.Repository.from_repository_name(stack, "Repository", "cards")
            bucket = s3.Bucket.from_bucket_attributes(
                stack,
                "Bucket",
                bucket_name="models",
                encryption_key=kms.Key.from_key_arn(stack, "Key", KEY),
            )
            model = Container(
                image=ContainerImage.from_ecr_repository(repository, tag="1"),
                data=ModelData.from_bucket(bucket, "cards/model.tar.gz"),
            )
            add(shared(stack), model=model)

        found = permissions(synthesize(build, env=ENV))
        assert found["kms:Decrypt"] == ({KEY}, None)
        assert found[PULL_ACTIONS][0] == {"arn:aws:ecr:eu-west-1:123456789012:repository/cards"}

    def test_a_package_of_the_registry_brings_what_it_is_said_to_be_made_of(self) -> None:
        arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/cards/7"

        def build(stack: Stack) -> None:
            repository = ecr.Repository.from_repository_name(stack, "Repository", "cards")
            package = ModelPackage(
                arn=arn,
                artifacts=[ModelData.from_uri("s3://models/cards/7.tar.gz")],
                repositories=[repository],
            )
            add(shared(stack), model=package)

        result = synthesize(build, env=ENV)
        assert result.properties(MODEL)["PrimaryContainer"] == {"ModelPackageName": arn}
        found = permissions(result)
        assert found["s3:GetObject"][0] == {"arn:aws:s3:::models/cards/7.tar.gz"}
        assert found[PULL_ACTIONS][0] == {"arn:aws:ecr:eu-west-1:123456789012:repository/cards"}
        assert result.messages == []

    def test_a_pipeline_is_warned_about_because_nobody_says_that_it_works(self) -> None:
        containers = {"features": container("features"), "predict": container("predict")}
        result = synthesize(cards(model=InferencePipeline(containers=containers)))
        assert [c["ContainerHostname"] for c in result.properties(MODEL)["Containers"]] == [
            "features",
            "predict",
        ]
        (message,) = result.messages
        assert "that an inference component endpoint serves it is not documented" in message

    def test_the_same_model_may_be_added_twice_under_two_names(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = shared(stack)
            for name in ("cards", "transfers"):
                add(endpoint, name, model=container())

        result = synthesize(build)
        assert len({m["Properties"]["ModelName"] for m in result.of_type(MODEL)}) == 2


def invocations(result: Synthesized, streaming: bool = False) -> set[str]:
    """What the caller may invoke."""
    action = "sagemaker:InvokeEndpoint" + ("WithResponseStream" if streaming else "")
    return {
        flat(resource)
        for policy in result.of_type("AWS::IAM::Policy")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


THE_ENDPOINT = f"{SAGEMAKER}:endpoint/{ENDPOINT_NAME}"
THE_COMPONENTS = {
    f"{SAGEMAKER}:inference-component/{CARDS}",
    f"{SAGEMAKER}:inference-component/{TRANSFERS}",
}


class TestCallers:
    @pytest.mark.parametrize("when", ["before", "between", "after"])
    @pytest.mark.parametrize("streaming", [False, True], ids=["at once", "streaming"])
    def test_a_grant_reaches_all_components_whenever_they_are_added(
        self, when: str, streaming: bool
    ) -> None:
        def build(stack: Stack) -> None:
            endpoint = shared(stack)
            grant = endpoint.grant_invoke_streaming if streaming else endpoint.grant_invoke
            if when == "before":
                grant(caller(stack))
            add(endpoint)
            if when == "between":
                grant(caller(stack))
            add(endpoint, "transfers")
            if when == "after":
                grant(caller(stack))

        result = synthesize(build, env=ENV)
        assert invocations(result) == {THE_ENDPOINT} | THE_COMPONENTS
        # The Service Authorization Reference lists both resources for both actions.
        everything = {THE_ENDPOINT} | THE_COMPONENTS if streaming else set()
        assert invocations(result, streaming=True) == everything

    @pytest.mark.parametrize("streaming", [False, True], ids=["at once", "streaming"])
    def test_a_components_grant_reaches_no_other(self, streaming: bool) -> None:
        def build(stack: Stack) -> None:
            endpoint = shared(stack)
            first = add(endpoint)
            grant = first.grant_invoke_streaming if streaming else first.grant_invoke
            grant(caller(stack))
            add(endpoint, "transfers")

        result = synthesize(build, env=ENV)
        allowed = {THE_ENDPOINT, f"{SAGEMAKER}:inference-component/{CARDS}"}
        assert invocations(result) == allowed
        assert invocations(result, streaming=True) == (allowed if streaming else set())

    def test_a_caller_of_another_stack_ties_no_stack_by_an_export(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            app = App(context=dict(CONTEXT), outdir=directory, analytics_reporting=False)
            endpoint = shared(Stack(app, "Models", env=ENV))
            endpoint.grant_invoke(caller(Stack(app, "Callers", env=ENV)))
            add(endpoint)
            app.synth()
            models = json.loads((Path(directory) / "Models.template.json").read_text())
            callers = (Path(directory) / "Callers.template.json").read_text()
        assert "Outputs" not in models
        assert "Fn::ImportValue" not in callers
        assert f"inference-component/{CARDS}" in callers

    def test_what_identifies_a_component_is_literal(self) -> None:
        found: list[str] = []

        def build(stack: Stack) -> None:
            made = add(shared(stack))
            found.append(made.component_name)
            CfnOutput(stack, "Arn", value=made.component_arn)

        result = synthesize(build, env=ENV)
        assert found == [CARDS]
        assert flat(result.template["Outputs"]["Arn"]["Value"]) == (
            f"{SAGEMAKER}:inference-component/{CARDS}"
        )


INVOCATION = "AWS/SageMaker"
INSTANCE = "/aws/sagemaker/Endpoints"
OF_COMPONENT = "/aws/sagemaker/InferenceComponents"

# sagemaker-rules.md §6: namespace, name, and the statistic that means something.
COMPONENT_METRICS = {
    "metric_invocations": (INVOCATION, "Invocations", "Sum"),
    "metric_invocations_per_copy": (INVOCATION, "InvocationsPerCopy", "Sum"),
    "metric_concurrent_requests_per_copy": (INVOCATION, "ConcurrentRequestsPerCopy", "Maximum"),
    "metric_invocation_4xx_errors": (INVOCATION, "Invocation4XXErrors", "Sum"),
    "metric_invocation_5xx_errors": (INVOCATION, "Invocation5XXErrors", "Sum"),
    "metric_no_capacity_failures": (INVOCATION, "NoCapacityInvocationFailures", "Maximum"),
    "metric_model_latency": (INVOCATION, "ModelLatency", "Average"),
    "metric_overhead_latency": (INVOCATION, "OverheadLatency", "Average"),
    "metric_cpu_utilization": (OF_COMPONENT, "CPUUtilizationNormalized", "Average"),
    "metric_memory_utilization": (OF_COMPONENT, "MemoryUtilizationNormalized", "Average"),
    "metric_gpu_utilization": (OF_COMPONENT, "GPUUtilizationNormalized", "Average"),
    "metric_gpu_memory_utilization": (OF_COMPONENT, "GPUMemoryUtilizationNormalized", "Average"),
}
INSTANCE_METRICS = {
    "metric_cpu_utilization": "CPUUtilization",
    "metric_memory_utilization": "MemoryUtilization",
    "metric_disk_utilization": "DiskUtilization",
    "metric_gpu_utilization": "GPUUtilization",
    "metric_gpu_memory_utilization": "GPUMemoryUtilization",
}


@pytest.fixture(scope="module")
def endpoint() -> InferenceComponentEndpoint:
    made = shared(Stack(App(analytics_reporting=False), "Test"))
    add(made)
    return made


class TestMetrics:
    def test_each_metric_has_a_line_in_the_table(self) -> None:
        methods = {name for name in dir(InferenceComponent) if name.startswith("metric_")}
        assert methods == COMPONENT_METRICS.keys()

    @pytest.mark.parametrize("method", COMPONENT_METRICS)
    def test_a_components_metrics_are_told_apart_by_its_name_alone(
        self, endpoint: InferenceComponentEndpoint, method: str
    ) -> None:
        metric = getattr(endpoint.components["cards"], method)()
        found = (metric.namespace, metric.metric_name, metric.statistic)
        assert found == COMPONENT_METRICS[method]
        assert metric.dimensions == {"InferenceComponentName": CARDS}

    def test_any_other_metric_can_be_named(self, endpoint: InferenceComponentEndpoint) -> None:
        metric = endpoint.components["cards"].metric(
            "Own", namespace="Mine", statistic="p99", period=Duration.minutes(1)
        )
        assert (metric.namespace, metric.metric_name, metric.statistic) == ("Mine", "Own", "p99")
        assert metric.period.to_seconds() == 60
        assert metric.dimensions == {"InferenceComponentName": CARDS}
        default = endpoint.components["cards"].metric("Invocations")
        assert (default.namespace, default.statistic) == (INVOCATION, "Average")

    def test_the_endpoint_has_those_of_its_instances_only(self) -> None:
        methods = {name for name in dir(InferenceComponentEndpoint) if name.startswith("metric_")}
        assert methods == INSTANCE_METRICS.keys()

    @pytest.mark.parametrize("method", INSTANCE_METRICS)
    def test_the_instances_metrics_are_the_variants(
        self, endpoint: InferenceComponentEndpoint, method: str
    ) -> None:
        metric = getattr(endpoint, method)()
        assert (metric.namespace, metric.metric_name) == (INSTANCE, INSTANCE_METRICS[method])
        assert metric.dimensions == {"EndpointName": ENDPOINT_NAME, "VariantName": "AllTraffic"}


# argument: (alarm, namespace, metric, statistic, share of,
#   threshold, critical, periods, datapoints)
ALARMS: dict[str, tuple[str, str, str, str, str | None, float, bool, int, int]] = {
    "model_latency_millis": (
        *("ModelLatency", INVOCATION, "ModelLatency", "p90", None),
        *(1_000_000, True, 3, 3),
    ),
    "overhead_latency_millis": (
        *("OverheadLatency", INVOCATION, "OverheadLatency", "Average", None),
        *(200_000, False, 5, 5),
    ),
    "error_4xx_percent": (
        *("4XXErrors", INVOCATION, "Invocation4XXErrors", "Sum", "Invocations"),
        *(1, False, 5, 5),
    ),
    "error_5xx_percent": (
        *("5XXErrors", INVOCATION, "Invocation5XXErrors", "Sum", "Invocations"),
        *(0.1, True, 3, 2),
    ),
    "no_capacity_failures": (
        *("NoCapacity", INVOCATION, "NoCapacityInvocationFailures", "Sum", None),
        *(0, False, 15, 15),
    ),
    "cpu_percent": (
        *("CPUUtilization", OF_COMPONENT, "CPUUtilizationNormalized", "Average", None),
        *(80, False, 5, 5),
    ),
    "memory_percent": (
        *("MemoryUtilization", OF_COMPONENT, "MemoryUtilizationNormalized", "Average", None),
        *(80, False, 5, 5),
    ),
    "gpu_percent": (
        *("GPUUtilization", OF_COMPONENT, "GPUUtilizationNormalized", "Average", None),
        *(80, False, 5, 5),
    ),
    "gpu_memory_percent": (
        *("GPUMemoryUtilization", OF_COMPONENT, "GPUMemoryUtilizationNormalized", "Average", None),
        *(80, False, 5, 5),
    ),
}
DIMENSIONS = [{"Name": "InferenceComponentName", "Value": CARDS}]


class TestAlarms:
    def test_every_threshold_has_a_line_in_the_table(self) -> None:
        thresholds = set(vars(ComponentAlarms())) - {"topic", "actions", "latency_statistic"}
        assert thresholds == ALARMS.keys()
        assert {kind.id for kind in ComponentAlarms.kinds} == {line[0] for line in ALARMS.values()}

    @pytest.mark.parametrize("argument", ALARMS)
    def test_each_watches_its_metric_of_the_component(self, argument: str) -> None:
        id, namespace, name, statistic, whole, threshold, critical, periods, agree = ALARMS[
            argument
        ]
        alarm = alarms(full())[id]
        assert alarm["Threshold"] == threshold
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        assert alarm["TreatMissingData"] == "notBreaching"
        assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (periods, agree)
        assert alarm["AlarmDescription"].startswith("Critical: " if critical else "Warning: ")
        assert f"inference component {CARDS}" in alarm["AlarmDescription"]
        if whole is None:
            key = "ExtendedStatistic" if statistic.startswith("p") else "Statistic"
            watched = (alarm["Namespace"], alarm["MetricName"], alarm[key], alarm["Period"])
            assert watched == (namespace, name, statistic, 60)
            assert alarm["Dimensions"] == DIMENSIONS
            return
        share, *parts = alarm["Metrics"]
        assert (share["Expression"], share["ReturnData"]) == ("100 * part / whole", True)
        for part, expected in zip(parts, (name, whole), strict=True):
            assert part["ReturnData"] is False
            assert part["MetricStat"] == {
                "Metric": {
                    "Namespace": namespace,
                    "MetricName": expected,
                    "Dimensions": DIMENSIONS,
                },
                "Period": 60,
                "Stat": statistic,
            }

    def test_those_of_gpus_are_where_there_are_gpus(self) -> None:
        assert alarms(full()).keys() == {"wake-up"} | {line[0] for line in ALARMS.values()}
        assert alarms(minimal()).keys() == {
            line[0] for argument, line in ALARMS.items() if not argument.startswith("gpu")
        }

    def test_the_instances_are_watched_but_for_their_number_which_sagemaker_changes(self) -> None:
        assert alarms(minimal(), f"{ENDPOINT_NAME}-AllTraffic").keys() == {
            "CPUUtilization",
            "MemoryUtilization",
            "DiskUtilization",
        }

    def test_a_topic_of_the_instances_fits_an_endpoint_that_scales_to_zero(self) -> None:
        result = synthesize(
            lambda stack: shared(
                stack,
                alarms=InstanceAlarms(topic=sns.Topic(stack, "Topic")),
                instance_scaling=ManagedInstanceScaling(min_instance_count=0, max_instance_count=4),
            )
        )
        found = alarms(result, f"{ENDPOINT_NAME}-AllTraffic")
        assert "HealthyInstances" not in found
        topic = {"Ref": logical_id(result, "AWS::SNS::Topic")}
        assert all(alarm["AlarmActions"] == [topic] for alarm in found.values())

    def test_instances_that_always_run_can_be_counted(self) -> None:
        healthy = InstanceAlarms(min_healthy_instances=1)
        found = alarms(
            synthesize(lambda stack: shared(stack, alarms=healthy)), f"{ENDPOINT_NAME}-AllTraffic"
        )
        assert found["HealthyInstances"]["Threshold"] == 1
        assert found["HealthyInstances"]["TreatMissingData"] == "breaching"

    def test_none_switches_all_of_a_component_off_and_of_no_other(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = shared(stack)
            add(endpoint, alarms=None)
            add(endpoint, "transfers", alarms=ComponentAlarms(cpu_percent=None))

        result = synthesize(build)
        assert alarms(result) == {}
        assert "CPUUtilization" not in alarms(result, TRANSFERS)
        assert len(alarms(result, TRANSFERS)) == 6

    def test_topic_and_actions_are_called(self) -> None:
        def build(stack: Stack) -> None:
            topic = sns.Topic.from_topic_arn(
                stack, "Topic", "arn:aws:sns:eu-west-1:123456789012:operations"
            )
            add(shared(stack), alarms=ComponentAlarms(topic=topic, model_latency_millis=250))

        found = alarms(synthesize(build))
        for alarm in found.values():
            assert alarm["AlarmActions"] == ["arn:aws:sns:eu-west-1:123456789012:operations"]
            assert alarm["OKActions"] == alarm["AlarmActions"]
        assert found["ModelLatency"]["Threshold"] == 250_000

    def test_each_is_an_attribute_of_its_component(self) -> None:
        endpoint = shared(Stack(App(analytics_reporting=False), "Test"))
        made = add(endpoint, alarms=ComponentAlarms())
        assert [alarm.name for alarm in made.alarms] == [
            f"{CARDS}-{line[0]}" for arg, line in ALARMS.items() if not arg.startswith("gpu")
        ]
        critical = {a.kind.id for a in made.alarms if a.kind.severity is Severity.CRITICAL}
        assert critical == {line[0] for line in ALARMS.values() if line[6]}
        assert endpoint.alarms == []


class TestScaling:
    def test_copies_are_what_scales(self) -> None:
        result = synthesize(cards(scaling=TO_ZERO))
        assert untagged(result.properties(TARGET)) == {
            "ServiceNamespace": "sagemaker",
            "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
            "ResourceId": f"inference-component/{CARDS}",
            "MinCapacity": 0,
            "MaxCapacity": 4,
        }

    @pytest.mark.parametrize(
        ("scaling", "suffix", "metric", "target"),
        [
            (
                CopyScaling.on_invocations(min_capacity=1, max_capacity=4, per_copy_per_minute=600),
                "invocations",
                "SageMakerInferenceComponentInvocationsPerCopy",
                600,
            ),
            (
                CopyScaling.on_concurrent_requests(min_capacity=1, max_capacity=4, per_copy=2.5),
                "concurrency",
                "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
                2.5,
            ),
        ],
        ids=["invocations", "concurrent requests"],
    )
    def test_policies_follow_what_is_measured_per_copy(
        self, scaling: CopyScaling, suffix: str, metric: str, target: float
    ) -> None:
        result = synthesize(cards(scaling=scaling))
        assert result.properties(SCALING_POLICY) == {
            "PolicyName": f"{CARDS}-{suffix}",
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": {"Ref": logical_id(result, TARGET)},
            "TargetTrackingScalingPolicyConfiguration": {
                "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
                "TargetValue": target,
                "ScaleInCooldown": 300,
                "ScaleOutCooldown": 60,
            },
        }
        assert result.of_type(ALARM) == []

    def test_a_failed_request_wakes_the_first_copy(self) -> None:
        result = synthesize(cards(scaling=TO_ZERO))
        names = {
            p["Properties"]["PolicyName"]: id
            for id, p in result.template["Resources"].items()
            if p["Type"] == SCALING_POLICY
        }
        assert names.keys() == {f"{CARDS}-concurrency", f"{CARDS}-wake-up"}
        id = names[f"{CARDS}-wake-up"]
        policy = result.template["Resources"][id]["Properties"]
        assert policy["PolicyType"] == "StepScaling"
        assert policy["StepScalingPolicyConfiguration"] == {
            "AdjustmentType": "ChangeInCapacity",
            "Cooldown": 60,
            "MetricAggregationType": "Maximum",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        }
        alarm = untagged(result.properties(ALARM))
        del alarm["AlarmDescription"]
        assert alarm == {
            "AlarmName": f"{CARDS}-wake-up",
            "Namespace": "AWS/SageMaker",
            "MetricName": "NoCapacityInvocationFailures",
            "Dimensions": DIMENSIONS,
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 1,
            "TreatMissingData": "missing",
            "AlarmActions": [{"Ref": id}],
        }

    @pytest.mark.parametrize(
        ("low", "at_night", "wakes", "expected"),
        [
            (0, None, True, True),
            (1, None, True, False),
            (1, 0, True, True),
            (1, 1, True, False),
            (0, None, False, False),
        ],
        ids=["to zero", "to one", "to zero at night", "to one at night", "switched off"],
    )
    def test_only_what_may_reach_zero_wakes_up(
        self, low: int, at_night: int | None, wakes: bool, expected: bool
    ) -> None:
        schedules = []
        if at_night is not None:
            night = appscaling.Schedule.cron(hour="20", minute="0")
            schedules = [ScalingSchedule(name="night", schedule=night, min_capacity=at_night)]
        scaling = CopyScaling(
            min_capacity=low,
            max_capacity=4,
            policies=[ScalingPolicy.on_invocations_per_copy(per_minute=60)],
            schedules=schedules,
            wake_from_zero=wakes,
        )
        result = synthesize(cards(scaling=scaling))
        assert (len(result.of_type(SCALING_POLICY)) == 2) is expected
        assert (len(result.of_type(ALARM)) == 1) is expected

    @pytest.mark.parametrize(
        ("low", "copies", "expected"),
        [(0, None, 1), (2, None, 2), (0, 3, 3), (2, 4, 4)],
        ids=["from zero", "from two", "said", "the most"],
    )
    def test_copies_to_begin_with(self, low: int, copies: int | None, expected: int) -> None:
        scaling = CopyScaling.on_invocations(
            min_capacity=low, max_capacity=4, per_copy_per_minute=60
        )
        result = synthesize(cards(scaling=scaling, copies=copies))
        assert component(result)["RuntimeConfig"] == {"CopyCount": expected}

    def test_the_endpoints_variant_scales_by_sagemaker_and_not_by_autoscaling(self) -> None:
        result = synthesize(cards(scaling=TO_ZERO))
        assert "RetainAllVariantProperties" not in result.properties(ENDPOINT)
        assert len(result.of_type(TARGET)) == 1

    def test_each_component_scales_by_itself(self) -> None:
        targets = {
            target["Properties"]["ResourceId"]: target["Properties"]["MaxCapacity"]
            for target in synthesize(two_scaled).of_type(TARGET)
        }
        assert targets == {
            f"inference-component/{CARDS}": 4,
            f"inference-component/{TRANSFERS}": 9,
        }


def two_scaled(stack: Stack) -> None:
    endpoint = shared(stack)
    assert add(endpoint, scaling=TO_ZERO).cfn_scalable_target is not None
    more = CopyScaling.on_invocations(min_capacity=1, max_capacity=9, per_copy_per_minute=60)
    add(endpoint, "transfers", scaling=more)
    assert add(endpoint, "fixed").cfn_scalable_target is None


class TestDeployment:
    @pytest.mark.parametrize(
        ("deployment", "policy"),
        [
            (
                ComponentRolling(percent=50),
                {
                    "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                    "WaitIntervalInSeconds": 600,
                },
            ),
            (
                ComponentRolling(copies=2, rollback_percent=100, bake=Duration.minutes(5)),
                {
                    "MaximumBatchSize": {"Type": "COPY_COUNT", "Value": 2},
                    "RollbackMaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 100},
                    "WaitIntervalInSeconds": 300,
                },
            ),
        ],
        ids=["percent", "copies"],
    )
    def test_a_policy_is_the_components(
        self, deployment: ComponentRolling, policy: dict[str, Any]
    ) -> None:
        result = synthesize(cards(deployment=deployment, copies=4, alarms=ComponentAlarms()))
        found = component(result)["DeploymentConfig"]
        assert found["RollingUpdatePolicy"] == policy
        assert len(found["AutoRollbackConfiguration"]["Alarms"]) == 2
        assert "DeploymentConfig" not in result.properties(ENDPOINT)

    def test_no_policy_no_deployment_config(self) -> None:
        assert "DeploymentConfig" not in component(minimal())
        assert "cloudwatch:DescribeAlarms" not in permissions(minimal())

    def test_without_rollback_no_alarm_is_looked_at(self) -> None:
        rolling = ComponentRolling(percent=50, roll_back=False)
        result = synthesize(cards(deployment=rolling, alarms=ComponentAlarms()))
        assert component(result)["DeploymentConfig"].keys() == {"RollingUpdatePolicy"}
        assert "cloudwatch:DescribeAlarms" not in permissions(result)
        assert result.messages == []

    def test_an_alarm_that_is_off_rolls_nothing_back(self) -> None:
        off = ComponentAlarms(model_latency_millis=None)
        result = synthesize(cards(deployment=ROLLING, alarms=off), env=ENV)
        (guard,) = component(result)["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
        alarm = result.template["Resources"][guard["AlarmName"]["Ref"]]["Properties"]
        assert alarm["AlarmName"] == f"{CARDS}-5XXErrors"
        assert permissions(result)["cloudwatch:DescribeAlarms"][0] == {
            f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{CARDS}-5XXErrors"
        }

    def test_without_alarms_it_warns_that_nothing_rolls_back(self) -> None:
        result = synthesize(cards(deployment=ROLLING, alarms=None))
        assert component(result)["DeploymentConfig"].keys() == {"RollingUpdatePolicy"}
        (message,) = result.messages
        assert "no alarm of the component guards it" in message


class TestDashboard:
    def test_instances_first_then_a_row_for_each_component(self) -> None:
        widgets = Widgets(full())
        assert widgets.name == f"{ENDPOINT_NAME}-eu-west-1"
        assert widgets.texts == [
            f"# {ENDPOINT_NAME}",
            "## AllTraffic",
            f"### {CARDS}",
            f"### {TRANSFERS}",
        ]

    def test_a_row_draws_the_components_metrics_and_no_others(self) -> None:
        titles = [widget["properties"].get("markdown") for widget in Widgets(full()).all]
        start, end = titles.index(f"### {CARDS}"), titles.index(f"### {TRANSFERS}")
        graphs = {
            widget["properties"]["title"]: widget["properties"]["metrics"]
            for widget in Widgets(full()).all[start + 1 : end]
        }
        drawn = {
            title: {tuple(line[:2]) for line in lines if isinstance(line[0], str)}
            for title, lines in graphs.items()
        }
        assert drawn == {
            "Requests per minute": {(INVOCATION, "Invocations")},
            "Latency in milliseconds": {
                (INVOCATION, "ModelLatency"),
                (INVOCATION, "OverheadLatency"),
            },
            "Errors in percent of requests": {
                (INVOCATION, "Invocations"),
                (INVOCATION, "Invocation4XXErrors"),
                (INVOCATION, "Invocation5XXErrors"),
            },
            "Requests of a copy": {
                (INVOCATION, "InvocationsPerCopy"),
                (INVOCATION, "ConcurrentRequestsPerCopy"),
            },
            "Use of what is reserved in percent": {
                (OF_COMPONENT, "CPUUtilizationNormalized"),
                (OF_COMPONENT, "MemoryUtilizationNormalized"),
                (OF_COMPONENT, "GPUUtilizationNormalized"),
                (OF_COMPONENT, "GPUMemoryUtilizationNormalized"),
            },
            "Requests without a copy": {(INVOCATION, "NoCapacityInvocationFailures")},
        }
        for lines in graphs.values():
            for line in lines:
                if isinstance(line[0], str):
                    assert line[2:4] == ["InferenceComponentName", CARDS]
                    assert len([part for part in line if isinstance(part, str)]) == 4

    def test_a_dashboard_of_the_users_is_added_to(self) -> None:
        def build(stack: Stack) -> None:
            dashboard = cloudwatch.Dashboard(stack, "Own", dashboard_name="own")
            endpoint = shared(stack, dashboard=dashboard)
            assert endpoint.dashboard is dashboard
            add(endpoint)

        widgets = Widgets(synthesize(build))
        assert widgets.name == "own"
        assert widgets.texts == [f"# {ENDPOINT_NAME}", "## AllTraffic", f"### {CARDS}"]
        titles = [graph["title"] for graph in widgets.of_type("metric")]
        assert "Use of what is reserved in percent" in titles
        (use,) = (g for g in widgets.of_type("metric") if g["title"].startswith("Use of what"))
        assert len(use["metrics"]) == 2, "instances without GPUs have no metrics of them"


class OwnNaming(NamingScheme):
    """Names of which the endpoint's is in no other."""

    def __init__(
        self,
        endpoint: str = "shared",
        prefix: str = "ic-",
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.prefix = prefix
        self._tags = tags or {}

    @property
    def endpoint_name(self) -> str:
        return self.endpoint

    @property
    def model_name(self) -> str:
        return "models"

    @property
    def endpoint_config_name(self) -> str:
        return "configs"

    def component_name(self, name: str) -> str:
        return f"{self.prefix}{self.endpoint}-{name}"

    @property
    def tags(self) -> Mapping[str, str]:
        return self._tags


def named_role(name: str) -> Callable[[Stack], None]:
    return lambda stack: cards({"role": own_role(stack, name)})(stack)


def in_vpc(stack: Stack) -> None:
    cards({"vpc": vpc(stack)})(stack)


def with_key(stack: Stack) -> None:
    cards({"encryption_key": kms.Key(stack, "Key")})(stack)


def with_another(stack: Stack) -> None:
    endpoint = shared(stack)
    add(endpoint)
    add(endpoint, "another")


def renamed(**changes: Any) -> Callable[[Stack], None]:
    naming = {"team": "rc", "project": "project-a", "model": "fraud", "version": 3, **changes}
    return cards({"naming": Naming(**naming)})


MANAGED = ManagedInstanceScaling(min_instance_count=0, max_instance_count=4)
# what changes: (before, after, the types of which the first component's resource is another one,
# the types that get another name in place)
Build = Callable[[Stack], None]
PLAIN = cards()
CHANGES: dict[str, tuple[Build, Build, set[str], set[str]]] = {
    "image": (
        PLAIN,
        cards(model=container(image=ContainerImage.from_registry(image_uri("cards", "2")))),
        set(),
        {MODEL},
    ),
    "data": (
        PLAIN,
        cards(model=container(data=ModelData.from_uri("s3://models/cards/4.tar.gz"))),
        set(),
        {MODEL},
    ),
    "environment": (PLAIN, cards(model=container(environment={"A": "1"})), set(), {MODEL}),
    "resources": (
        PLAIN,
        cards(resources=ComponentResources(min_memory=Size.gibibytes(3), cpu_cores=1)),
        set(),
        set(),
    ),
    "copies": (PLAIN, cards(copies=2), set(), set()),
    "scaling": (PLAIN, cards(scaling=TO_ZERO), set(), set()),
    "deployment": (PLAIN, cards(deployment=ROLLING, alarms=ComponentAlarms()), set(), set()),
    "patience": (
        PLAIN,
        cards(container_startup_health_check_timeout=Duration.minutes(20)),
        set(),
        set(),
    ),
    "another component": (PLAIN, with_another, set(), set()),
    "version": (renamed(), renamed(version=4), set(), {MODEL}),
    "instance type": (PLAIN, cards({"instance_type": "ml.m5.2xlarge"}), set(), {CONFIG}),
    "instance count": (PLAIN, cards({"instance_count": 2}), set(), {CONFIG}),
    "instance scaling": (PLAIN, cards({"instance_scaling": MANAGED}), set(), {CONFIG}),
    "volume": (PLAIN, cards({"volume_size": Size.gibibytes(50)}), set(), {CONFIG}),
    "routing": (PLAIN, cards({"routing_strategy": RoutingStrategy.RANDOM}), set(), {CONFIG}),
    "isolation": (PLAIN, cards({"enable_network_isolation": True}), set(), {CONFIG}),
    "vpc": (PLAIN, in_vpc, set(), {CONFIG}),
    "key": (PLAIN, with_key, set(), {CONFIG}),
    "role": (PLAIN, named_role("models"), set(), {MODEL, CONFIG}),
    "role renamed": (named_role("models-1"), named_role("models-2"), set(), {MODEL, CONFIG}),
    "dashboard and outputs": (PLAIN, cards({"dashboard": True, "outputs": True}), set(), set()),
    "component renamed": (PLAIN, cards(name="loans", model=container()), {MODEL, COMPONENT}, set()),
    "endpoint renamed": (
        renamed(),
        renamed(model="fraud-2"),
        {MODEL, COMPONENT},
        {CONFIG, ENDPOINT},
    ),
    "endpoint renamed, models not": (
        cards({"naming": OwnNaming("one")}),
        cards({"naming": OwnNaming("two")}),
        {MODEL, COMPONENT},
        {ENDPOINT},
    ),
    "components renamed by the scheme": (
        cards({"naming": OwnNaming()}),
        cards({"naming": OwnNaming(prefix="component-")}),
        {MODEL, COMPONENT},
        set(),
    ),
}
NAME = {
    MODEL: "ModelName",
    CONFIG: "EndpointConfigName",
    ENDPOINT: "EndpointName",
    COMPONENT: "InferenceComponentName",
}


def named(resources: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Logical id and name of the first resource of each type."""
    found = {}
    for resource_type, name in NAME.items():
        ids = (id for id, resource in resources.items() if resource["Type"] == resource_type)
        id = next(ids)
        found[resource_type] = (id, resources[id]["Properties"][name])
    return found


def synthesize_all(builds: Iterable[Build]) -> dict[Build, dict[str, Any]]:
    """The resources that each makes; one app for all is faster than an app for each."""
    with tempfile.TemporaryDirectory() as directory:
        app = App(context=dict(CONTEXT), outdir=directory, analytics_reporting=False)
        # Stages, so that all are the same stack.
        stages = {build: f"s{number}" for number, build in enumerate(dict.fromkeys(builds))}
        for build, name in stages.items():
            build(Stack(Stage(app, name), "Stack", stack_name="Same"))
        app.synth()
        return {
            build: json.loads(path.read_text())["Resources"]
            for build, name in stages.items()
            for path in Path(directory).glob(f"assembly-{name}/*.template.json")
        }


class TestNames:
    def test_exactly_what_a_change_replaces_gets_another_name(self) -> None:
        made = synthesize_all(build for change in CHANGES.values() for build in change[:2])
        for what, (before, after, moved, replaced) in CHANGES.items():
            old, new = named(made[before]), named(made[after])
            ids = {kind for kind in NAME if old[kind][0] != new[kind][0]}
            names = {kind for kind in NAME if old[kind][1] != new[kind][1]}
            # No update can rename a component: where its name is another, the logical id is.
            assert ids == moved, what
            # What is made before the old one is deleted must not have its name.
            assert names == moved | replaced, what

    def test_names_of_two_components_that_differ_by_a_hyphen_do_not_meet(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = shared(stack)
            for name in ("a-b", "ab", "a"):
                add(endpoint, name, alarms=ComponentAlarms(), scaling=TO_ZERO)

        result = synthesize(build)
        alarm_names = [alarm["Properties"]["AlarmName"] for alarm in result.of_type(ALARM)]
        assert len(set(alarm_names)) == len(alarm_names) == 3 * 8

    def test_the_same_request_is_the_same_template(self) -> None:
        again = full.__wrapped__()
        assert json.dumps(again.template) == json.dumps(full().template)

    def test_the_order_in_which_models_are_added_changes_no_name(self) -> None:
        def build(names: Sequence[str]) -> Callable[[Stack], None]:
            def in_order(stack: Stack) -> None:
                endpoint = shared(stack)
                for name in names:
                    add(endpoint, name)

            return in_order

        one = synthesize(build(["cards", "transfers"])).template["Resources"]
        other = synthesize(build(["transfers", "cards"])).template["Resources"]
        policy = logical_id(synthesize(PLAIN), POLICY)
        assert {k: v for k, v in one.items() if k != policy} == {
            k: v for k, v in other.items() if k != policy
        }


# CDK's validation, which an app may have switched off, refuses the type in some Regions.
UNVALIDATED = {"@aws-cdk/core:validateAgainstDefaultRules": False}


class TestEnvironments:
    def test_a_stack_for_any_region_names_none(self) -> None:
        def build(stack: Stack) -> None:
            image = ContainerImage.from_registry(
                f"{Aws.ACCOUNT_ID}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}/cards:1"
            )
            bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
            endpoint = shared(stack, alarms=InstanceAlarms(), dashboard=True)
            endpoint.grant_invoke(caller(stack))
            add(
                endpoint,
                model=Container(image=image, data=ModelData.from_bucket(bucket, "model.tar.gz")),
                alarms=ComponentAlarms(),
                deployment=ROLLING,
                scaling=TO_ZERO,
            )

        result = synthesize(build)
        text = json.dumps(result.template)
        assert "eu-west-1" not in text
        assert "us-east-1" not in text
        assert "arn:aws:" not in text
        assert result.messages == []
        assert flat(
            result.properties("AWS::IAM::Policy")["PolicyDocument"]["Statement"][0]["Resource"][1]
        ) == (
            "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>:"
            f"inference-component/{CARDS}"
        )

    def test_china_has_its_partition_and_a_warning(self) -> None:
        env = Environment(account="123456789012", region="cn-north-1")
        image = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/cards:1"
        model = container(image=ContainerImage.from_registry(image))
        result = synthesize(cards(model=model, scaling=TO_ZERO), env=env, **UNVALIDATED)
        assert "arn:aws:" not in json.dumps(result.template)
        assert permissions(result)[PULL_ACTIONS][0] == {
            "arn:aws-cn:ecr:cn-north-1:123456789012:repository/cards"
        }
        (message,) = result.messages
        assert message.startswith("region='cn-north-1': CloudFormation's registry does not list")

    def test_one_warning_for_all_components(self) -> None:
        def build(stack: Stack) -> None:
            image = f"123456789012.dkr.ecr.{stack.region}.amazonaws.com/cards:1"
            endpoint = shared(stack)
            for name in ("cards", "transfers"):
                model = container(image=ContainerImage.from_registry(image))
                add(endpoint, name, model=model)

        result = synthesize(build, env=Environment(region="us-west-1"), **UNVALIDATED)
        assert warned(result) == ["components-region"]


class TestEscapeHatches:
    def test_everything_made_is_an_attribute(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = shared(stack, alarms=InstanceAlarms())
            made = add(endpoint, alarms=ComponentAlarms(), scaling=TO_ZERO)
            assert endpoint.components == {"cards": made}
            assert endpoint.cfn_models == {"cards": made.cfn_model}
            assert made.cfn_scalable_target is not None
            made.cfn_inference_component.add_property_override("RuntimeConfig.CopyCount", 7)
            made.cfn_inference_component.apply_removal_policy(RemovalPolicy.RETAIN)
            made.cfn_model.add_property_override("PrimaryContainer.Mode", "SingleModel")
            made.cfn_scalable_target.max_capacity = 9
            made.alarms[0].cfn_alarm.threshold = 5
            endpoint.cfn_endpoint_config.add_property_override(
                "ProductionVariants.0.InferenceAmiVersion", "al2-ami-sagemaker-inference-gpu-2"
            )

        result = synthesize(build)
        assert component(result)["RuntimeConfig"] == {"CopyCount": 7}
        assert result.resource(COMPONENT)["DeletionPolicy"] == "Retain"
        assert result.properties(MODEL)["PrimaryContainer"]["Mode"] == "SingleModel"
        assert result.properties(TARGET)["MaxCapacity"] == 9
        assert alarms(result)["ModelLatency"]["Threshold"] == 5
        (variant,) = result.properties(CONFIG)["ProductionVariants"]
        assert variant["InferenceAmiVersion"] == "al2-ami-sagemaker-inference-gpu-2"

    def test_a_component_is_a_construct_below_its_endpoint(
        self, endpoint: InferenceComponentEndpoint
    ) -> None:
        assert endpoint.components["cards"].node.path == f"Test/Shared/Components/{CARDS}"


GPU = {"instance_type": "ml.g5.xlarge"}
# what is wrong: (arguments of the endpoint, arguments of add_model, what the error says)
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "upper case": ({}, {"name": "Cards"}, "name='Cards': must be a literal of lower-case"),
    "empty": ({}, {"name": ""}, "name='': must be a literal of lower-case"),
    "underscore": ({}, {"name": "a_b"}, "name='a_b': must be a literal of lower-case"),
    "hyphen at the end": ({}, {"name": "a-"}, "name='a-': must be a literal of lower-case"),
    "token": ({}, {"name": Aws.STACK_NAME}, "must be a literal of lower-case"),
    "too long": (
        {},
        {"name": "a" * 42},
        "has 64 characters and may have 63; shorten it by 1",
    ),
    "scheme's upper case": (
        {"naming": OwnNaming(prefix="IC-")},
        {},
        "naming.component_name='IC-shared-cards': must be a literal of lower-case",
    ),
    "scheme's token": (
        {"naming": OwnNaming(prefix=Aws.REGION)},
        {},
        "must be a literal of lower-case letters, digits and inner hyphens",
    ),
    "too little memory": (
        {},
        {"resources": ComponentResources(min_memory=Size.mebibytes(127))},
        "resources.min_memory='127 MiB': must be whole MiB from 128",
    ),
    "memory's bounds": (
        {},
        {
            "resources": ComponentResources(
                min_memory=Size.gibibytes(2), max_memory=Size.gibibytes(1)
            )
        },
        "resources.max_memory='1024 MiB': is below min_memory of 2048 MiB",
    ),
    "more CPUs than there are": (
        {},
        {"resources": ComponentResources(min_memory=Size.gibibytes(1), cpu_cores=5)},
        "resources.cpu_cores=5: ml.m5.xlarge has 4 virtual CPUs",
    ),
    "no GPUs": (
        {},
        {"resources": ComponentResources(min_memory=Size.gibibytes(1), accelerators=1)},
        "resources.accelerators=1: ml.m5.xlarge has no GPU",
    ),
    "more GPUs than there are": (
        GPU,
        {"resources": ComponentResources(min_memory=Size.gibibytes(1), accelerators=2)},
        "resources.accelerators=2: ml.g5.xlarge has 1 GPU",
    ),
    "half a GPU": (
        GPU,
        {"resources": ComponentResources(min_memory=Size.gibibytes(1), accelerators=0.5)},
        "resources.accelerators=0.5: must be a whole number from 1",
    ),
    # gh:stdapi-ai/stdapi.ai#43: "Inference components copy count an integer larger than 0".
    "no copy": ({}, {"copies": 0}, "copies=0: must be a whole number from 1"),
    "no copy although it scales": (
        {},
        {"copies": 0, "scaling": TO_ZERO},
        "copies=0: must be a whole number from 1; CopyScaling with min_capacity=0 takes",
    ),
    "half a copy": ({}, {"copies": 1.5}, "copies=1.5: must be a whole number from 1"),
    "copies beyond the bounds": (
        {},
        {"copies": 5, "scaling": TO_ZERO},
        "copies=5: is outside the bounds 0 to 4 of scaling",
    ),
    "a policy of instances": (
        {},
        {
            "scaling": CopyScaling(
                min_capacity=1,
                max_capacity=2,
                policies=[ScalingPolicy.on_invocations(per_instance_per_minute=60)],
            )
        },
        "is not measured for the copies of an inference component endpoint",
    ),
    "a policy called like the wake-up": (
        {},
        {
            "scaling": CopyScaling(
                min_capacity=0,
                max_capacity=2,
                policies=[
                    ScalingPolicy.on_metric(
                        cloudwatch.Metric(namespace="Own", metric_name="Queue"),
                        name="wake-up",
                        target=1,
                    )
                ],
            )
        },
        "scaling.policies='cards-wake-up': is what 2 policies or their alarms would be called",
    ),
    "impatience": (
        {},
        {"model_data_download_timeout": Duration.seconds(59)},
        "model_data_download_timeout='59 s': must be 60 to 3600 whole seconds",
    ),
    "a bake too short for its alarms": (
        {},
        {"deployment": ComponentRolling(percent=50, bake=Duration.minutes(1)), "alarms": "all"},
        "deployment.bake='60 s': ends before a rollback alarm can go off",
    ),
    "two sizes of a batch": (
        {},
        {"deployment": ComponentRolling(percent=50, copies=1)},
        "needs exactly one of percent and copies",
    ),
    "a batch of all copies": (
        {},
        {"deployment": ComponentRolling(copies=1), "copies": 1},
        "deployment.copies=1: must be 5 to 50 percent of the fleet, and is 100 percent",
    ),
    "an empty tag": (
        {"naming": OwnNaming(tags={"CostCentre": ""})},
        {},
        "naming.tags['CostCentre']='': inference components have no empty tags",
    ),
    "a threshold": (
        {},
        {"alarms": ComponentAlarms(cpu_percent=101)},
        "alarms.cpu_percent=101: must be above 0 and at most 100",
    ),
    "an environment": (
        {},
        {"model": container(environment={"1": "x"})},
        "model.environment='1': a key must be letters, digits and underscores",
    ),
}


def refusal(endpoint_arguments: dict[str, Any], arguments: dict[str, Any]) -> str:
    endpoint = shared(Stack(App(analytics_reporting=False), "Test"), **endpoint_arguments)
    if arguments.get("alarms") == "all":
        arguments = {**arguments, "alarms": ComponentAlarms()}
    with pytest.raises(ValueError, match="has 1 problem") as caught:
        add(endpoint, **{"model": container(), **arguments})
    assert endpoint.components == {}
    return str(caught.value)


class TestRefusals:
    @pytest.mark.parametrize("what", REFUSED)
    def test_what_could_not_be_deployed_is_refused_with_the_reason(self, what: str) -> None:
        endpoint, arguments, text = REFUSED[what]
        message = refusal(endpoint, arguments)
        assert text in message
        name = arguments.get("name", "cards")
        assert message.startswith(f"InferenceComponentEndpoint.add_model {name!r} has 1 problem:")

    def test_a_name_is_taken_once(self) -> None:
        endpoint = shared(Stack(App(analytics_reporting=False), "Test"))
        first = add(endpoint)
        with pytest.raises(ValueError, match="name='cards': is a component of the endpoint") as why:
            add(endpoint, model=container("transfers"))
        assert str(why.value).startswith("InferenceComponentEndpoint.add_model 'cards' has 1 ")
        assert endpoint.components == {"cards": first}

    def test_a_refused_name_is_free_and_leaves_nothing_behind(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = shared(stack)
            with pytest.raises(ValueError, match="copies=0"):
                add(endpoint, copies=0)
            add(endpoint)

        assert synthesize(build).template == synthesize(PLAIN).template

    def test_all_that_is_wrong_is_said_at_once(self) -> None:
        endpoint = shared(Stack(App(analytics_reporting=False), "Test"))
        with pytest.raises(ValueError, match="has 3 problems"):
            add(
                endpoint,
                "Cards",
                model=container(),
                copies=-1,
                resources=ComponentResources(min_memory=Size.mebibytes(1)),
            )

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            ({"instance_scaling": (-1, 4)}, "instance_scaling.min_instance_count=-1: must be"),
            ({"instance_scaling": (0, 0)}, "instance_scaling.max_instance_count=0: must be"),
            ({"instance_scaling": (4, 2)}, "max_instance_count=2: is below min_instance_count=4"),
            (
                {"instance_scaling": (0, 4), "instance_count": 5},
                "instance_count=5: is outside the bounds 1 to 4 of instance_scaling",
            ),
            ({"instance_count": 0}, "instance_count=0: must be a whole number from 1"),
        ],
        ids=["below zero", "none at most", "crossed", "beyond", "none"],
    )
    def test_bounds_that_sagemaker_would_not_take_are_refused_by_the_endpoint(
        self, arguments: dict[str, Any], text: str
    ) -> None:
        if "instance_scaling" in arguments:
            low, high = arguments["instance_scaling"]
            scaling = ManagedInstanceScaling(min_instance_count=low, max_instance_count=high)
            arguments = {**arguments, "instance_scaling": scaling}
        with pytest.raises(ValueError, match="has 1 problem") as caught:
            shared(Stack(App(analytics_reporting=False), "Test"), **arguments)
        assert text in str(caught.value)
        assert str(caught.value).startswith("InferenceComponentEndpoint 'Shared' has 1 problem:")

    def test_tokens_are_left_to_the_deployment(self) -> None:
        def build(stack: Stack) -> None:
            instance_type = Aws.STACK_NAME  # any token
            add(
                shared(stack, instance_type=instance_type),
                resources=ComponentResources(
                    min_memory=Size.gibibytes(1), cpu_cores=64, accelerators=16
                ),
            )

        found = component(synthesize(build))["Specification"]["ComputeResourceRequirements"]
        assert found["NumberOfAcceleratorDevicesRequired"] == 16
