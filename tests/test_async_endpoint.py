"""What an asynchronous endpoint puts into the template, and what it refuses."""

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import pytest
from aws_cdk import App, Aws, CfnParameter, Duration, Environment, Size, Stack
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from cdk_sagemaker_inference import (
    Alarms,
    AsyncAlarms,
    AsyncEndpoint,
    AsyncScaling,
    BlueGreen,
    Container,
    ContainerImage,
    ModelData,
    ModelPackage,
    MultiContainerModel,
    Naming,
    NotificationTopic,
    ProvisionedConcurrencyScaling,
    RealtimeEndpoint,
    Rolling,
    S3Prefix,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    ServerlessAlarms,
)
from cdk_sagemaker_inference.alarms import AlarmSettings
from support import CONTAINER, CONTEXT, NAMING, Synthesized, caller, synthesize
from test_no_cycles import Graph

MODEL = "AWS::SageMaker::Model"
CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"
ROLE = "AWS::IAM::Role"
POLICY = "AWS::IAM::ManagedPolicy"
GRANTS = "AWS::IAM::Policy"
TOPIC = "AWS::SNS::Topic"
TOPIC_POLICY = "AWS::SNS::TopicPolicy"
ALARM = "AWS::CloudWatch::Alarm"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
SCALING_POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
DASHBOARD = "AWS::CloudWatch::Dashboard"

ENDPOINT_NAME = "rc-project-a-fraud-ep"
FAILURES = f"{ENDPOINT_NAME}-AllTraffic-Failures"
INVOCATION = "AWS/SageMaker"
INSTANCE = "/aws/sagemaker/Endpoints"
OF_ENDPOINT = {"EndpointName": ENDPOINT_NAME}
OF_VARIANT = {"EndpointName": ENDPOINT_NAME, "VariantName": "AllTraffic"}

# With both known, ARNs are plain text.
IRELAND = Environment(account="123456789012", region="eu-west-1")
KEY_IDS = {
    name: f"{digit}0000000-1111-1111-1111-111111111111"
    for digit, name in enumerate(("bucket", "requests", "answers", "errors", "topic"), start=1)
}
TOPIC_ARN = "arn:aws:sns:eu-west-1:123456789012:{}"

Build = Callable[[Stack], AsyncEndpoint]


def files(stack: Stack) -> s3.IBucket:
    """A bucket that is not of the app."""
    return s3.Bucket.from_bucket_name(stack, "Files", "files")


def asynchronous(**arguments: Any) -> Build:
    """Build an endpoint in order and without alarms, but for the arguments given.

    What is callable is called with the stack.
    """

    def build(stack: Stack) -> AsyncEndpoint:
        said = {name: arg(stack) if callable(arg) else arg for name, arg in arguments.items()}
        if not {"input", "output"} <= said.keys():
            bucket = files(stack)
            said = {
                "input": S3Prefix(bucket=bucket, prefix="months/requests"),
                "output": S3Prefix(bucket=bucket, prefix="months/scores"),
            } | said
        defaults = {"naming": NAMING, "model": CONTAINER, "alarms": None}
        return AsyncEndpoint(stack, "Months", **{**defaults, **said})

    return build


def output_of(result: Synthesized) -> dict[str, Any]:
    config: dict[str, Any] = result.properties(CONFIG)["AsyncInferenceConfig"]["OutputConfig"]
    return config


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def permissions(result: Synthesized) -> dict[str, tuple[set[str], list[Any]]]:
    """Actions and resources of the execution policy, by statement."""
    return {
        sid: (set(as_list(statement["Action"])), in_order(*as_list(statement["Resource"])))
        for sid, statement in result.statements().items()
    }


def in_order(*resources: Any) -> list[Any]:
    """CDK sorts the resources of a statement in an order of its own."""
    return sorted(resources, key=str)


def granted(result: Synthesized) -> dict[str, list[str]]:
    """Resources by action of the only inline policy: the caller's."""
    found: dict[str, list[str]] = {}
    for statement in result.properties(GRANTS)["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Allow"
        assert "Condition" not in statement
        for action in as_list(statement["Action"]):
            found.setdefault(action, []).extend(as_list(statement["Resource"]))
    return {action: sorted(set(map(str, resources))) for action, resources in found.items()}


def key_arn(name: str) -> str:
    return f"arn:aws:kms:eu-west-1:123456789012:key/{KEY_IDS[name]}"


def imported_key(name: str) -> Callable[[Stack], kms.IKey]:
    return lambda stack: kms.Key.from_key_arn(stack, name, key_arn(name))


def reference(result: Synthesized, beginning: str, resource_type: str, attribute: str) -> Any:
    """What refers to the only resource of a type whose logical id begins so."""
    (found,) = (
        key
        for key, resource in result.template["Resources"].items()
        if resource["Type"] == resource_type and key.startswith(beginning)
    )
    return {"Ref": found} if attribute == "Ref" else {"Fn::GetAtt": [found, attribute]}


@functools.cache
def minimal() -> Synthesized:
    return synthesize(asynchronous(), env=IRELAND)


class TestMinimal:
    def test_a_name_a_model_and_two_prefixes_give_a_running_endpoint(self) -> None:
        assert minimal().types() == [POLICY, ROLE, ENDPOINT, CONFIG, MODEL]
        assert minimal().messages == []

    def test_requests_wait_and_answers_come_to_the_output_prefix(self) -> None:
        config = minimal().properties(CONFIG)
        assert config["AsyncInferenceConfig"] == {
            "OutputConfig": {"S3OutputPath": "s3://files/months/scores"}
        }
        assert sorted(config) == [
            "AsyncInferenceConfig",
            "EndpointConfigName",
            "ProductionVariants",
            "Tags",
        ]

    def test_one_variant_on_instances(self) -> None:
        (variant,) = minimal().properties(CONFIG)["ProductionVariants"]
        assert variant == {
            "ModelName": reference(minimal(), "Months", MODEL, "ModelName"),
            "VariantName": "AllTraffic",
            "InstanceType": "ml.m5.xlarge",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 1,
        }

    def test_nothing_is_written_that_nobody_asked_for(self) -> None:
        assert sorted(minimal().properties(MODEL)) == [
            "ExecutionRoleArn",
            "ModelName",
            "PrimaryContainer",
            "Tags",
        ]
        assert sorted(minimal().properties(ENDPOINT)) == [
            "EndpointConfigName",
            "EndpointName",
            "Tags",
        ]

    def test_the_role_reads_requests_writes_answers_and_nothing_else(self) -> None:
        log_group = (
            "arn:aws:logs:eu-west-1:123456789012:log-group:"
            "/aws/sagemaker/Endpoints/rc-project-a-fraud-ep"
        )
        assert permissions(minimal()) == {
            "WriteLogs": (
                {
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                },
                [log_group, f"{log_group}:*"],
            ),
            "PublishMetrics": ({"cloudwatch:PutMetricData"}, ["*"]),
            "ReadModelData": ({"s3:GetObject"}, ["arn:aws:s3:::models/fraud/3/model.tar.gz"]),
            "PullImage": (
                {
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                },
                ["arn:aws:ecr:eu-west-1:123456789012:repository/fraud"],
            ),
            "LogInToRegistry": ({"ecr:GetAuthorizationToken"}, ["*"]),
            "ReadRequests": ({"s3:GetObject"}, ["arn:aws:s3:::files/months/requests/*"]),
            "WriteResults": (
                {"s3:AbortMultipartUpload", "s3:PutObject"},
                ["arn:aws:s3:::files/months/scores/*"],
            ),
        }

    def test_what_sagemaker_does_not_offer_has_no_argument(self) -> None:
        """sagemaker-rules.md §2: one variant, no shadow, no data capture."""
        arguments = inspect.signature(AsyncEndpoint.__init__).parameters
        absent = {"variants", "shadow", "weight", "data_capture", "instance_scaling", "caching"}
        assert absent.isdisjoint(arguments)
        assert not hasattr(AsyncEndpoint, "grant_invoke_streaming")
        assert not hasattr(AsyncEndpoint, "metric_invocations")


def network(stack: Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-12345678",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        private_subnet_ids=["subnet-11111111", "subnet-22222222"],
        private_subnet_route_table_ids=["rtb-11111111", "rtb-22222222"],
    )


def everything(stack: Stack) -> AsyncEndpoint:
    """All that an asynchronous endpoint can have."""
    requests = s3.Bucket(stack, "Requests", encryption=s3.BucketEncryption.KMS)
    answers_key = kms.Key(stack, "AnswersKey")
    answers = s3.Bucket(stack, "Answers")
    errors_key = cast(kms.IKey, kms.Key(stack, "ErrorsKey"))
    error_topic = sns.Topic(stack, "Errors", master_key=errors_key)
    return AsyncEndpoint(
        stack,
        "Months",
        naming=NAMING,
        model=CONTAINER,
        input=S3Prefix(bucket=requests, prefix="in"),
        output=S3Prefix(bucket=answers, prefix="out", encryption_key=answers_key),
        failures=S3Prefix(bucket=answers, prefix="failed", encryption_key=answers_key),
        success_topic=True,
        error_topic=error_topic,
        include_inference_response_in=[NotificationTopic.SUCCESS, NotificationTopic.ERROR],
        max_concurrent_invocations_per_instance=4,
        instance_type="ml.m5.2xlarge",
        volume_size=Size.gibibytes(100),
        encryption_key=kms.Key(stack, "VolumeKey"),
        model_data_download_timeout=Duration.minutes(20),
        container_startup_health_check_timeout=Duration.minutes(5),
        scaling=AsyncScaling.on_backlog(max_capacity=4, per_instance=5),
        deployment=BlueGreen.all_at_once(),
        alarms=AsyncAlarms(topic=sns.Topic(stack, "Operations")),
        dashboard=True,
        vpc=network(stack),
        enable_network_isolation=True,
        outputs=True,
    )


@functools.cache
def full() -> Synthesized:
    return synthesize(everything, env=IRELAND)


class TestEverything:
    def test_it_is_said_as_cloudformation_has_it(self) -> None:
        assert full().properties(CONFIG)["AsyncInferenceConfig"] == {
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 4},
            "OutputConfig": {
                "S3OutputPath": {
                    "Fn::Join": [
                        "",
                        ["s3://", reference(full(), "Answers", "AWS::S3::Bucket", "Ref"), "/out"],
                    ]
                },
                "S3FailurePath": {
                    "Fn::Join": [
                        "",
                        [
                            "s3://",
                            reference(full(), "Answers", "AWS::S3::Bucket", "Ref"),
                            "/failed",
                        ],
                    ]
                },
                "KmsKeyId": reference(full(), "AnswersKey", "AWS::KMS::Key", "Arn"),
                "NotificationConfig": {
                    "SuccessTopic": reference(full(), "MonthsSuccessTopic", TOPIC, "Ref"),
                    "ErrorTopic": reference(full(), "Errors", TOPIC, "Ref"),
                    "IncludeInferenceResponseIn": [
                        "SUCCESS_NOTIFICATION_TOPIC",
                        "ERROR_NOTIFICATION_TOPIC",
                    ],
                },
            },
        }

    def test_the_variant(self) -> None:
        (variant,) = full().properties(CONFIG)["ProductionVariants"]
        assert variant == {
            "ModelName": reference(full(), "Months", MODEL, "ModelName"),
            "VariantName": "AllTraffic",
            "InstanceType": "ml.m5.2xlarge",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 1,
            "VolumeSizeInGB": 100,
            "ModelDataDownloadTimeoutInSeconds": 1200,
            "ContainerStartupHealthCheckTimeoutInSeconds": 300,
        }
        assert full().properties(CONFIG)["KmsKeyId"] == reference(
            full(), "VolumeKey", "AWS::KMS::Key", "Arn"
        )

    def test_network_and_isolation_are_the_models(self) -> None:
        model = full().properties(MODEL)
        assert model["VpcConfig"]["Subnets"] == ["subnet-11111111", "subnet-22222222"]
        assert len(model["VpcConfig"]["SecurityGroupIds"]) == 1
        assert model["EnableNetworkIsolation"] is True
        assert not {"VpcConfig", "EnableNetworkIsolation"} & full().properties(CONFIG).keys()

    def test_each_need_is_a_statement_of_its_own(self) -> None:
        def arn(bucket: str, prefix: str) -> dict[str, Any]:
            bucket_arn = reference(full(), bucket, "AWS::S3::Bucket", "Arn")
            return {"Fn::Join": ["", [bucket_arn, f"/{prefix}/*"]]}

        def key(name: str) -> dict[str, Any]:
            found: dict[str, Any] = reference(full(), name, "AWS::KMS::Key", "Arn")
            return found

        found = permissions(full())
        assert {
            "ReadRequests": ({"s3:GetObject"}, [arn("Requests", "in")]),
            "WriteResults": (
                {"s3:AbortMultipartUpload", "s3:PutObject"},
                in_order(arn("Answers", "out"), arn("Answers", "failed")),
            ),
            "DecryptRequests": ({"kms:Decrypt"}, [key("RequestsKey")]),
            "EncryptResults": ({"kms:Decrypt", "kms:GenerateDataKey"}, [key("AnswersKey")]),
            "PublishNotifications": (
                {"sns:Publish"},
                in_order(
                    reference(full(), "MonthsSuccessTopic", TOPIC, "Ref"),
                    reference(full(), "Errors", TOPIC, "Ref"),
                ),
            ),
            "EncryptNotifications": ({"kms:Decrypt", "kms:GenerateDataKey"}, [key("ErrorsKey")]),
            "UseVolumeKey": ({"kms:CreateGrant", "kms:DescribeKey"}, [key("VolumeKey")]),
            "WatchDeploymentAlarms": (
                {"cloudwatch:DescribeAlarms"},
                [f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{FAILURES}"],
            ),
        } == {
            sid: found[sid]
            for sid in found
            if sid not in permissions(minimal()) or sid in ("ReadRequests", "WriteResults")
            if "Network" not in sid
        }
        assert sorted(sid for sid in found if "Network" in sid) == [
            "CreateNetworkInterfaces",
            "DescribeNetwork",
            "ManageNetworkInterfaces",
        ]

    def test_role_policy_keys_and_topics_are_there_before_the_endpoint_is_tested(self) -> None:
        """SageMaker publishes a test message at creation: sagemaker-rules.md §4."""
        graph = Graph.of(full().template["Resources"])
        (endpoint,) = graph.of_type(ENDPOINT)
        assert graph.comes_before(endpoint, ROLE, POLICY, MODEL, CONFIG, "AWS::KMS::Key")
        topics = {reference(full(), name, TOPIC, "Ref")["Ref"] for name in ("Months", "Errors")}
        assert topics <= graph.before[endpoint]
        (config,) = graph.of_type(CONFIG)
        (model,) = graph.of_type(MODEL)
        assert graph.comes_before(config, MODEL)
        assert graph.comes_before(model, ROLE, POLICY)
        (target,) = graph.of_type(TARGET)
        assert endpoint in graph.before[target]

    def test_nothing_depends_on_itself(self) -> None:
        assert Graph.of(full().template["Resources"]).cycles() == []

    @pytest.mark.parametrize("template", [minimal, full])
    def test_cfn_lint_reports_nothing(self, template: Callable[[], Synthesized]) -> None:
        config = ManualArgs(regions=["eu-west-1"])
        assert [str(match) for match in lint(json.dumps(template().template), config=config)] == []

    def test_the_same_request_gives_the_same_template(self) -> None:
        assert synthesize(everything, env=IRELAND).template == full().template

    def test_everything_made_is_reachable(self) -> None:
        endpoint = everything(Stack(App(), "Test"))
        assert endpoint.success_topic is not None
        assert endpoint.error_topic is not None
        assert endpoint.dashboard is not None
        assert list(endpoint.cfn_scalable_targets) == ["AllTraffic"]
        assert len(endpoint.security_groups) == 1
        assert [alarm.kind.id for alarm in endpoint.alarms if alarm.kind.guards] == ["Failures"]


class TestTopics:
    @staticmethod
    @functools.cache
    def both_made() -> Synthesized:
        return synthesize(asynchronous(success_topic=True, error_topic=True), env=IRELAND)

    def test_those_made_here_take_tls_only_and_are_encrypted_with_awss_key(self) -> None:
        topics = self.both_made().of_type(TOPIC)
        assert [topic["Properties"]["KmsMasterKeyId"] for topic in topics] == [
            "arn:aws:kms:eu-west-1:123456789012:alias/aws/sns"
        ] * 2
        policies = self.both_made().of_type(TOPIC_POLICY)
        assert len(policies) == 2
        for policy in policies:
            (topic,) = policy["Properties"]["Topics"]
            (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
            assert statement["Effect"] == "Deny"
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            assert statement["Resource"] == topic

    def test_those_made_here_have_generated_names_and_the_endpoints_tags(self) -> None:
        for topic in self.both_made().of_type(TOPIC):
            assert "TopicName" not in topic["Properties"]
            assert {tag["Key"]: tag["Value"] for tag in topic["Properties"]["Tags"]} == {
                "Environment": "prod",
                "Model": "fraud",
                "Project": "project-a",
                "Team": "rc",
                "Version": "3",
            }

    def test_those_made_here_need_no_permission_on_awss_key(self) -> None:
        found = permissions(self.both_made())
        assert set(found) - set(permissions(minimal())) == {"PublishNotifications"}
        assert found["PublishNotifications"] == (
            {"sns:Publish"},
            in_order(
                reference(self.both_made(), "MonthsSuccessTopic", TOPIC, "Ref"),
                reference(self.both_made(), "MonthsErrorTopic", TOPIC, "Ref"),
            ),
        )

    @pytest.mark.parametrize(
        ("argument", "member"), [("success_topic", "SuccessTopic"), ("error_topic", "ErrorTopic")]
    )
    def test_one_may_be_alone(self, argument: str, member: str) -> None:
        result = synthesize(asynchronous(**{argument: True}), env=IRELAND)
        assert len(result.of_type(TOPIC)) == 1
        notifications = output_of(result)["NotificationConfig"]
        assert notifications == {member: reference(result, f"Months{member}", TOPIC, "Ref")}

    @pytest.mark.parametrize("none", [None, False])
    def test_none_is_none(self, none: bool | None) -> None:
        build = asynchronous(success_topic=none, error_topic=none)
        assert synthesize(build, env=IRELAND).template == minimal().template
        endpoint = build(Stack(App(), "Test"))
        assert endpoint.success_topic is None
        assert endpoint.error_topic is None

    def test_one_of_yours_by_its_arn(self) -> None:
        def topic(stack: Stack) -> sns.ITopic:
            return sns.Topic.from_topic_arn(stack, "Done", TOPIC_ARN.format("done"))

        result = synthesize(asynchronous(success_topic=topic), env=IRELAND)
        assert result.of_type(TOPIC) == []
        assert output_of(result)["NotificationConfig"] == {"SuccessTopic": TOPIC_ARN.format("done")}
        found = permissions(result)
        assert found["PublishNotifications"] == ({"sns:Publish"}, [TOPIC_ARN.format("done")])
        assert "EncryptNotifications" not in found

    def test_one_of_yours_imported_with_its_key(self) -> None:
        def topic(stack: Stack) -> sns.ITopic:
            return sns.Topic.from_topic_attributes(
                stack, "Done", topic_arn=TOPIC_ARN.format("done"), key_arn=key_arn("topic")
            )

        found = permissions(synthesize(asynchronous(error_topic=topic), env=IRELAND))
        assert found["EncryptNotifications"] == (
            {"kms:Decrypt", "kms:GenerateDataKey"},
            [key_arn("topic")],
        )

    def test_one_of_yours_without_a_key_is_left_as_it_is(self) -> None:
        result = synthesize(
            asynchronous(error_topic=lambda stack: sns.Topic(stack, "Errors")), env=IRELAND
        )
        assert "Properties" not in result.resource(TOPIC)
        assert result.of_type(TOPIC_POLICY) == []
        assert "EncryptNotifications" not in permissions(result)

    def test_one_may_hear_of_both(self) -> None:
        def build(stack: Stack) -> None:
            topic = sns.Topic(stack, "All", master_key=cast(kms.IKey, kms.Key(stack, "Key")))
            endpoint = asynchronous(success_topic=topic, error_topic=topic)(stack)
            assert endpoint.success_topic is topic
            assert endpoint.error_topic is topic

        result = synthesize(build, env=IRELAND)
        notifications = output_of(result)["NotificationConfig"]
        assert notifications["SuccessTopic"] == notifications["ErrorTopic"]
        found = permissions(result)
        assert len(found["PublishNotifications"][1]) == 1
        assert len(found["EncryptNotifications"][1]) == 1

    def test_one_of_another_region_is_refused(self) -> None:
        def topic(stack: Stack) -> sns.ITopic:
            arn = "arn:aws:sns:us-east-1:123456789012:done"
            return sns.Topic.from_topic_arn(stack, "Done", arn)

        with pytest.raises(ValueError, match="is not in the stack's Region eu-west-1"):
            asynchronous(success_topic=topic)(Stack(App(), "Test", env=IRELAND))
        # Where that is only known at deployment, it is left to the deployment.
        asynchronous(success_topic=topic)(Stack(App(), "Test"))


class TestKeys:
    # what: (bucket has a key, requests' key, answers' key, errors' prefix) and who may what
    CASES: dict[str, tuple[tuple[bool, bool, bool], dict[str, list[str]], str | None]] = {
        "none": ((False, False, False), {}, None),
        "requests": ((False, True, False), {"DecryptRequests": ["requests"]}, None),
        "answers": ((False, False, True), {"EncryptResults": ["answers"]}, "answers"),
        "bucket": (
            (True, False, False),
            {"DecryptRequests": ["bucket"], "EncryptResults": ["bucket"]},
            None,
        ),
        "all": (
            (True, True, True),
            {
                "DecryptRequests": ["requests", "bucket"],
                "EncryptResults": ["answers", "bucket"],
            },
            "answers",
        ),
    }

    @pytest.mark.parametrize("what", CASES)
    def test_the_role_may_use_what_the_files_are_encrypted_with(self, what: str) -> None:
        (of_bucket, of_requests, of_answers), expected, said = self.CASES[what]

        def build(stack: Stack) -> AsyncEndpoint:
            bucket = s3.Bucket.from_bucket_attributes(
                stack,
                "Files",
                bucket_name="files",
                encryption_key=imported_key("bucket")(stack) if of_bucket else None,
            )
            return asynchronous(
                input=S3Prefix(
                    bucket=bucket,
                    prefix="in",
                    encryption_key=imported_key("requests")(stack) if of_requests else None,
                ),
                output=S3Prefix(
                    bucket=bucket,
                    prefix="out",
                    encryption_key=imported_key("answers")(stack) if of_answers else None,
                ),
            )(stack)

        result = synthesize(build, env=IRELAND)
        found = {sid: entry for sid, entry in permissions(result).items() if "crypt" in sid}
        actions = {
            "DecryptRequests": {"kms:Decrypt"},
            "EncryptResults": {"kms:Decrypt", "kms:GenerateDataKey"},
        }
        assert found == {
            sid: (actions[sid], in_order(*(key_arn(name) for name in names)))
            for sid, names in expected.items()
        }
        assert output_of(result).get("KmsKeyId") == (None if said is None else key_arn(said))

    def test_errors_have_no_key_of_their_own(self) -> None:
        """CloudFormation has one KmsKeyId for both paths."""

        def build(stack: Stack) -> AsyncEndpoint:
            bucket = files(stack)
            return asynchronous(
                input=S3Prefix(bucket=bucket, prefix="in"),
                output=S3Prefix(bucket=bucket, prefix="out"),
                failures=S3Prefix(
                    bucket=bucket, prefix="bad", encryption_key=imported_key("errors")(stack)
                ),
            )(stack)

        with pytest.raises(ValueError, match=r"failures\.encryption_key=.*no other key for errors"):
            build(Stack(App(), "Test"))

    def test_requests_answers_and_errors_may_be_in_three_buckets(self) -> None:
        def build(stack: Stack) -> AsyncEndpoint:
            def prefix(name: str) -> S3Prefix:
                return S3Prefix(
                    bucket=s3.Bucket.from_bucket_name(stack, name, name), prefix="fraud"
                )

            return asynchronous(
                input=prefix("requests"), output=prefix("answers"), failures=prefix("errors")
            )(stack)

        result = synthesize(build, env=IRELAND)
        assert output_of(result) == {
            "S3OutputPath": "s3://answers/fraud",
            "S3FailurePath": "s3://errors/fraud",
        }
        found = permissions(result)
        assert found["ReadRequests"][1] == ["arn:aws:s3:::requests/fraud/*"]
        assert found["WriteResults"][1] == [
            "arn:aws:s3:::answers/fraud/*",
            "arn:aws:s3:::errors/fraud/*",
        ]


INVOKE = {
    "sagemaker:InvokeEndpointAsync": [
        f"arn:aws:sagemaker:eu-west-1:123456789012:endpoint/{ENDPOINT_NAME}"
    ]
}


class TestGrants:
    def test_a_caller_may_put_requests_and_name_them_and_no_more(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = asynchronous(success_topic=True)(stack)
            endpoint.grant_invoke(caller(stack)).assert_success()

        assert granted(synthesize(build, env=IRELAND)) == {
            **INVOKE,
            "s3:PutObject": ["arn:aws:s3:::files/months/requests/*"],
            "s3:AbortMultipartUpload": ["arn:aws:s3:::files/months/requests/*"],
        }

    def test_a_caller_may_use_the_keys_of_requests_also_in_parts(self) -> None:
        """An upload in parts needs to decrypt (S3 User Guide, mpuAndPermissions)."""

        def build(stack: Stack) -> None:
            bucket = s3.Bucket.from_bucket_attributes(
                stack,
                "Files",
                bucket_name="files",
                encryption_key=imported_key("bucket")(stack),
            )
            endpoint = asynchronous(
                input=S3Prefix(
                    bucket=bucket, prefix="in", encryption_key=imported_key("requests")(stack)
                ),
                output=S3Prefix(
                    bucket=bucket, prefix="out", encryption_key=imported_key("answers")(stack)
                ),
            )(stack)
            endpoint.grant_invoke(caller(stack))

        keys = [key_arn("bucket"), key_arn("requests")]
        assert granted(synthesize(build, env=IRELAND)) == {
            **INVOKE,
            "s3:PutObject": ["arn:aws:s3:::files/in/*"],
            "s3:AbortMultipartUpload": ["arn:aws:s3:::files/in/*"],
            "kms:GenerateDataKey": keys,
            "kms:Decrypt": keys,
        }

    def test_a_reader_may_get_answers_and_errors_and_no_more(self) -> None:
        def build(stack: Stack) -> None:
            bucket = files(stack)
            key = imported_key("answers")(stack)
            endpoint = asynchronous(
                input=S3Prefix(
                    bucket=bucket, prefix="in", encryption_key=imported_key("requests")(stack)
                ),
                output=S3Prefix(bucket=bucket, prefix="out", encryption_key=key),
                failures=S3Prefix(bucket=bucket, prefix="bad", encryption_key=key),
            )(stack)
            endpoint.grant_read_results(caller(stack)).assert_success()

        assert granted(synthesize(build, env=IRELAND)) == {
            "s3:GetObject": ["arn:aws:s3:::files/bad/*", "arn:aws:s3:::files/out/*"],
            "kms:Decrypt": [key_arn("answers")],
        }

    def test_without_a_prefix_for_errors_there_are_only_answers_to_read(self) -> None:
        def build(stack: Stack) -> None:
            asynchronous()(stack).grant_read_results(caller(stack))

        assert granted(synthesize(build, env=IRELAND)) == {
            "s3:GetObject": ["arn:aws:s3:::files/months/scores/*"]
        }

    def test_a_caller_of_another_account_gets_the_bucket_policy_too(self) -> None:
        app = App(context=dict(CONTEXT), analytics_reporting=False)
        stack = Stack(app, "Endpoint", env=IRELAND)
        bucket = s3.Bucket(stack, "Files", bucket_name="files")
        endpoint = asynchronous(
            input=S3Prefix(bucket=bucket, prefix="in"),
            output=S3Prefix(bucket=bucket, prefix="out"),
        )(stack)
        other = Stack(app, "Other", env=Environment(account="999999999999", region="eu-west-1"))
        role = iam.Role(
            other,
            "Caller",
            role_name="caller",
            assumed_by=cast(iam.IPrincipal, iam.AccountRootPrincipal()),
        )
        endpoint.grant_invoke(role)
        assembly = app.synth()
        template = assembly.get_stack_by_name("Endpoint").template
        policy = Synthesized(template, []).properties("AWS::S3::BucketPolicy")["PolicyDocument"]
        (statement,) = policy["Statement"]
        assert statement["Principal"] == {"AWS": "arn:aws:iam::999999999999:role/caller"}
        assert statement["Action"] == ["s3:AbortMultipartUpload", "s3:PutObject"]
        assert statement["Resource"]["Fn::Join"][1][1] == "/in/*"
        allowed = granted(Synthesized(assembly.get_stack_by_name("Other").template, []))
        assert allowed["s3:PutObject"] == ["arn:aws:s3:::files/in/*"]
        assert allowed["sagemaker:InvokeEndpointAsync"] == INVOKE["sagemaker:InvokeEndpointAsync"]

    def test_bucket_and_key_may_be_of_another_stack_and_the_caller_of_a_third(self) -> None:
        app = App(context=dict(CONTEXT), analytics_reporting=False)
        storage, serving, calling = (Stack(app, name, env=IRELAND) for name in "ABC")
        bucket = s3.Bucket(storage, "Files", encryption=s3.BucketEncryption.KMS)
        endpoint = asynchronous(
            input=S3Prefix(bucket=bucket, prefix="in"),
            output=S3Prefix(bucket=bucket, prefix="out"),
        )(serving)
        endpoint.grant_invoke(caller(calling))
        assembly = app.synth()

        def needs(name: str) -> set[str]:
            found = assembly.get_stack_by_name(name).dependencies
            return {artifact.id for artifact in found if not artifact.id.endswith(".assets")}

        # The caller knows the endpoint by its literal name and waits for no deployment of it.
        assert {name: needs(name) for name in "ABC"} == {"A": set(), "B": {"A"}, "C": {"A"}}
        role = Synthesized(assembly.get_stack_by_name("B").template, [])
        (key,) = permissions(role)["EncryptResults"][1]
        assert "ExportsOutputFnGetAttFilesKey" in key["Fn::ImportValue"]
        allowed = granted(Synthesized(assembly.get_stack_by_name("C").template, []))
        assert allowed["kms:Decrypt"] == allowed["kms:GenerateDataKey"] == [str(key)]

    def test_the_endpoint_is_a_principal_that_takes_grants(self) -> None:
        def build(stack: Stack) -> None:
            s3.Bucket(stack, "Features").grant_read(asynchronous()(stack), "2024/*")

        assert "/2024/*" in str(synthesize(build).statements())


# Names, namespaces, dimensions: sagemaker-rules.md §6, from the Developer Guide's
# async-inference-monitor, whose backlog metrics have the endpoint's dimension only and allow
# Average, Max and Min, while counts of requests allow Sum only.
METRICS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "metric_approximate_backlog_size": (
        "ApproximateBacklogSize",
        INVOCATION,
        "Maximum",
        OF_ENDPOINT,
    ),
    "metric_approximate_backlog_size_per_instance": (
        "ApproximateBacklogSizePerInstance",
        INVOCATION,
        "Average",
        OF_ENDPOINT,
    ),
    "metric_approximate_age_of_oldest_request": (
        "ApproximateAgeOfOldestRequest",
        INVOCATION,
        "Maximum",
        OF_ENDPOINT,
    ),
    "metric_has_backlog_without_capacity": (
        "HasBacklogWithoutCapacity",
        INVOCATION,
        "Average",
        OF_ENDPOINT,
    ),
    "metric_invocation_failures": ("InvocationFailures", INVOCATION, "Sum", OF_VARIANT),
    # The guide has it with three s.
    "metric_invocations_processed": ("InvocationsProcessed", INVOCATION, "Sum", OF_VARIANT),
    "metric_expired_requests": ("ExpiredRequests", INVOCATION, "Sum", OF_VARIANT),
    "metric_notification_failures": ("NotificationFailures", INVOCATION, "Sum", OF_VARIANT),
    "metric_time_in_backlog": ("TimeInBacklog", INVOCATION, "Average", OF_VARIANT),
    "metric_total_processing_time": ("TotalProcessingTime", INVOCATION, "Average", OF_VARIANT),
    "metric_cpu_utilization": ("CPUUtilization", INSTANCE, "Average", OF_VARIANT),
    "metric_memory_utilization": ("MemoryUtilization", INSTANCE, "Average", OF_VARIANT),
    "metric_disk_utilization": ("DiskUtilization", INSTANCE, "Average", OF_VARIANT),
    "metric_gpu_utilization": ("GPUUtilization", INSTANCE, "Average", OF_VARIANT),
    "metric_gpu_memory_utilization": ("GPUMemoryUtilization", INSTANCE, "Average", OF_VARIANT),
}


class TestMetrics:
    @staticmethod
    @functools.cache
    def endpoint() -> AsyncEndpoint:
        return asynchronous()(Stack(App(), "Test"))

    def test_every_method_is_in_the_table(self) -> None:
        methods = {name for name in dir(AsyncEndpoint) if name.startswith("metric_")}
        assert methods == set(METRICS)

    @pytest.mark.parametrize("method", METRICS)
    def test_it_matches_what_sagemaker_publishes(self, method: str) -> None:
        metric = getattr(self.endpoint(), method)()
        found = (metric.metric_name, metric.namespace, metric.statistic, metric.dimensions)
        assert found == METRICS[method]

    def test_options_win(self) -> None:
        metric = self.endpoint().metric_approximate_backlog_size(
            statistic="Minimum", period=Duration.minutes(1)
        )
        assert metric.statistic == "Minimum"
        assert metric.period.to_seconds() == 60

    def test_the_backlog_has_no_variant_to_choose(self) -> None:
        with pytest.raises(TypeError, match="variant_name"):
            self.endpoint().metric_approximate_backlog_size(variant_name="AllTraffic")  # type: ignore[call-arg]  # refused

    def test_any_other_metric(self) -> None:
        metric = self.endpoint().metric("ResponseUploadFailures", statistic="Sum")
        assert (metric.metric_name, metric.dimensions) == ("ResponseUploadFailures", OF_VARIANT)


def plain(
    metric: str, statistic: str, dimensions: dict[str, str], namespace: str
) -> dict[str, Any]:
    return {
        "Namespace": namespace,
        "MetricName": metric,
        "Statistic": statistic,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Period": 60,
    }


class Expected(NamedTuple):
    """An alarm: its threshold by default, what 1 of the argument comes to in CloudWatch's unit, how
    many datapoints of how many must agree, whether it is critical, and what it watches.
    """

    argument: str
    threshold: float
    per_unit: int
    datapoints: tuple[int, int]
    critical: bool
    metric: dict[str, Any]
    comparison: str = "GreaterThanThreshold"
    missing_data: str = "notBreaching"


def of_instances(metric: str, statistic: str = "Average") -> dict[str, Any]:
    return plain(metric, statistic, OF_VARIANT, INSTANCE)


BACKLOG_SIZE = plain("ApproximateBacklogSizePerInstance", "Average", OF_ENDPOINT, INVOCATION)
OLDEST = plain("ApproximateAgeOfOldestRequest", "Maximum", OF_ENDPOINT, INVOCATION)
EXPIRED = plain("ExpiredRequests", "Sum", OF_VARIANT, INVOCATION)
UNANNOUNCED = plain("NotificationFailures", "Sum", OF_VARIANT, INVOCATION)

# CloudWatch counts 100 per virtual CPU and per GPU, of which ml.g5.12xlarge has 48 and 4; ages are
# in seconds (sagemaker-rules.md §6).
ALARMS: dict[str, Expected] = {
    # What it is a share of is looked at below.
    "Failures": Expected("failure_percent", 1, 1, (2, 3), True, {}),
    "AgeOfOldestRequest": Expected("age_of_oldest_request_seconds", 900, 1, (5, 5), True, OLDEST),
    "BacklogPerInstance": Expected("backlog_per_instance", 100, 1, (10, 10), False, BACKLOG_SIZE),
    "ExpiredRequests": Expected("expired_requests", 0, 1, (1, 1), True, EXPIRED),
    "NotificationFailures": Expected("notification_failures", 0, 1, (1, 1), False, UNANNOUNCED),
    "CPUUtilization": Expected(
        "cpu_percent", 80 * 48, 48, (5, 5), False, of_instances("CPUUtilization")
    ),
    "MemoryUtilization": Expected(
        "memory_percent", 80, 1, (5, 5), False, of_instances("MemoryUtilization")
    ),
    "DiskUtilization": Expected(
        "disk_percent", 80, 1, (5, 5), False, of_instances("DiskUtilization")
    ),
    "GPUUtilization": Expected(
        "gpu_percent", 80 * 4, 4, (5, 5), False, of_instances("GPUUtilization")
    ),
    "GPUMemoryUtilization": Expected(
        "gpu_memory_percent", 80 * 4, 4, (5, 5), False, of_instances("GPUMemoryUtilization")
    ),
    # Only where it is asked for: an endpoint that sleeps has none.
    "HealthyInstances": Expected(
        "min_healthy_instances",
        1,
        1,
        (5, 5),
        True,
        of_instances("CPUUtilization", "SampleCount"),
        comparison="LessThanThreshold",
        missing_data="breaching",
    ),
}


def alarms_of(result: Synthesized) -> dict[str, dict[str, Any]]:
    prefix = f"{ENDPOINT_NAME}-AllTraffic-"
    found = [alarm["Properties"] for alarm in result.of_type(ALARM)]
    assert all(alarm["AlarmName"].startswith(prefix) for alarm in found)
    return {alarm["AlarmName"].removeprefix(prefix): alarm for alarm in found}


@functools.cache
def alarmed(**thresholds: float | None) -> Synthesized:
    alarms = AsyncAlarms(**thresholds)  # type: ignore[arg-type]  # by name
    return synthesize(asynchronous(alarms=alarms, instance_type="ml.g5.12xlarge", instance_count=8))


class TestAlarms:
    def test_every_alarm_is_in_the_table(self) -> None:
        assert {kind.id for kind in AsyncAlarms.kinds} == set(ALARMS)
        thresholds = set(vars(AsyncAlarms())) - set(vars(AlarmSettings()))
        assert thresholds == {expected.argument for expected in ALARMS.values()}

    def test_all_that_are_made_by_default(self) -> None:
        assert set(alarms_of(alarmed())) == set(ALARMS) - {"HealthyInstances"}

    @pytest.mark.parametrize("id", ALARMS)
    def test_each_watches_its_metric(self, id: str) -> None:
        expected = ALARMS[id]
        alarm = alarms_of(alarmed(min_healthy_instances=1))[id]
        assert alarm["Threshold"] == expected.threshold
        assert alarm["ComparisonOperator"] == expected.comparison
        assert alarm["TreatMissingData"] == expected.missing_data
        datapoints = (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"])
        assert datapoints == expected.datapoints
        severity = "Critical" if expected.critical else "Warning"
        assert alarm["AlarmDescription"].startswith(f"{severity}: ")
        assert {key: alarm[key] for key in expected.metric} == expected.metric
        assert ("Metrics" in alarm) is not bool(expected.metric)
        assert "Unit" not in str(alarm), "a unit that differs from the published one has no data"

    def test_failures_are_a_share_of_what_was_processed(self) -> None:
        share, *parts = alarms_of(alarmed())["Failures"]["Metrics"]
        assert share["Expression"] == "100 * part / whole"
        assert share["ReturnData"] is True
        dimensions = [{"Name": name, "Value": value} for name, value in OF_VARIANT.items()]
        assert parts == [
            {
                "Id": id,
                "ReturnData": False,
                "MetricStat": {
                    "Metric": {
                        "Namespace": INVOCATION,
                        "MetricName": name,
                        "Dimensions": dimensions,
                    },
                    "Period": 60,
                    "Stat": "Sum",
                },
            }
            for id, name in (("part", "InvocationFailures"), ("whole", "InvocationsProcessed"))
        ]

    @pytest.mark.parametrize("id", ALARMS)
    def test_a_threshold_lands_in_its_alarm_in_its_unit_and_in_no_other(self, id: str) -> None:
        expected = ALARMS[id]
        alarms = alarms_of(alarmed(**{expected.argument: 7}))
        assert alarms.pop(id)["Threshold"] == 7 * expected.per_unit
        others = alarms_of(alarmed())
        assert alarms == {name: alarm for name, alarm in others.items() if name != id}

    @pytest.mark.parametrize("id", ALARMS)
    def test_none_removes_exactly_that_alarm(self, id: str) -> None:
        alarms = alarms_of(alarmed(**{ALARMS[id].argument: None}))
        assert set(alarms) == set(ALARMS) - {"HealthyInstances", id}

    def test_they_are_on_without_being_asked_for_and_none_switches_all_off(self) -> None:
        def build(stack: Stack) -> None:
            bucket = files(stack)
            AsyncEndpoint(
                stack,
                "Months",
                naming=NAMING,
                model=CONTAINER,
                input=S3Prefix(bucket=bucket, prefix="in"),
                output=S3Prefix(bucket=bucket, prefix="out"),
            )

        without_gpu = set(ALARMS) - {"HealthyInstances", "GPUUtilization", "GPUMemoryUtilization"}
        assert set(alarms_of(synthesize(build))) == without_gpu
        assert minimal().of_type(ALARM) == []

    def test_only_failures_roll_a_deployment_back(self) -> None:
        config = full().properties(ENDPOINT)["DeploymentConfig"]
        (guard,) = config["AutoRollbackConfiguration"]["Alarms"]
        alarm = full().template["Resources"][guard["AlarmName"]["Ref"]]
        assert alarm["Properties"]["AlarmName"] == FAILURES

    def test_the_topic_hears_of_all_and_of_all_clears(self) -> None:
        topic = [reference(full(), "Operations", TOPIC, "Ref")]
        own = [alarm for id, alarm in alarms_of(full()).items() if id != "wake-up"]
        assert len(own) == 8
        assert all(alarm["AlarmActions"] == alarm["OKActions"] == topic for alarm in own)

    @pytest.mark.parametrize("value", [0, 3.5])
    def test_a_count_may_be_any_number_from_0(self, value: float) -> None:
        alarms = alarms_of(alarmed(expired_requests=value))
        assert alarms["ExpiredRequests"]["Threshold"] == value


def scaled(**arguments: Any) -> Build:
    said: dict[str, Any] = {"max_capacity": 4} | arguments
    return asynchronous(scaling=AsyncScaling(**said))


BACKLOG = ScalingPolicy.on_backlog(per_instance=5)


def night(**bounds: Any) -> ScalingSchedule:
    return ScalingSchedule(
        name="night", schedule=appscaling.Schedule.rate(Duration.days(1)), **bounds
    )


def policies_of(result: Synthesized) -> dict[str, dict[str, Any]]:
    prefix = f"{ENDPOINT_NAME}-AllTraffic-"
    found = [policy["Properties"] for policy in result.of_type(SCALING_POLICY)]
    return {policy["PolicyName"].removeprefix(prefix): policy for policy in found}


class TestScaling:
    @staticmethod
    @functools.cache
    def to_zero() -> Synthesized:
        scaling = AsyncScaling.on_backlog(max_capacity=4, per_instance=5)
        return synthesize(asynchronous(scaling=scaling))

    def test_from_zero_instances_by_default(self) -> None:
        result = self.to_zero()
        endpoint = reference(result, "Months", ENDPOINT, "EndpointName")
        target = result.properties(TARGET)
        target.pop("Tags", None)
        assert target == {
            "ServiceNamespace": "sagemaker",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "ResourceId": {"Fn::Join": ["", ["endpoint/", endpoint, "/variant/AllTraffic"]]},
            "MinCapacity": 0,
            "MaxCapacity": 4,
        }

    def test_it_begins_with_one_instance_and_updates_keep_the_number(self) -> None:
        (variant,) = self.to_zero().properties(CONFIG)["ProductionVariants"]
        assert variant["InitialInstanceCount"] == 1
        assert self.to_zero().properties(ENDPOINT)["RetainAllVariantProperties"] is True
        assert "RetainAllVariantProperties" not in minimal().properties(ENDPOINT)

    def test_the_backlog_is_followed_by_the_endpoints_dimension_only(self) -> None:
        """sagemaker-rules.md §5; with a variant it matches no data and never scales."""
        policy = policies_of(self.to_zero())["backlog"]
        assert policy["PolicyType"] == "TargetTrackingScaling"
        assert policy["TargetTrackingScalingPolicyConfiguration"] == {
            "TargetValue": 5,
            "ScaleInCooldown": 300,
            "ScaleOutCooldown": 60,
            "CustomizedMetricSpecification": {
                "Namespace": INVOCATION,
                "MetricName": "ApproximateBacklogSizePerInstance",
                "Statistic": "Average",
                "Dimensions": [{"Name": "EndpointName", "Value": ENDPOINT_NAME}],
            },
        }

    def test_a_waiting_request_wakes_it_up(self) -> None:
        """sagemaker-rules.md §5: +1 on HasBacklogWithoutCapacity ≥ 1, twice 60 s, cooldown 300."""
        result = self.to_zero()
        policies = policies_of(result)
        assert set(policies) == {"backlog", "wake-up"}
        assert policies["wake-up"]["PolicyType"] == "StepScaling"
        assert policies["wake-up"]["StepScalingPolicyConfiguration"] == {
            "AdjustmentType": "ChangeInCapacity",
            "Cooldown": 300,
            "MetricAggregationType": "Average",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        }
        alarm = result.properties(ALARM)
        (action,) = alarm["AlarmActions"]
        called = result.template["Resources"][action["Ref"]]["Properties"]
        assert called["PolicyName"] == f"{ENDPOINT_NAME}-AllTraffic-wake-up"
        expected = plain("HasBacklogWithoutCapacity", "Average", OF_ENDPOINT, INVOCATION) | {
            "AlarmName": f"{ENDPOINT_NAME}-AllTraffic-wake-up",
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 1,
            "EvaluationPeriods": 2,
            "TreatMissingData": "missing",
        }
        assert {key: alarm[key] for key in expected} == expected

    # bounds: whether there must be something that wakes it up
    BOUNDS: dict[str, tuple[dict[str, Any], bool]] = {
        "zero": ({"min_capacity": 0}, True),
        "one": ({"min_capacity": 1}, False),
        "one, at night zero": (
            {"min_capacity": 1, "schedules": [night(min_capacity=0)]},
            True,
        ),
        "two, at night one": (
            {"min_capacity": 2, "schedules": [night(min_capacity=1)]},
            False,
        ),
        "one, at night at most one": (
            {"min_capacity": 1, "schedules": [night(max_capacity=1)]},
            False,
        ),
        "zero but not woken": ({"min_capacity": 0, "wake_from_zero": False}, False),
    }

    @pytest.mark.parametrize("what", BOUNDS)
    def test_it_is_woken_exactly_where_it_may_sleep(self, what: str) -> None:
        bounds, woken = self.BOUNDS[what]
        result = synthesize(scaled(policies=[BACKLOG], **bounds))
        assert ("wake-up" in policies_of(result)) is woken
        assert len(result.of_type(ALARM)) == woken
        (variant,) = result.properties(CONFIG)["ProductionVariants"]
        assert variant["InitialInstanceCount"] == max(1, bounds["min_capacity"])

    def test_where_only_the_deployment_knows_the_bound_it_is_woken_too(self) -> None:
        def build(stack: Stack) -> None:
            count = cast(int, CfnParameter(stack, "Least", type="Number").value_as_number)
            scaled(min_capacity=count, policies=[BACKLOG])(stack)

        result = synthesize(build)
        assert result.properties(TARGET)["MinCapacity"] == {"Ref": "Least"}
        assert set(policies_of(result)) == {"backlog", "wake-up"}
        (variant,) = result.properties(CONFIG)["ProductionVariants"]
        assert variant["InitialInstanceCount"] == 1

    def test_a_schedule_alone_is_enough(self) -> None:
        schedules = [night(min_capacity=0, max_capacity=1)]
        result = synthesize(scaled(min_capacity=1, schedules=schedules))
        (action,) = result.properties(TARGET)["ScheduledActions"]
        assert action["ScalableTargetAction"] == {"MinCapacity": 0, "MaxCapacity": 1}
        assert set(policies_of(result)) == {"wake-up"}

    def test_other_policies_fit_beside_the_backlog(self) -> None:
        result = synthesize(
            scaled(policies=[BACKLOG, ScalingPolicy.on_cpu(percent=70)], min_capacity=1)
        )
        policies = policies_of(result)
        assert set(policies) == {"backlog", "cpu"}
        target = policies["cpu"]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        assert target == 70 * 4

    def test_more_instances_to_begin_with(self) -> None:
        scaling = AsyncScaling.on_backlog(max_capacity=4, per_instance=5)
        result = synthesize(asynchronous(scaling=scaling, instance_count=3))
        (variant,) = result.properties(CONFIG)["ProductionVariants"]
        assert variant["InitialInstanceCount"] == 3

    @pytest.mark.parametrize(
        "deployment", [BlueGreen.canary(percent=50), BlueGreen.linear(percent=50)]
    )
    def test_half_of_the_fleet_can_be_shifted_where_there_are_two(
        self, deployment: BlueGreen
    ) -> None:
        scaling = AsyncScaling.on_backlog(min_capacity=2, max_capacity=4, per_instance=5)
        result = synthesize(
            asynchronous(scaling=scaling, deployment=deployment, alarms=AsyncAlarms())
        )
        routing = result.properties(ENDPOINT)["DeploymentConfig"]["BlueGreenUpdatePolicy"]
        assert routing["TrafficRoutingConfiguration"]["Type"] == deployment.traffic
        assert result.messages == []


class TestDashboard:
    @staticmethod
    @functools.cache
    def widgets() -> list[dict[str, Any]]:
        body = full().properties(DASHBOARD)["DashboardBody"]
        text = "".join(
            part if isinstance(part, str) else "reference" for part in body["Fn::Join"][1]
        )
        found: list[dict[str, Any]] = json.loads(text)["widgets"]
        return found

    def graphs(self) -> dict[str, list[list[Any]]]:
        return {
            widget["properties"]["title"]: widget["properties"]["metrics"]
            for widget in self.widgets()
            if widget["type"] == "metric"
        }

    def test_its_row_has_what_is_published(self) -> None:
        assert list(self.graphs()) == [
            "Requests per minute",
            "Backlog",
            "Oldest request in seconds",
            "Processors in percent",
            "Memory and disk in percent",
            "Instances",
        ]

    @pytest.mark.parametrize(
        ("title", "shown"),
        [
            (
                "Requests per minute",
                {
                    ("InvocationsProcessed", "Sum"),
                    ("InvocationFailures", "Sum"),
                    ("ExpiredRequests", "Sum"),
                },
            ),
            (
                "Backlog",
                {
                    ("ApproximateBacklogSize", "Maximum"),
                    ("ApproximateBacklogSizePerInstance", "Average"),
                },
            ),
            ("Oldest request in seconds", {("ApproximateAgeOfOldestRequest", "Maximum")}),
            ("Instances", {("CPUUtilization", "SampleCount")}),
        ],
    )
    def test_a_graph_shows(self, title: str, shown: set[tuple[str, str]]) -> None:
        entries = self.graphs()[title]
        assert {(entry[1], entry[-1].get("stat", "Average")) for entry in entries} == shown
        for entry in entries:
            dimensions = dict(zip(entry[2:-1:2], entry[3:-1:2], strict=True))
            endpoint_only = entry[1].startswith("Approximate")
            assert dimensions == (OF_ENDPOINT if endpoint_only else OF_VARIANT)

    def test_the_alarms_states_stand_above(self) -> None:
        (states,) = (widget for widget in self.widgets() if widget["type"] == "alarm")
        assert len(states["properties"]["alarms"]) == 8

    def test_the_bounds_of_scaling_are_drawn(self) -> None:
        (instances,) = (
            widget["properties"]
            for widget in self.widgets()
            if widget["properties"].get("title") == "Instances"
        )
        lines = instances["annotations"]["horizontal"]
        assert {line["label"]: line["value"] for line in lines} == {"min": 0, "max": 4}

    def test_a_dashboard_does_without_alarms(self) -> None:
        result = synthesize(asynchronous(dashboard=True, alarms=None))
        assert len(result.of_type(DASHBOARD)) == 1
        assert result.of_type(ALARM) == []


NAME = {MODEL: "ModelName", CONFIG: "EndpointConfigName", ENDPOINT: "EndpointName"}


def in_bucket(name: str) -> Build:
    def build(stack: Stack) -> AsyncEndpoint:
        bucket = s3.Bucket(stack, "Files", bucket_name=name)
        return asynchronous(
            input=S3Prefix(bucket=bucket, prefix="in"),
            output=S3Prefix(bucket=bucket, prefix="out"),
        )(stack)

    return build


def below(request: str = "in", answer: str = "out", failed: str | None = None) -> Build:
    def build(stack: Stack) -> AsyncEndpoint:
        bucket = files(stack)
        failures = None if failed is None else S3Prefix(bucket=bucket, prefix=failed)
        return asynchronous(
            input=S3Prefix(bucket=bucket, prefix=request),
            output=S3Prefix(bucket=bucket, prefix=answer),
            failures=failures,
        )(stack)

    return build


def errors_to(name: str) -> Build:
    return asynchronous(error_topic=lambda stack: sns.Topic(stack, "Errors", topic_name=name))


def answers_with_key(stack: Stack) -> AsyncEndpoint:
    bucket = files(stack)
    return asynchronous(
        input=S3Prefix(bucket=bucket, prefix="in"),
        output=S3Prefix(bucket=bucket, prefix="out", encryption_key=kms.Key(stack, "Key")),
    )(stack)


# what changes: (before, after, which types get another name)
CHANGES: dict[str, tuple[Build, Build, set[str]]] = {
    "answers' bucket renamed": (in_bucket("one"), in_bucket("two"), {CONFIG}),
    "answers' prefix": (below(), below(answer="scores"), {CONFIG}),
    "answers' key": (below(), answers_with_key, {CONFIG}),
    "errors' prefix on": (below(), below(failed="bad"), {CONFIG}),
    "errors' prefix off": (below(failed="bad"), below(), {CONFIG}),
    "errors' prefix": (below(failed="bad"), below(failed="failed"), {CONFIG}),
    # The caller names each request's place; the config does not hold it.
    "requests' prefix": (below(), below(request="requests"), set()),
    "topic on": (asynchronous(), asynchronous(success_topic=True), {CONFIG}),
    "topic off": (asynchronous(success_topic=True), asynchronous(), {CONFIG}),
    "topic renamed": (errors_to("one"), errors_to("two"), {CONFIG}),
    "topic of yours instead": (asynchronous(error_topic=True), errors_to("one"), {CONFIG}),
    "answers in messages": (
        asynchronous(success_topic=True),
        asynchronous(success_topic=True, include_inference_response_in=[NotificationTopic.SUCCESS]),
        {CONFIG},
    ),
    "concurrency": (
        asynchronous(max_concurrent_invocations_per_instance=1),
        asynchronous(max_concurrent_invocations_per_instance=2),
        {CONFIG},
    ),
    "image": (
        asynchronous(),
        asynchronous(
            model=Container(
                image=ContainerImage.from_registry(
                    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fraud:2"
                )
            )
        ),
        {MODEL, CONFIG},
    ),
    "instance type": (asynchronous(), asynchronous(instance_type="ml.c5.xlarge"), {CONFIG}),
    "instances": (asynchronous(), asynchronous(instance_count=2), {CONFIG}),
    "volume": (asynchronous(), asynchronous(volume_size=Size.gibibytes(50)), {CONFIG}),
    "volumes' key": (asynchronous(), asynchronous(encryption_key=imported_key("bucket")), {CONFIG}),
    "download timeout": (
        asynchronous(),
        asynchronous(model_data_download_timeout=Duration.minutes(20)),
        {CONFIG},
    ),
    "network": (asynchronous(), asynchronous(vpc=network), {MODEL, CONFIG}),
    "isolation": (asynchronous(), asynchronous(enable_network_isolation=True), {MODEL, CONFIG}),
    "scaling to zero": (asynchronous(), scaled(policies=[BACKLOG]), set()),
    "scaling's upper bound": (
        scaled(policies=[BACKLOG]),
        scaled(policies=[BACKLOG], max_capacity=8),
        set(),
    ),
    "alarms": (asynchronous(), asynchronous(alarms=AsyncAlarms()), set()),
    "deployment": (
        asynchronous(alarms=AsyncAlarms()),
        asynchronous(alarms=AsyncAlarms(), deployment=BlueGreen.all_at_once()),
        {CONFIG},  # UpdateEndpoint takes a new config only
    ),
    "dashboard": (asynchronous(), asynchronous(dashboard=True), set()),
    "project": (
        asynchronous(),
        asynchronous(naming=Naming(team="rc", project="b", model="fraud", version=3)),
        {MODEL, CONFIG, ENDPOINT},
    ),
}


def names(build: Build) -> dict[str, str]:
    result = synthesize(build)
    return {kind: result.properties(kind)[name] for kind, name in NAME.items()}


class TestNames:
    @pytest.mark.parametrize("what", CHANGES)
    def test_exactly_what_the_change_replaces_gets_another_name(self, what: str) -> None:
        before, after, renamed = CHANGES[what]
        old, new = names(before), names(after)
        assert {kind for kind in NAME if old[kind] != new[kind]} == renamed


class TestAnywhere:
    def test_account_and_region_may_be_known_at_deployment_only(self) -> None:
        result = synthesize(everything)
        assert result.types() == full().types()
        assert "123456789012" not in json.dumps(result.of_type(CONFIG))
        text = json.dumps(result.template)
        assert "arn:aws:" not in text
        assert '{"Ref": "AWS::Partition"}' in text
        graph = Graph.of(result.template["Resources"])
        assert graph.cycles() == []

    def test_the_template_is_the_same_file_for_a_region_that_is_a_token(self) -> None:
        agnostic = synthesize(everything)
        token = synthesize(everything, env=Environment(account=Aws.ACCOUNT_ID, region=Aws.REGION))
        assert token.template == agnostic.template

    def test_another_partition(self) -> None:
        china = Environment(account="123456789012", region="cn-north-1")
        image = ContainerImage.from_registry(
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/fraud:1.4.2"
        )
        build = asynchronous(
            model=Container(image=image, data=ModelData.from_uri("s3://models/model.tar.gz")),
            success_topic=True,
            alarms=AsyncAlarms(),
            deployment=BlueGreen.all_at_once(),
        )
        result = synthesize(build, env=china)
        assert "arn:aws:" not in json.dumps(result.template)
        assert permissions(result)["WriteResults"][1] == ["arn:aws-cn:s3:::files/months/scores/*"]
        assert result.properties(TOPIC)["KmsMasterKeyId"] == (
            "arn:aws-cn:kms:cn-north-1:123456789012:alias/aws/sns"
        )
        config = ManualArgs(regions=["cn-north-1"])
        assert [str(match) for match in lint(json.dumps(result.template), config=config)] == []

    def test_a_role_of_yours_gets_the_permissions_or_is_left_as_it_is(self) -> None:
        def role(stack: Stack) -> iam.IRole:
            return iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/models")

        result = synthesize(asynchronous(role=role, success_topic=True), env=IRELAND)
        assert result.properties(POLICY)["Roles"] == ["models"]
        assert "PublishNotifications" in permissions(result)
        left = synthesize(
            asynchronous(role=role, attach_execution_policy=False, success_topic=True), env=IRELAND
        )
        assert left.types() == [TOPIC, TOPIC_POLICY, ENDPOINT, CONFIG, MODEL]


def to_zero(**arguments: Any) -> dict[str, Any]:
    return {"scaling": AsyncScaling.on_backlog(max_capacity=4, per_instance=5)} | arguments


# what: (arguments, what the message holds)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "input is a URI": (
        {"input": "s3://files/in", "output": None},
        "input='s3://files/in': must be an S3Prefix",
    ),
    "topic is an ARN": (
        {"success_topic": TOPIC_ARN.format("done")},
        "success_topic='arn:aws:sns:eu-west-1:123456789012:done': must be true or an SNS topic",
    ),
    "answer in a topic that is not there": (
        {"error_topic": True, "include_inference_response_in": [NotificationTopic.SUCCESS]},
        "include_inference_response_in='SUCCESS': there is no success_topic",
    ),
    "answer in a topic twice": (
        {"error_topic": True, "include_inference_response_in": [NotificationTopic.ERROR] * 2},
        "names a topic twice",
    ),
    "answer in no list": (
        {"error_topic": True, "include_inference_response_in": NotificationTopic.ERROR},
        "must be a list of NotificationTopic",
    ),
    "answer in a text": (
        {"error_topic": True, "include_inference_response_in": ["ERROR_NOTIFICATION_TOPIC"]},
        "must be a list of NotificationTopic",
    ),
    "no concurrency": (
        {"max_concurrent_invocations_per_instance": 0},
        "max_concurrent_invocations_per_instance=0: must be a whole number from 1 to 1000",
    ),
    "too much concurrency": (
        {"max_concurrent_invocations_per_instance": 1001},
        "max_concurrent_invocations_per_instance=1001: must be a whole number from 1 to 1000",
    ),
    "no instance to begin with": (
        to_zero(instance_count=0),
        "instance_count=0: must be a whole number from 1",
    ),
    "more instances than the bound": (
        to_zero(instance_count=5),
        "instance_count=5: is outside the bounds 0 to 4 of scaling",
    ),
    "canary of a fleet that sleeps": (
        to_zero(deployment=BlueGreen.canary(percent=10), alarms=AsyncAlarms()),
        "deployment='CANARY': the fleet may have one instance, of which no half can be shifted",
    ),
    "linear of a fleet that sleeps": (
        to_zero(deployment=BlueGreen.linear(percent=50), alarms=AsyncAlarms()),
        "deployment='LINEAR': the fleet may have one instance",
    ),
    "healthy instances of a fleet that sleeps": (
        to_zero(alarms=AsyncAlarms(min_healthy_instances=1)),
        "alarms.min_healthy_instances=1: variant AllTraffic may have 0",
    ),
    "scaling on requests, which are not counted": (
        {
            "scaling": AsyncScaling(
                max_capacity=2, policies=[ScalingPolicy.on_invocations(per_instance_per_minute=60)]
            )
        },
        "scaling.policies[0]='SageMakerVariantInvocationsPerInstance': is not measured",
    ),
    "scaling on concurrency": (
        {
            "scaling": AsyncScaling(
                max_capacity=2, policies=[ScalingPolicy.on_concurrent_requests(per_model=6)]
            )
        },
        "SageMakerVariantConcurrentRequestsPerModelHighResolution': is not measured",
    ),
    "scaling of real-time endpoints": (
        {
            "scaling": Scaling.on_invocations(
                min_capacity=1, max_capacity=2, per_instance_per_minute=60
            )
        },
        "scaling='Scaling': is for another kind of endpoint; use AsyncScaling",
    ),
    "scaling of serverless endpoints": (
        {
            "scaling": ProvisionedConcurrencyScaling(
                min_capacity=1, max_capacity=2, policies=[BACKLOG]
            )
        },
        "scaling='ProvisionedConcurrencyScaling': is for another kind of endpoint",
    ),
    "alarms of real-time endpoints": (
        {"alarms": Alarms()},
        "alarms='Alarms': watches metrics that no asynchronous endpoint publishes; use AsyncAlarms",
    ),
    "alarms of serverless endpoints": (
        {"alarms": ServerlessAlarms()},
        "alarms='ServerlessAlarms': watches metrics that no asynchronous endpoint publishes",
    ),
    "upper bound of zero": (
        {"scaling": AsyncScaling.on_backlog(max_capacity=0, per_instance=5)},
        "scaling.max_capacity=0: must be a whole number from 1",
    ),
    "scaling without a reason": (
        {"scaling": AsyncScaling(max_capacity=2)},
        "has neither policies nor schedules",
    ),
    "a policy called as the one that wakes up": (
        {
            "scaling": AsyncScaling(
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
        "scaling.policies='AllTraffic-wake-up': is what 2 policies",
    ),
    "threshold below zero": (
        {"alarms": AsyncAlarms(expired_requests=-1)},
        "alarms.expired_requests=-1: must be a number from 0",
    ),
    "threshold of zero where none is none": (
        {"alarms": AsyncAlarms(age_of_oldest_request_seconds=0)},
        "alarms.age_of_oldest_request_seconds=0: must be above 0; None switches the alarm off",
    ),
    "threshold above all": (
        {"alarms": AsyncAlarms(failure_percent=101)},
        "alarms.failure_percent=101: must be above 0 and at most 100",
    ),
    "containers called directly": (
        {"model": MultiContainerModel(containers={"a": CONTAINER, "b": CONTAINER})},
        "requests to an asynchronous endpoint cannot name a container",
    ),
    "package of the Marketplace": (
        {
            "model": ModelPackage(
                arn="arn:aws:sagemaker:eu-west-1:123456789012:model-package/fraud/1",
                marketplace=True,
            )
        },
        "model.marketplace=True: an asynchronous endpoint does not serve it",
    ),
}

# prefixes of requests, answers and errors: what the message holds
REFUSED_PREFIXES: dict[str, tuple[tuple[str, str, str | None], str]] = {
    "no prefix": (("", "out", None), "input.prefix='': must be a prefix without slashes"),
    "slash": (("in", "/out", None), "output.prefix='/out': must be a prefix without slashes"),
    "wildcard": (("in", "out", "b*d"), "failures.prefix='b*d': must be a prefix without slashes"),
    "too long": (
        ("in", "o" * 500, None),
        "with the bucket's name may have 512 characters",
    ),
    "answers among requests": (
        ("in", "in/out", None),
        "output.prefix='in/out': is below the requests' prefix 'in'",
    ),
    "answers where requests are": (("in", "in", None), "output.prefix='in': is below"),
    "errors among requests": (("in", "out", "in/bad"), "failures.prefix='in/bad': is below"),
}


class TestRefused:
    @pytest.mark.parametrize("what", REFUSED)
    def test_what_would_fail_or_never_work_is_refused(self, what: str) -> None:
        arguments, text = REFUSED[what]
        with pytest.raises(ValueError, match="AsyncEndpoint 'Months' has") as caught:
            asynchronous(**arguments)(Stack(App(), "Test", env=IRELAND))
        assert text in str(caught.value)

    @pytest.mark.parametrize("what", REFUSED_PREFIXES)
    def test_prefixes_keep_requests_and_answers_apart(self, what: str) -> None:
        (request, answer, failed), text = REFUSED_PREFIXES[what]
        with pytest.raises(ValueError, match="AsyncEndpoint 'Months' has 1 problem") as caught:
            below(request, answer, failed)(Stack(App(), "Test"))
        assert text in str(caught.value)

    def test_a_bucket_that_is_imported_twice_is_one_bucket(self) -> None:
        stack = Stack(App(), "Test")
        one, other = (s3.Bucket.from_bucket_name(stack, id, "files") for id in ("One", "Other"))
        with pytest.raises(ValueError, match="is below the requests' prefix"):
            asynchronous(
                input=S3Prefix(bucket=one, prefix="in"),
                output=S3Prefix(bucket=other, prefix="in/out"),
            )(stack)

    def test_prefixes_that_only_begin_alike_are_apart(self) -> None:
        below("in", "input", "in-bad")(Stack(App(), "Test"))

    def test_the_same_prefix_of_another_bucket_is_apart(self) -> None:
        stack = Stack(App(), "Test")
        asynchronous(
            input=S3Prefix(bucket=s3.Bucket(stack, "In"), prefix="fraud"),
            output=S3Prefix(bucket=s3.Bucket(stack, "Out"), prefix="fraud"),
        )(stack)

    def test_512_characters_with_the_longest_bucket_name_are_accepted(self) -> None:
        longest = "o" * (512 - len("s3://") - 63 - len("/"))
        below(answer=longest)(Stack(App(), "Test"))
        with pytest.raises(ValueError, match="may have 512 characters"):
            below(answer=longest + "o")(Stack(App(), "Test"))

    def test_every_problem_is_said_at_once(self) -> None:
        build = asynchronous(
            max_concurrent_invocations_per_instance=0,
            success_topic="done",
            alarms=Alarms(min_healthy_instances=None),
            instance_count=0,
        )
        with pytest.raises(ValueError, match="AsyncEndpoint 'Months' has 4 problems:"):
            build(Stack(App(), "Test"))

    def test_a_rolling_update_of_a_fleet_that_sleeps_is_warned_about(self) -> None:
        result = synthesize(
            asynchronous(**to_zero(deployment=Rolling(percent=50), alarms=AsyncAlarms()))
        )
        (message,) = result.messages
        assert "no half can be replaced" in message

    def test_a_real_time_endpoint_takes_nothing_of_these(self) -> None:
        with pytest.raises(ValueError, match="has 2 problems") as caught:
            RealtimeEndpoint(
                Stack(App(), "Test"),
                "Fraud",
                naming=NAMING,
                model=CONTAINER,
                alarms=AsyncAlarms(),  # type: ignore[arg-type]  # refused
                scaling=AsyncScaling(  # type: ignore[arg-type]  # refused
                    max_capacity=2, policies=[ScalingPolicy.on_cpu(percent=50)]
                ),
            )
        assert "alarms='AsyncAlarms'" in str(caught.value)
        assert "scaling='AsyncScaling'" in str(caught.value)
