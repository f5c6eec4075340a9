"""What a multi-model endpoint puts into the template, and what it refuses."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from aws_cdk import App, Aws, Duration, Environment, Stack, assertions
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from cdk_sagemaker_inference import (
    BlueGreen,
    Container,
    ContainerImage,
    InferenceEndpoint,
    InferencePipeline,
    ModelData,
    ModelPackage,
    MultiContainerModel,
    MultiModelAlarms,
    MultiModelEndpoint,
    Rolling,
    RoutingStrategy,
    Scaling,
)
from support import IMAGE_URI, NAMING, Synthesized, caller, synthesize

MODEL = "AWS::SageMaker::Model"
CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"
ALARM = "AWS::CloudWatch::Alarm"
ENDPOINT_NAME = "rc-project-a-fraud-ep"
ENV = Environment(account="123456789012", region="eu-west-1")
ENDPOINT_ARN = f"arn:aws:sagemaker:eu-west-1:123456789012:endpoint/{ENDPOINT_NAME}"
TRITON = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/tritonserver:24.09"

Build = Callable[[Stack], object]
ModelOf = Callable[[Stack], Any]


def bucket(stack: Stack, name: str = "models") -> s3.IBucket:
    found = stack.node.try_find_child(name)
    if isinstance(found, s3.BucketBase):
        return found
    return s3.Bucket.from_bucket_name(stack, name, name)


def archives(
    stack: Stack, prefix: str = "regions", *, image: str = IMAGE_URI, caching: bool = True
) -> Container:
    return Container(
        image=ContainerImage.from_registry(image),
        data=ModelData.from_archives(bucket(stack), prefix, caching=caching),
    )


def uncached(stack: Stack) -> Container:
    return archives(stack, caching=False)


def triton(stack: Stack) -> Container:
    return archives(stack, image=TRITON)


def features(data: ModelData | None = None, **environment: str) -> Container:
    uri = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/features:7"
    return Container(image=ContainerImage.from_registry(uri), data=data, environment=environment)


def pipeline(stack: Stack, data: ModelData | None = None) -> InferencePipeline:
    """Features, then one of many models."""
    return InferencePipeline(containers={"features": features(data), "score": archives(stack)})


def multi_model(
    model: ModelOf = archives, **arguments: Any
) -> Callable[[Stack], MultiModelEndpoint]:
    """Build an endpoint in order and without alarms, but for the arguments given."""
    defaults: dict[str, Any] = {"naming": NAMING, "alarms": None}
    return lambda stack: MultiModelEndpoint(
        stack, "Shops", **{**defaults, "model": model(stack), **arguments}
    )


def made(build: Build) -> Synthesized:
    return synthesize(build, env=ENV)


@cache
def default() -> Synthesized:
    return made(multi_model())


@cache
def with_alarms() -> Synthesized:
    return made(multi_model(alarms=MultiModelAlarms(loaded_models=40)))


def refused(build: Build) -> str:
    with pytest.raises(ValueError, match="problem") as caught:
        build(Stack(App(), "Test", env=ENV))
    return str(caught.value)


def warning_ids(result: Synthesized) -> list[str]:
    return [message.rpartition("[ack: ")[2].rstrip("]") for message in result.messages]


class TestModel:
    def test_the_container_loads_many_models_below_a_prefix(self) -> None:
        assert default().properties(MODEL)["PrimaryContainer"] == {
            "Image": IMAGE_URI,
            "Mode": "MultiModel",
            "ModelDataUrl": "s3://models/regions/",
            "MultiModelConfig": {"ModelCacheSetting": "Enabled"},
        }

    def test_caching_can_be_off(self) -> None:
        result = made(multi_model(uncached))
        container = result.properties(MODEL)["PrimaryContainer"]
        assert container["MultiModelConfig"] == {"ModelCacheSetting": "Disabled"}
        assert result.messages == []

    def test_nothing_is_written_that_nobody_asked_for(self) -> None:
        result = default()
        assert result.types() == [
            "AWS::IAM::ManagedPolicy",
            "AWS::IAM::Role",
            ENDPOINT,
            CONFIG,
            MODEL,
        ]
        (variant,) = result.properties(CONFIG)["ProductionVariants"]
        assert variant["ModelName"]["Fn::GetAtt"][1] == "ModelName"
        assert {key: value for key, value in variant.items() if key != "ModelName"} == {
            "VariantName": "AllTraffic",
            "InstanceType": "ml.m5.xlarge",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 1,
        }
        assert sorted(result.properties(MODEL)) == [
            "ExecutionRoleArn",
            "ModelName",
            "PrimaryContainer",
            "Tags",
        ]
        assert result.messages == []

    def test_one_container_of_a_pipeline_may_be_it(self) -> None:
        def model(stack: Stack) -> InferencePipeline:
            return pipeline(stack, ModelData.from_bucket(bucket(stack), "features/7.tar.gz"))

        result = made(multi_model(model))
        properties = result.properties(MODEL)
        assert properties["Containers"] == [
            {
                "ContainerHostname": "features",
                "Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/features:7",
                "ModelDataUrl": "s3://models/features/7.tar.gz",
            },
            {
                "ContainerHostname": "score",
                "Image": IMAGE_URI,
                "Mode": "MultiModel",
                "ModelDataUrl": "s3://models/regions/",
                "MultiModelConfig": {"ModelCacheSetting": "Enabled"},
            },
        ]
        assert "PrimaryContainer" not in properties
        assert "InferenceExecutionConfig" not in properties
        assert result.messages == []

    @pytest.mark.parametrize(
        ("model", "texts"),
        [
            (
                lambda stack: features(ModelData.from_bucket(bucket(stack), "1.tar.gz")),
                ["model=0: must have exactly one container with ModelData.from_archives(…)"],
            ),
            (
                lambda stack: features(ModelData.from_prefix(bucket(stack), "llm")),
                ["model=0", "model.data='llm': a multi-model endpoint serves .tar.gz archives"],
            ),
            (
                lambda stack: pipeline(stack, ModelData.from_prefix(bucket(stack), "llm")),
                ["model.containers['features'].data='llm': a multi-model endpoint serves"],
            ),
            (
                lambda stack: pipeline(stack, ModelData.from_archives(bucket(stack), "more")),
                ["model=2: must have exactly one container with ModelData.from_archives(…)"],
            ),
            (
                lambda stack: MultiContainerModel(
                    containers={"one": archives(stack), "other": features()}
                ),
                ["model='MultiContainerModel': requests to a multi-model endpoint cannot name"],
            ),
            (
                lambda stack: ModelPackage(
                    arn="arn:aws:sagemaker:eu-west-1:123456789012:model-package/fraud/7"
                ),
                ["model=0: must have exactly one container"],
            ),
        ],
        ids=["archive", "files", "files beside", "twice", "direct", "package"],
    )
    def test_what_does_not_load_many_models_is_refused(
        self, model: ModelOf, texts: list[str]
    ) -> None:
        error = refused(multi_model(model))
        assert f"{len(texts)} problem" in error
        assert all(text in error for text in texts)

    @pytest.mark.parametrize(
        ("prefix", "fix"),
        [
            ("regions/", "; 'regions'"),
            ("/regions", "; 'regions'"),
            ("", ""),
            ("/", ""),
            ("shops/*", ""),
        ],
    )
    def test_a_prefix_that_would_open_more_is_refused(self, prefix: str, fix: str) -> None:
        error = refused(multi_model(lambda stack: archives(stack, prefix)))
        assert (
            f"model.data={prefix!r}: must be a prefix without slashes at its ends and without * "
            f"and ?{fix} [api:S3ModelUri]"
        ) in error

    def test_the_url_with_its_slash_has_1024_characters_at_most(self) -> None:
        # s3:// and two slashes, and a bucket's name of up to 63.
        longest = 1024 - len("s3://") - 63 - len("/") - len("/")
        result = made(multi_model(lambda stack: archives(stack, "p" * longest)))
        url = result.properties(MODEL)["PrimaryContainer"]["ModelDataUrl"]
        assert len(url) - len("models") + 63 == 1024
        error = refused(multi_model(lambda stack: archives(stack, "p" * (longest + 1))))
        assert "with the bucket's name may have 1023 characters" in error

    @pytest.mark.parametrize("argument", ["variants", "shadow", "data_capture"])
    def test_what_sagemaker_does_not_offer_is_no_argument(self, argument: str) -> None:
        said: dict[str, Any] = {argument: None}
        build = multi_model(**said)
        with pytest.raises(TypeError, match=argument):
            build(Stack(App(), "Test"))


class TestPermissions:
    def test_the_role_reads_and_lists_the_prefix_and_nothing_else(self) -> None:
        statements = default().statements()
        assert sorted(statements) == [
            "ListModelData",
            "LogInToRegistry",
            "PublishMetrics",
            "PullImage",
            "ReadModelData",
            "WriteLogs",
        ]
        assert statements["ReadModelData"] == {
            "Sid": "ReadModelData",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::models/regions/*",
        }
        assert statements["ListModelData"] == {
            "Sid": "ListModelData",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::models",
            "Condition": {"StringLike": {"s3:prefix": ["regions/*"]}},
        }
        assert statements["PullImage"]["Resource"] == (
            "arn:aws:ecr:eu-west-1:123456789012:repository/fraud"
        )

    def test_the_model_waits_for_the_permissions(self) -> None:
        result = default()
        (policy_id,) = (
            key
            for key, value in result.template["Resources"].items()
            if value["Type"] == "AWS::IAM::ManagedPolicy"
        )
        assert result.resource(MODEL)["DependsOn"] == [policy_id]

    def test_containers_that_share_a_bucket_keep_their_own_parts_of_it(self) -> None:
        def model(stack: Stack) -> InferencePipeline:
            return pipeline(stack, ModelData.from_bucket(bucket(stack), "features/7.tar.gz"))

        statements = made(multi_model(model)).statements()
        assert statements["ReadModelData"]["Resource"] == [
            "arn:aws:s3:::models/features/7.tar.gz",
            "arn:aws:s3:::models/regions/*",
        ]
        # The archive's key is known, so that only the many need listing.
        assert statements["ListModelData"]["Condition"] == {
            "StringLike": {"s3:prefix": ["regions/*"]}
        }
        assert "ListModelData1" not in statements

    def test_buckets_of_a_model_keep_apart(self) -> None:
        def model(stack: Stack) -> InferencePipeline:
            other = bucket(stack, "features")
            return pipeline(stack, ModelData.from_bucket(other, "7.tar.gz"))

        statements = made(multi_model(model)).statements()
        assert statements["ReadModelData"]["Resource"] == [
            "arn:aws:s3:::features/7.tar.gz",
            "arn:aws:s3:::models/regions/*",
        ]
        assert statements["ListModelData"]["Resource"] == "arn:aws:s3:::models"

    def test_a_bucket_of_the_stack_brings_its_key(self) -> None:
        def model(stack: Stack) -> Container:
            own = s3.Bucket(stack, "Own", encryption=s3.BucketEncryption.KMS)
            return Container(
                image=ContainerImage.from_registry(IMAGE_URI),
                data=ModelData.from_archives(own, "regions"),
            )

        result = made(multi_model(model))
        ids = {value["Type"]: key for key, value in result.template["Resources"].items()}
        bucket_arn = {"Fn::GetAtt": [ids["AWS::S3::Bucket"], "Arn"]}
        statements = result.statements()
        assert statements["DecryptModelData"]["Action"] == "kms:Decrypt"
        assert statements["DecryptModelData"]["Resource"] == {
            "Fn::GetAtt": [ids["AWS::KMS::Key"], "Arn"]
        }
        assert statements["ListModelData"]["Resource"] == bucket_arn
        assert statements["ReadModelData"]["Resource"] == {
            "Fn::Join": ["", [bucket_arn, "/regions/*"]]
        }
        url = result.properties(MODEL)["PrimaryContainer"]["ModelDataUrl"]
        assert url == {"Fn::Join": ["", ["s3://", {"Ref": ids["AWS::S3::Bucket"]}, "/regions/"]]}

    def test_a_bucket_of_another_account_is_granted_on_this_side(self) -> None:
        key_arn = "arn:aws:kms:eu-west-1:999999999999:key/11111111-2222-3333-4444-555555555555"

        def model(stack: Stack) -> Container:
            theirs = s3.Bucket.from_bucket_attributes(
                stack,
                "Theirs",
                bucket_name="theirs",
                account="999999999999",
                region="eu-west-1",
                encryption_key=kms.Key.from_key_arn(stack, "Key", key_arn),
            )
            return Container(
                image=ContainerImage.from_registry(IMAGE_URI),
                data=ModelData.from_archives(theirs, "regions"),
            )

        result = made(multi_model(model))
        statements = result.statements()
        assert statements["ReadModelData"]["Resource"] == "arn:aws:s3:::theirs/regions/*"
        assert statements["ListModelData"]["Resource"] == "arn:aws:s3:::theirs"
        assert statements["ListModelData"]["Condition"] == {
            "StringLike": {"s3:prefix": ["regions/*"]}
        }
        assert statements["DecryptModelData"]["Resource"] == key_arn
        assert result.types() == default().types()

    def test_a_role_of_the_users_gets_the_same_policy_or_none(self) -> None:
        def build(stack: Stack, *, attach: bool) -> None:
            role = iam.Role.from_role_arn(
                stack, "Role", "arn:aws:iam::123456789012:role/models", mutable=False
            )
            multi_model(role=role, attach_execution_policy=attach)(stack)

        attached = made(lambda stack: build(stack, attach=True))
        assert attached.statements() == default().statements()
        assert attached.properties("AWS::IAM::ManagedPolicy")["Roles"] == ["models"]
        alone = made(lambda stack: build(stack, attach=False))
        assert alone.types() == [ENDPOINT, CONFIG, MODEL]


class TestCallers:
    @staticmethod
    def granted(grant: Callable[[MultiModelEndpoint, iam.Role], object]) -> list[dict[str, Any]]:
        def build(stack: Stack) -> None:
            grant(multi_model()(stack), caller(stack))

        result = made(build)
        # The endpoint's own role is granted nothing.
        assert result.statements() == default().statements()
        statements: list[dict[str, Any]] = result.properties("AWS::IAM::Policy")["PolicyDocument"][
            "Statement"
        ]
        return statements

    def test_a_caller_may_call_all_models(self) -> None:
        assert self.granted(lambda endpoint, role: endpoint.grant_invoke(role)) == [
            {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": ENDPOINT_ARN}
        ]

    def test_a_caller_may_call_some_models_only(self) -> None:
        names = ["europe/*", "asia/japan-?.tar.gz"]
        assert self.granted(
            lambda endpoint, role: endpoint.grant_invoke(role, target_models=names)
        ) == [
            {
                "Effect": "Allow",
                "Action": "sagemaker:InvokeEndpoint",
                "Resource": ENDPOINT_ARN,
                "Condition": {"StringLike": {"sagemaker:TargetModel": names}},
            }
        ]

    def test_two_grants_stay_two_conditions(self) -> None:
        def grant(endpoint: MultiModelEndpoint, role: iam.Role) -> None:
            endpoint.grant_invoke(role, target_models=["europe/*"])
            endpoint.grant_invoke(role, target_models=["asia/*"])

        statements = self.granted(grant)
        assert [statement["Condition"]["StringLike"] for statement in statements] == [
            {"sagemaker:TargetModel": ["europe/*"]},
            {"sagemaker:TargetModel": ["asia/*"]},
        ]
        assert {statement["Action"] for statement in statements} == {"sagemaker:InvokeEndpoint"}

    @pytest.mark.parametrize(
        "names", [[], [""], ["/europe/*"], ["a" * 1025], ["europe/*", "/asia"]], ids=len
    )
    def test_names_that_match_nothing_are_refused(self, names: list[str]) -> None:
        stack = Stack(App(), "Test")
        with pytest.raises(ValueError, match=r"target_models=\[.*must be names of 1 to 1024"):
            multi_model()(stack).grant_invoke(caller(stack), target_models=names)

    def test_a_name_alone_is_not_taken_for_its_characters(self) -> None:
        """The last of these is a star, which would open every model."""
        stack = Stack(App(), "Test")
        with pytest.raises(ValueError, match=r"target_models='europe\*': must be a list"):
            multi_model()(stack).grant_invoke(caller(stack), target_models="europe*")

    def test_an_answer_cannot_be_streamed_for_such_a_request_names_no_model(self) -> None:
        assert not hasattr(MultiModelEndpoint, "grant_invoke_streaming")

    def test_the_whole_of_an_imported_endpoint_is_granted(self) -> None:
        def build(stack: Stack) -> None:
            imported = InferenceEndpoint.from_endpoint_name(stack, "Imported", ENDPOINT_NAME)
            imported.grant_invoke(caller(stack))

        document = made(build).properties("AWS::IAM::Policy")["PolicyDocument"]
        assert document["Statement"] == [
            {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": ENDPOINT_ARN}
        ]


def own_bucket(name: str) -> ModelOf:
    def model(stack: Stack) -> Container:
        own = s3.Bucket(stack, "Own", bucket_name=name)
        data = ModelData.from_archives(own, "regions")
        return Container(image=ContainerImage.from_registry(IMAGE_URI), data=data)

    return model


def in_order(*hostnames: str) -> ModelOf:
    def model(stack: Stack) -> InferencePipeline:
        containers = {"features": features(), "score": archives(stack)}
        return InferencePipeline(containers={name: containers[name] for name in hostnames})

    return model


MODEL_CHANGES: dict[str, tuple[ModelOf, ModelOf]] = {
    "prefix": (archives, lambda stack: archives(stack, "shops")),
    "caching": (archives, uncached),
    "image": (archives, lambda stack: archives(stack, image=f"{IMAGE_URI}-1")),
    "into a pipeline": (archives, pipeline),
    "order": (in_order("features", "score"), in_order("score", "features")),
    "bucket renamed": (own_bucket("models-1"), own_bucket("models-2")),
}


class TestNames:
    @staticmethod
    def names(result: Synthesized) -> tuple[str, str, str]:
        return (
            result.properties(MODEL)["ModelName"],
            result.properties(CONFIG)["EndpointConfigName"],
            result.properties(ENDPOINT)["EndpointName"],
        )

    @pytest.mark.parametrize("what", MODEL_CHANGES)
    def test_a_change_of_the_model_renames_model_and_config(self, what: str) -> None:
        before, after = (made(multi_model(model)) for model in MODEL_CHANGES[what])
        old, new = self.names(before), self.names(after)
        assert [a == b for a, b in zip(old, new, strict=True)] == [False, False, True]

    def test_a_change_of_capacity_renames_the_config(self) -> None:
        old, new = self.names(default()), self.names(made(multi_model(instance_count=2)))
        assert [a == b for a, b in zip(old, new, strict=True)] == [True, False, True]

    @pytest.mark.parametrize(
        "arguments",
        [
            {"alarms": MultiModelAlarms(loaded_models=9)},
            {"dashboard": True},
            {"outputs": True},
        ],
        ids=["alarms", "dashboard", "outputs"],
    )
    def test_what_is_around_the_model_renames_nothing(self, arguments: dict[str, Any]) -> None:
        assert self.names(made(multi_model(**arguments))) == self.names(default())

    def test_another_deployment_policy_renames_the_config(self) -> None:
        """UpdateEndpoint takes a new config only."""
        guarded = multi_model(deployment=BlueGreen.all_at_once(), alarms=MultiModelAlarms())
        old, new = self.names(default()), self.names(made(guarded))
        assert [a == b for a, b in zip(old, new, strict=True)] == [True, False, True]

    def test_the_same_request_has_the_same_template(self) -> None:
        assert made(multi_model()).template == default().template


class TestNetwork:
    @staticmethod
    def in_vpc(**arguments: Any) -> Build:
        def build(stack: Stack) -> None:
            network = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
            isolated = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            multi_model(vpc=network, vpc_subnets=isolated, **arguments)(stack)

        return build

    def test_models_come_through_the_vpc_over_https_only(self) -> None:
        result = made(self.in_vpc())
        properties = result.properties(MODEL)
        assert len(properties["VpcConfig"]["Subnets"]) == 2
        assert len(properties["VpcConfig"]["SecurityGroupIds"]) == 1
        assert "VpcConfig" not in result.properties(CONFIG)
        (rule,) = result.properties("AWS::EC2::SecurityGroup")["SecurityGroupEgress"]
        assert (rule["CidrIp"], rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == (
            "0.0.0.0/0",
            "tcp",
            443,
            443,
        )
        assert "SecurityGroupIngress" not in result.properties("AWS::EC2::SecurityGroup")
        assert "CreateNetworkInterfaces" in result.statements()

    def test_isolation_is_said_to_the_model(self) -> None:
        result = made(multi_model(enable_network_isolation=True))
        assert result.properties(MODEL)["EnableNetworkIsolation"] is True
        assert "EnableNetworkIsolation" not in result.properties(CONFIG)
        assert result.statements() == default().statements()


# sagemaker-rules.md §6: ModelLoadingWaitTime is in microseconds, ModelCacheHit's Average is a
# ratio, and LoadedModelCount is in the namespace of the instances. Defaults: the docstring.
@dataclass(frozen=True)
class Expected:
    argument: str
    metric: str
    namespace: str
    threshold: float
    comparison: str
    minutes: int


ALARMS = {
    "ModelCacheHit": Expected(
        "model_cache_hit_percent",
        "ModelCacheHit",
        "AWS/SageMaker",
        0.5,
        "LessThanThreshold",
        15,
    ),
    "ModelLoadingWaitTime": Expected(
        "model_loading_wait_time_millis",
        "ModelLoadingWaitTime",
        "AWS/SageMaker",
        10_000_000,
        "GreaterThanThreshold",
        5,
    ),
    "LoadedModels": Expected(
        "loaded_models",
        "LoadedModelCount",
        "/aws/sagemaker/Endpoints",
        40,
        "GreaterThanThreshold",
        5,
    ),
}
REALTIME_ALARMS = {
    "ModelLatency",
    "OverheadLatency",
    "4XXErrors",
    "5XXErrors",
    "CPUUtilization",
    "MemoryUtilization",
    "DiskUtilization",
    "HealthyInstances",
}


def alarms_of(result: Synthesized) -> dict[str, dict[str, Any]]:
    prefix = f"{ENDPOINT_NAME}-AllTraffic-"
    alarms = {}
    for alarm in result.of_type(ALARM):
        name: str = alarm["Properties"]["AlarmName"]
        assert name.startswith(prefix)
        alarms[name.removeprefix(prefix)] = alarm["Properties"]
    return alarms


class TestAlarms:
    def test_they_are_those_of_real_time_endpoints_and_of_the_loaded_models(self) -> None:
        assert set(alarms_of(with_alarms())) == REALTIME_ALARMS | set(ALARMS)

    @pytest.mark.parametrize("id", ALARMS)
    def test_each_watches_a_metric_that_is_published(self, id: str) -> None:
        expected, alarm = ALARMS[id], alarms_of(with_alarms())[id]
        assert alarm["MetricName"] == expected.metric
        assert alarm["Namespace"] == expected.namespace
        assert alarm["Dimensions"] == [
            {"Name": "EndpointName", "Value": ENDPOINT_NAME},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ]
        assert alarm["Statistic"] == "Average"
        assert alarm["Threshold"] == pytest.approx(expected.threshold)
        assert alarm["ComparisonOperator"] == expected.comparison
        assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, expected.minutes)
        assert alarm["DatapointsToAlarm"] == expected.minutes
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmDescription"].startswith("Warning: ")
        assert "Unit" not in alarm
        assert "ExtendedStatistic" not in alarm

    @pytest.mark.parametrize("id", ALARMS)
    def test_none_switches_one_off_and_leaves_the_others(self, id: str) -> None:
        said: dict[str, Any] = {"loaded_models": 40, ALARMS[id].argument: None}
        alarms = alarms_of(made(multi_model(alarms=MultiModelAlarms(**said))))
        assert set(alarms) == REALTIME_ALARMS | set(ALARMS) - {id}

    def test_by_default_the_number_of_models_is_not_watched(self) -> None:
        def build(stack: Stack) -> None:
            MultiModelEndpoint(stack, "Shops", naming=NAMING, model=archives(stack))

        result = made(build)
        assert set(alarms_of(result)) == REALTIME_ALARMS | set(ALARMS) - {"LoadedModels"}
        assert result.messages == []

    def test_thresholds_are_said_in_percent_and_milliseconds(self) -> None:
        alarms = MultiModelAlarms(model_cache_hit_percent=90, model_loading_wait_time_millis=250)
        found = alarms_of(made(multi_model(alarms=alarms)))
        assert found["ModelCacheHit"]["Threshold"] == pytest.approx(0.9)
        assert found["ModelLoadingWaitTime"]["Threshold"] == 250_000

    @pytest.mark.parametrize(
        ("said", "text"),
        [
            ({"model_cache_hit_percent": 101}, "model_cache_hit_percent=101: must be above 0 and"),
            ({"model_cache_hit_percent": 0}, "model_cache_hit_percent=0: must be above 0 and"),
            ({"model_loading_wait_time_millis": 0}, "model_loading_wait_time_millis=0: must be"),
            ({"loaded_models": -1}, "loaded_models=-1: must be above 0"),
        ],
    )
    def test_what_means_nothing_is_refused(self, said: dict[str, Any], text: str) -> None:
        assert f"alarms.{text}" in refused(multi_model(alarms=MultiModelAlarms(**said)))

    def test_without_caching_the_alarm_on_hits_would_never_end(self) -> None:
        result = made(multi_model(uncached, alarms=MultiModelAlarms()))
        assert warning_ids(result) == ["cdk-sagemaker-inference:multi-model-cache-hits"]
        (message,) = result.messages
        assert "alarms.model_cache_hit_percent=50: without the caching of model.data" in message
        assert "None switches the alarm off" in message
        silent = MultiModelAlarms(model_cache_hit_percent=None)
        assert made(multi_model(uncached, alarms=silent)).messages == []

    def test_two_of_them_roll_a_deployment_back(self) -> None:
        result = made(multi_model(alarms=MultiModelAlarms(), deployment=BlueGreen.all_at_once()))
        config = result.properties(ENDPOINT)["DeploymentConfig"]
        resources = result.template["Resources"]
        guards = {
            resources[alarm["AlarmName"]["Ref"]]["Properties"]["AlarmName"]
            for alarm in config["AutoRollbackConfiguration"]["Alarms"]
        }
        names = {f"{ENDPOINT_NAME}-AllTraffic-{id}" for id in ("ModelLatency", "5XXErrors")}
        assert guards == names
        watched = result.statements()["WatchDeploymentAlarms"]
        assert set(watched["Resource"]) == {
            f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}" for name in names
        }
        assert result.messages == []


# Method: metric, namespace, statistic; sagemaker-rules.md §6.
METRICS = {
    "metric_model_cache_hit": ("ModelCacheHit", "AWS/SageMaker", "Average"),
    "metric_model_loading_wait_time": ("ModelLoadingWaitTime", "AWS/SageMaker", "Average"),
    "metric_model_downloading_time": ("ModelDownloadingTime", "AWS/SageMaker", "Average"),
    "metric_model_loading_time": ("ModelLoadingTime", "AWS/SageMaker", "Average"),
    "metric_model_unloading_time": ("ModelUnloadingTime", "AWS/SageMaker", "Average"),
    "metric_loaded_model_count": ("LoadedModelCount", "/aws/sagemaker/Endpoints", "Average"),
    "metric_invocations": ("Invocations", "AWS/SageMaker", "Sum"),
    "metric_invocations_per_instance": ("InvocationsPerInstance", "AWS/SageMaker", "Sum"),
    "metric_cpu_utilization": ("CPUUtilization", "/aws/sagemaker/Endpoints", "Average"),
}


class TestMetrics:
    @pytest.mark.parametrize("method", METRICS)
    def test_each_has_the_dimensions_that_it_is_published_with(self, method: str) -> None:
        metric = getattr(multi_model()(Stack(App(), "Test")), method)()
        assert (metric.metric_name, metric.namespace, metric.statistic) == METRICS[method]
        assert metric.dimensions == {"EndpointName": ENDPOINT_NAME, "VariantName": "AllTraffic"}

    def test_period_and_statistic_can_be_said(self) -> None:
        endpoint = multi_model()(Stack(App(), "Test"))
        metric = endpoint.metric_loaded_model_count(statistic="Sum", period=Duration.minutes(1))
        assert metric.statistic == "Sum"
        assert metric.period.to_seconds() == 60

    def test_a_variant_that_there_is_not_is_refused(self) -> None:
        endpoint = multi_model()(Stack(App(), "Test"))
        with pytest.raises(ValueError, match="has the variants 'AllTraffic'"):
            endpoint.metric_model_cache_hit(variant_name="Other")

    def test_the_dashboard_shows_hits_loaded_models_and_loading(self) -> None:
        body = made(multi_model(dashboard=True)).properties("AWS::CloudWatch::Dashboard")
        separator, parts = body["DashboardBody"]["Fn::Join"]
        text = separator.join(part if isinstance(part, str) else part["Ref"] for part in parts)
        graphs = {
            widget["properties"]["title"]: widget["properties"]["metrics"]
            for widget in json.loads(text)["widgets"]
            if widget["type"] == "metric"
        }
        assert list(graphs)[-3:] == [
            "Model cache hits in percent",
            "Loaded models",
            "Loading in milliseconds",
        ]
        of = ["EndpointName", ENDPOINT_NAME, "VariantName", "AllTraffic"]
        shown = {
            title: [
                entry[:-1] if len(entry) > 1 else entry[0]["expression"] for entry in graphs[title]
            ]
            for title in list(graphs)[-3:]
        }
        assert shown == {
            "Model cache hits in percent": [
                "100 * hits",
                ["AWS/SageMaker", "ModelCacheHit", *of],
            ],
            "Loaded models": [["/aws/sagemaker/Endpoints", "LoadedModelCount", *of]],
            "Loading in milliseconds": [
                "waiting / 1000",
                ["AWS/SageMaker", "ModelLoadingWaitTime", *of],
                "downloading / 1000",
                ["AWS/SageMaker", "ModelDownloadingTime", *of],
                "loading / 1000",
                ["AWS/SageMaker", "ModelLoadingTime", *of],
            ],
        }
        assert {"Requests per minute", "Instances"} <= graphs.keys()


class TestInstances:
    @pytest.mark.parametrize(
        "instance_type", ["ml.c5.xlarge", "ml.r5.24xlarge", "ml.m6g.large", "ml.t2.medium"]
    )
    def test_any_without_a_gpu_serves_it(self, instance_type: str) -> None:
        assert made(multi_model(instance_type=instance_type)).messages == []

    @pytest.mark.parametrize(
        "instance_type",
        ["ml.g4dn.xlarge", "ml.g4dn.16xlarge", "ml.g5.8xlarge", "ml.p3.2xlarge", "ml.p2.xlarge"],
    )
    def test_one_gpu_serves_it_with_triton(self, instance_type: str) -> None:
        assert made(multi_model(triton, instance_type=instance_type)).messages == []

    def test_one_gpu_without_triton_is_warned_about(self) -> None:
        result = made(multi_model(instance_type="ml.g5.xlarge"))
        assert warning_ids(result) == ["cdk-sagemaker-inference:multi-model-accelerator"]
        assert f"model.image='{IMAGE_URI}': on a GPU only the Triton" in result.messages[0]

    @pytest.mark.parametrize(
        ("instance_type", "count"),
        [
            ("ml.g4dn.12xlarge", 4),
            ("ml.g5.48xlarge", 8),
            ("ml.p3.8xlarge", 4),
            ("ml.p2.16xlarge", 16),
        ],
    )
    def test_several_gpus_are_refused(self, instance_type: str, count: int) -> None:
        error = refused(multi_model(triton, instance_type=instance_type))
        assert (
            f"instance_type='{instance_type}': has {count} GPUs, and a multi-model endpoint runs "
            "on one at most; use a smaller size, such as ml.g5.xlarge [dg:multi-model-support]"
        ) in error

    @pytest.mark.parametrize("instance_type", ["ml.g6.xlarge", "ml.inf2.xlarge"])
    def test_accelerators_that_nobody_documents_are_warned_about(self, instance_type: str) -> None:
        result = made(multi_model(triton, instance_type=instance_type))
        assert warning_ids(result) == ["cdk-sagemaker-inference:multi-model-accelerator"]
        assert f"instance_type='{instance_type}': is not among the families" in result.messages[0]

    def test_capacity_is_as_on_real_time_endpoints(self) -> None:
        result = made(
            multi_model(
                instance_type="ml.r5.large",
                routing_strategy=RoutingStrategy.LEAST_OUTSTANDING_REQUESTS,
                model_data_download_timeout=Duration.minutes(20),
                scaling=Scaling.on_invocations(
                    min_capacity=2, max_capacity=6, per_instance_per_minute=1200
                ),
            )
        )
        (variant,) = result.properties(CONFIG)["ProductionVariants"]
        del variant["ModelName"]
        assert variant == {
            "VariantName": "AllTraffic",
            "InstanceType": "ml.r5.large",
            "InitialInstanceCount": 2,
            "InitialVariantWeight": 1,
            "ModelDataDownloadTimeoutInSeconds": 1200,
            "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
        }
        target = result.properties("AWS::ApplicationAutoScaling::ScalableTarget")
        assert target["ScalableDimension"] == "sagemaker:variant:DesiredInstanceCount"
        assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)
        policy = result.properties("AWS::ApplicationAutoScaling::ScalingPolicy")
        tracking = policy["TargetTrackingScalingPolicyConfiguration"]
        assert tracking["PredefinedMetricSpecification"] == {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        }
        assert result.properties(ENDPOINT)["RetainAllVariantProperties"] is True


class TestUpdates:
    @pytest.mark.parametrize(
        ("policy", "value"),
        [
            (BlueGreen.canary(percent=50), "CANARY"),
            (BlueGreen.linear(percent=50), "LINEAR"),
            (Rolling(percent=50), "Rolling"),
        ],
        ids=["canary", "linear", "rolling"],
    )
    def test_anything_but_all_at_once_is_unverified(self, policy: Any, value: str) -> None:
        result = made(multi_model(instance_count=2, deployment=policy, alarms=MultiModelAlarms()))
        assert warning_ids(result) == ["cdk-sagemaker-inference:multi-model-deployment"]
        assert f"deployment='{value}': AWS's feature matrix says" in result.messages[0]
        assert "use BlueGreen.all_at_once if the update is refused" in result.messages[0]

    @pytest.mark.parametrize(
        ("env", "partition"),
        [
            (None, None),
            (Environment(account="123456789012", region="cn-north-1"), "aws-cn"),
            (Environment(account="123456789012", region="us-gov-west-1"), "aws-us-gov"),
        ],
        ids=["anywhere", "China", "GovCloud"],
    )
    def test_it_is_without_cycles_in_every_partition_with_everything_on(
        self, env: Environment | None, partition: str | None
    ) -> None:
        def build(stack: Stack) -> None:
            network = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
            own = s3.Bucket(stack, "Own", encryption=s3.BucketEncryption.KMS)
            uri = f"{Aws.ACCOUNT_ID}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}/fraud:1"
            image = ContainerImage.from_registry(uri)
            data = ModelData.from_archives(own, "regions")
            endpoint = MultiModelEndpoint(
                stack,
                "Shops",
                naming=NAMING,
                model=InferencePipeline(
                    containers={
                        "features": Container(image=image),
                        "score": Container(image=image, data=data),
                    }
                ),
                scaling=Scaling.on_cpu(min_capacity=2, max_capacity=4, percent=60),
                deployment=BlueGreen.all_at_once(),
                alarms=MultiModelAlarms(topic=sns.Topic(stack, "Ops"), loaded_models=9),
                dashboard=True,
                vpc=network,
                vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
                encryption_key=kms.Key(stack, "Key"),
                enable_network_isolation=True,
                outputs=True,
            )
            endpoint.grant_invoke(caller(stack), target_models=["europe/*"])
            own_alarm = cloudwatch.Alarm(
                stack,
                "Cold",
                metric=endpoint.metric_model_loading_wait_time(),
                threshold=1_000_000,
                evaluation_periods=1,
            )
            endpoint.add_alarm(
                cloudwatch.Alarm.from_alarm_arn(stack, "Imported", own_alarm.alarm_arn),
                guards_deployment=True,
            )

        result = synthesize(build, env=env)
        # Refuses templates with cycles.
        assertions.Template.from_json(result.template)
        assert result.messages == []
        text = json.dumps(result.template)
        if partition is None:
            assert "arn:aws:" not in text
        else:
            assert f"arn:{partition}:sagemaker:" in text
            assert "arn:aws:" not in text
        assert synthesize(build, env=env).template == result.template
