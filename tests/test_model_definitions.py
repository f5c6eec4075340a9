"""What pipelines, multi-container models, packages and uncompressed models put into the template.

Multi-model containers are in ``test_multi_model_endpoint``.
"""

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from aws_cdk import App, CfnParameter, Environment, Stack, assertions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker

from cdk_sagemaker_inference import (
    Alarms,
    AsyncEndpoint,
    BlueGreen,
    Container,
    ContainerImage,
    DataCapture,
    InferenceEndpoint,
    InferencePipeline,
    ModelData,
    ModelDefinition,
    ModelPackage,
    MultiContainerModel,
    RealtimeEndpoint,
    S3Prefix,
    Scaling,
    ServerlessEndpoint,
    ShadowVariant,
    Variant,
)
from support import ARCHIVE, NAMING, Synthesized, caller, realtime, synthesize

MODEL = "AWS::SageMaker::Model"
CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"
POLICY = "AWS::IAM::ManagedPolicy"
ENDPOINT_NAME = "rc-project-a-fraud-ep"
ENV = Environment(account="123456789012", region="eu-west-1")
CHINA = Environment(account="123456789012", region="cn-north-1")
ENDPOINT_ARN = f"arn:aws:sagemaker:eu-west-1:123456789012:endpoint/{ENDPOINT_NAME}"
REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/fraud/7"
THEIR_PACKAGE = "arn:aws:sagemaker:eu-west-1:999999999999:model-package/fraud/7"
MARKETPLACE = "arn:aws:sagemaker:eu-west-1:985815980388:model-package/vendor-fraud-v3"

Build = Callable[[Stack], object]
ModelOf = Callable[[Stack], ModelDefinition]


def container(name: str, data: ModelData | None = None, **environment: str) -> Container:
    return with_variables(name, environment, data)


def with_variables(
    name: str, environment: dict[str, str], data: ModelData | None = None
) -> Container:
    image = ContainerImage.from_registry(f"{REGISTRY}/{name}:1")
    return Container(image=image, data=data, environment=environment)


def imported(stack: Stack) -> s3.IBucket:
    number = len(stack.node.children)
    return s3.Bucket.from_bucket_name(stack, f"Models{number}", "models")


def serving(model: ModelOf, **arguments: Any) -> Callable[[Stack], RealtimeEndpoint]:
    return lambda stack: realtime(model=model(stack), **arguments)(stack)


def made(build: Build) -> Synthesized:
    return synthesize(build, env=ENV)


def refused(build: Build) -> str:
    with pytest.raises(ValueError, match="problem") as caught:
        build(Stack(App(), "Test", env=ENV))
    return str(caught.value)


def warning_ids(result: Synthesized) -> list[str]:
    return [message.rpartition("[ack: ")[2].rstrip("]") for message in result.messages]


def names(result: Synthesized) -> tuple[str, str]:
    return (
        result.properties(MODEL)["ModelName"],
        result.properties(CONFIG)["EndpointConfigName"],
    )


def statements_of_callers(result: Synthesized) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = result.properties("AWS::IAM::Policy")["PolicyDocument"][
        "Statement"
    ]
    return found


def pipeline(stack: Stack) -> InferencePipeline:
    return InferencePipeline(
        containers={
            "features": container("features", STEP="1"),
            "score": container("score", ModelData.from_uri("s3://models/score/3/model.tar.gz")),
        }
    )


def direct(stack: Stack) -> MultiContainerModel:
    return MultiContainerModel(
        containers={"fraud": container("fraud"), "churn": container("churn")}
    )


@cache
def made_pipeline() -> Synthesized:
    return made(serving(pipeline))


@cache
def made_direct() -> Synthesized:
    return made(serving(direct))


class TestPipeline:
    def test_containers_are_called_in_the_order_given(self) -> None:
        properties = made_pipeline().properties(MODEL)
        assert properties["Containers"] == [
            {
                "ContainerHostname": "features",
                "Image": f"{REGISTRY}/features:1",
                "Environment": {"STEP": "1"},
            },
            {
                "ContainerHostname": "score",
                "Image": f"{REGISTRY}/score:1",
                "ModelDataUrl": "s3://models/score/3/model.tar.gz",
            },
        ]
        assert sorted(properties) == ["Containers", "ExecutionRoleArn", "ModelName", "Tags"]
        assert made_pipeline().messages == []

    def test_the_role_reads_and_pulls_what_each_container_needs(self) -> None:
        statements = made_pipeline().statements()
        assert sorted(statements) == [
            "LogInToRegistry",
            "PublishMetrics",
            "PullImage",
            "ReadModelData",
            "WriteLogs",
        ]
        assert statements["ReadModelData"]["Resource"] == "arn:aws:s3:::models/score/3/model.tar.gz"
        assert statements["PullImage"]["Resource"] == [
            "arn:aws:ecr:eu-west-1:123456789012:repository/features",
            "arn:aws:ecr:eu-west-1:123456789012:repository/score",
        ]

    def test_assets_of_several_containers_do_not_collide(self, tmp_path: Path) -> None:
        """Each has an image and an archive to upload, under the names that CDK would mix up."""
        hostnames = ("a", "A", "Image", "ModelData", "Default", "Resource", "Model", "Role")
        for hostname in hostnames:
            folder = tmp_path / f"{hostname}-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            (folder / "Dockerfile").write_text(f"FROM scratch\nLABEL name={hostname}\n")
            shutil.copy(ARCHIVE, folder / "model.tar.gz")
            with (folder / "model.tar.gz").open("ab") as archive:
                archive.write(b"\0" * len(list(tmp_path.iterdir())))
        folders = sorted(tmp_path.iterdir(), key=lambda path: int(path.name.rpartition("-")[2]))

        def model(stack: Stack) -> InferencePipeline:
            return InferencePipeline(
                containers={
                    hostname: Container(
                        image=ContainerImage.from_asset(str(folder)),
                        data=ModelData.from_asset(str(folder / "model.tar.gz")),
                    )
                    for hostname, folder in zip(hostnames, folders, strict=True)
                }
            )

        result = made(serving(model))
        containers = result.properties(MODEL)["Containers"]
        assert [item["ContainerHostname"] for item in containers] == list(hostnames)
        for key in ("Image", "ModelDataUrl"):
            assert len({json.dumps(item[key]) for item in containers}) == len(hostnames)
        assert len(result.statements()["ReadModelData"]["Resource"]) == len(hostnames)
        assert made(serving(model)).template == result.template

    def test_containers_that_share_bucket_and_image_are_granted_once(self) -> None:
        def model(stack: Stack) -> InferencePipeline:
            models = imported(stack)
            return InferencePipeline(
                containers={
                    "one": container("same", ModelData.from_prefix(models, "one")),
                    "two": container("same", ModelData.from_prefix(models, "two")),
                    "three": container("same", ModelData.from_bucket(models, "three.tar.gz")),
                    "four": container("same", ModelData.from_prefix(models, "one")),
                }
            )

        statements = made(serving(model)).statements()
        assert statements["PullImage"]["Resource"] == (
            "arn:aws:ecr:eu-west-1:123456789012:repository/same"
        )
        assert statements["ReadModelData"]["Resource"] == [
            "arn:aws:s3:::models/one/*",
            "arn:aws:s3:::models/three.tar.gz",
            "arn:aws:s3:::models/two/*",
        ]
        assert statements["ListModelData"]["Resource"] == "arn:aws:s3:::models"
        assert statements["ListModelData"]["Condition"] == {
            "StringLike": {"s3:prefix": ["one/*", "two/*"]}
        }
        assert "ListModelData1" not in statements

    def test_each_bucket_is_listed_below_its_own_prefixes_and_decrypted_with_its_key(self) -> None:
        key_arn = "arn:aws:kms:eu-west-1:999999999999:key/11111111-2222-3333-4444-555555555555"

        def model(stack: Stack) -> InferencePipeline:
            theirs = s3.Bucket.from_bucket_attributes(
                stack,
                "Theirs",
                bucket_arn="arn:aws:s3:::theirs",
                account="999999999999",
                encryption_key=kms.Key.from_key_arn(stack, "Key", key_arn),
            )
            return InferencePipeline(
                containers={
                    "one": container("one", ModelData.from_prefix(imported(stack), "one")),
                    "two": container("two", ModelData.from_prefix(theirs, "two/deep")),
                }
            )

        statements = made(serving(model)).statements()
        listing = {
            statement["Resource"]: statement["Condition"]["StringLike"]["s3:prefix"]
            for statement in statements.values()
            if statement["Action"] == "s3:ListBucket"
        }
        assert listing == {
            "arn:aws:s3:::models": ["one/*"],
            "arn:aws:s3:::theirs": ["two/deep/*"],
        }
        assert statements["DecryptModelData"] == {
            "Sid": "DecryptModelData",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": key_arn,
        }

    def test_it_may_be_a_variant_beside_others(self) -> None:
        def build(stack: Stack) -> None:
            realtime(
                variants=[
                    Variant(name="champion", model=pipeline(stack), weight=9, instance_count=2),
                    Variant(name="challenger", model=container("single"), weight=1),
                    Variant(name="direct", model=direct(stack), weight=0),
                ]
            )(stack)

        result = made(build)
        variants = result.properties(CONFIG)["ProductionVariants"]
        assert [
            (item["VariantName"], item["InitialVariantWeight"], item["InitialInstanceCount"])
            for item in variants
        ] == [("champion", 9, 2), ("challenger", 1, 1), ("direct", 0, 1)]
        resources = result.template["Resources"]
        served = [resources[item["ModelName"]["Fn::GetAtt"][0]]["Properties"] for item in variants]
        assert [len(model.get("Containers", [])) for model in served] == [2, 0, 2]
        assert len({model["ModelName"] for model in served}) == 3
        assert [model.get("InferenceExecutionConfig") for model in served] == [
            None,
            None,
            {"Mode": "Direct"},
        ]

    def test_two_variants_may_serve_the_same_pipeline_with_assets(self) -> None:
        def build(stack: Stack) -> None:
            image = ContainerImage.from_registry(f"{REGISTRY}/fraud:1")
            data = ModelData.from_asset(str(ARCHIVE))
            both = InferencePipeline(
                containers={
                    "one": Container(image=image, data=data),
                    "two": Container(image=image, data=data),
                }
            )
            realtime(variants=[Variant(name=name, model=both) for name in ("A", "B")])(stack)

        one, other = (model["Properties"] for model in made(build).of_type(MODEL))
        assert one["Containers"] == other["Containers"]
        assert one["ModelName"] != other["ModelName"]

    def test_network_and_isolation_are_said_to_the_model(self) -> None:
        def build(stack: Stack) -> None:
            network = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
            isolated = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            serving(pipeline, vpc=network, vpc_subnets=isolated, enable_network_isolation=True)(
                stack
            )

        result = made(build)
        properties = result.properties(MODEL)
        assert properties["EnableNetworkIsolation"] is True
        assert len(properties["VpcConfig"]["Subnets"]) == 2
        (rule,) = result.properties("AWS::EC2::SecurityGroup")["SecurityGroupEgress"]
        assert (rule["FromPort"], rule["ToPort"]) == (443, 443)

    def test_an_image_of_a_private_registry_comes_through_the_vpc(self) -> None:
        def build(stack: Stack) -> None:
            network = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
            isolated = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            private = ContainerImage.from_registry("registry.example.com/score:1")
            model = InferencePipeline(
                containers={"a": container("a"), "b": Container(image=private)}
            )
            realtime(model=model, vpc=network, vpc_subnets=isolated)(stack)

        one, other = made(build).properties(MODEL)["Containers"]
        assert "ImageConfig" not in one
        assert other["ImageConfig"] == {"RepositoryAccessMode": "Vpc"}

    @pytest.mark.parametrize(
        ("containers", "text"),
        [
            ({"one": container("one")}, "model.containers=1: must be 2 to 15 containers; pass the"),
            ({}, "model.containers=0: must be 2 to 15 containers [api:CreateModelInput"),
            (
                {f"c{n}": container("same") for n in range(16)},
                "model.containers=16: must be 2 to 15 containers [api:CreateModelInput",
            ),
            (
                {"bad_name": container("a"), "b": container("b")},
                "model.containers='bad_name': must be a literal of up to 63 letters",
            ),
            ({"a-": container("a"), "b": container("b")}, "model.containers='a-'"),
            ({"x" * 64: container("a"), "b": container("b")}, "must be a literal of up to 63"),
            ({1: container("a"), "b": container("b")}, "model.containers=1: must be a literal"),
            (
                {"a": InferencePipeline(containers={}), "b": container("b")},
                "model.containers['a']=InferencePipeline(containers={}): must be a Container",
            ),
            (
                {"a": with_variables("a", {"1X": "1"}), "b": container("b")},
                "model.containers['a'].environment='1X': a key must be letters",
            ),
            (
                {
                    "a": container("a", ModelData.from_uri("s3://models/a.zip")),
                    "b": container("b"),
                },
                "model.containers['a'].data='a.zip': must end in .tar.gz",
            ),
        ],
        ids=[
            "one",
            "none",
            "sixteen",
            "underscore",
            "hyphen",
            "long",
            "number",
            "nested",
            "key",
            "zip",
        ],
    )
    @pytest.mark.parametrize("kind", [InferencePipeline, MultiContainerModel])
    def test_what_sagemaker_would_refuse_is_refused(
        self, kind: Any, containers: dict[Any, Any], text: str
    ) -> None:
        error = refused(serving(lambda stack: kind(containers=containers)))
        assert "1 problem:" in error
        assert text in error

    def test_environments_share_32_kilobytes(self) -> None:
        half = {f"K{n:02}": "x" * 1021 for n in range(16)}
        model = InferencePipeline(containers={"a": with_variables("a", half), "b": container("b")})
        made(serving(lambda stack: model))
        beyond = InferencePipeline(
            containers={
                "a": with_variables("a", half),
                "b": with_variables("b", half | {"MORE": "1"}),
            }
        )
        assert "model='32773 bytes': its environment variables may have 32768 bytes" in refused(
            serving(lambda stack: beyond)
        )

    @pytest.mark.parametrize("kind", [InferencePipeline, MultiContainerModel])
    def test_serverless_endpoints_serve_one_container(self, kind: Any) -> None:
        model = kind(containers={"a": container("a"), "b": container("b")})
        error = refused(
            lambda stack: ServerlessEndpoint(stack, "Fraud", naming=NAMING, model=model)
        )
        assert f"model={kind.__name__!r}: a serverless endpoint serves one container" in error

    @pytest.mark.parametrize("kind", [InferencePipeline, MultiContainerModel])
    def test_their_requests_are_not_captured(self, kind: Any) -> None:
        model = kind(containers={"a": container("a"), "b": container("b")})

        def build(stack: Stack) -> None:
            capture = DataCapture(bucket=imported(stack), prefix="captured")
            realtime(model=model, data_capture=capture)(stack)

        assert f"data_capture={kind.__name__!r}: is not offered for models of several" in refused(
            build
        )

    @pytest.mark.parametrize("kind", [InferencePipeline, MultiContainerModel])
    def test_neither_shadow_nor_shadowed(self, kind: Any) -> None:
        model = kind(containers={"a": container("a"), "b": container("b")})
        shadow = ShadowVariant(variant=Variant(name="Shadow", model=model))
        error = refused(realtime(model=container("a"), shadow=shadow))
        assert f"shadow.variant.model={kind.__name__!r}: cannot be beside or behind" in error
        single = ShadowVariant(variant=Variant(name="Shadow", model=container("a")))
        error = refused(realtime(model=model, shadow=single))
        assert f"  - model={kind.__name__!r}: cannot be beside or behind a shadow variant" in error

    def test_an_asynchronous_one_is_unverified(self) -> None:
        def build(stack: Stack) -> None:
            models = imported(stack)
            AsyncEndpoint(
                stack,
                "Fraud",
                naming=NAMING,
                model=pipeline(stack),
                input=S3Prefix(bucket=models, prefix="in"),
                output=S3Prefix(bucket=models, prefix="out"),
                alarms=None,
            )

        result = made(build)
        assert warning_ids(result) == ["cdk-sagemaker-inference:containers-unverified"]
        assert "that an asynchronous endpoint serves it is not documented" in result.messages[0]


class TestDirect:
    def test_callers_pick_a_container(self) -> None:
        properties = made_direct().properties(MODEL)
        assert properties["InferenceExecutionConfig"] == {"Mode": "Direct"}
        assert properties["Containers"] == [
            {"ContainerHostname": "fraud", "Image": f"{REGISTRY}/fraud:1"},
            {"ContainerHostname": "churn", "Image": f"{REGISTRY}/churn:1"},
        ]
        assert made_direct().messages == []

    @pytest.mark.parametrize("instance_type", ["ml.g5.xlarge", "ml.p3.8xlarge", "ml.g4dn.12xlarge"])
    def test_instances_with_gpus_are_refused(self, instance_type: str) -> None:
        error = refused(serving(direct, instance_type=instance_type))
        assert f"instance_type='{instance_type}': has GPUs, which a MultiContainerModel is not" in (
            error
        )
        made(serving(pipeline, instance_type=instance_type))

    def test_asynchronous_requests_cannot_name_a_container(self) -> None:
        def build(stack: Stack) -> None:
            models = imported(stack)
            AsyncEndpoint(
                stack,
                "Fraud",
                naming=NAMING,
                model=direct(stack),
                input=S3Prefix(bucket=models, prefix="in"),
                output=S3Prefix(bucket=models, prefix="out"),
                alarms=None,
            )

        assert (
            "model='MultiContainerModel': requests to an asynchronous endpoint cannot name a "
            "container; use RealtimeEndpoint, or an InferencePipeline"
        ) in refused(build)

    @staticmethod
    def granted(*grants: list[str] | None) -> Synthesized:
        def build(stack: Stack) -> None:
            endpoint = serving(direct)(stack)
            role = caller(stack)
            for hostnames in grants:
                endpoint.grant_invoke(role, target_containers=hostnames)

        return made(build)

    def test_a_caller_may_call_all_containers(self) -> None:
        result = self.granted(None)
        assert statements_of_callers(result) == [
            {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": ENDPOINT_ARN}
        ]
        assert result.messages == []

    def test_a_caller_may_call_some_containers_only(self) -> None:
        result = self.granted(["fraud"])
        assert statements_of_callers(result) == [
            {
                "Effect": "Allow",
                "Action": "sagemaker:InvokeEndpoint",
                "Resource": ENDPOINT_ARN,
                "Condition": {"StringLike": {"sagemaker:TargetContainerHostname": ["fraud"]}},
            }
        ]
        assert result.statements() == made_direct().statements()

    def test_which_condition_key_it_is_is_warned_about_once(self) -> None:
        result = self.granted(["fraud"], ["ch*"])
        assert warning_ids(result) == ["cdk-sagemaker-inference:target-container-key"]
        assert "AWS documents two names of the condition key" in result.messages[0]
        assert len(statements_of_callers(result)) == 2

    @pytest.mark.parametrize(
        ("hostnames", "text"),
        [
            ([], r"\[\]: the endpoint has the containers 'fraud', 'churn'"),
            (["fruad"], r"\['fruad'\]: the endpoint has the containers 'fraud', 'churn'"),
            (["fraud", "FRAUD"], "the endpoint has the containers 'fraud', 'churn'"),
            (["x*"], "the endpoint has the containers 'fraud', 'churn'"),
            ("*", r"target_containers='\*': must be a list of names; \['\*'\]"),
            ("fraud", r"target_containers='fraud': must be a list of names; \['fraud'\]"),
        ],
        ids=["none", "typo", "case", "pattern", "star", "text"],
    )
    def test_containers_that_there_are_not_are_refused(self, hostnames: Any, text: str) -> None:
        stack = Stack(App(), "Test")
        endpoint = serving(direct)(stack)
        with pytest.raises(ValueError, match=text):
            endpoint.grant_invoke(caller(stack), target_containers=hostnames)

    @pytest.mark.parametrize("model", [pipeline, lambda stack: container("one")])
    def test_other_models_have_no_container_to_pick(self, model: ModelOf) -> None:
        stack = Stack(App(), "Test")
        endpoint = serving(model)(stack)
        with pytest.raises(ValueError, match="has no MultiContainerModel to choose from"):
            endpoint.grant_invoke(caller(stack), target_containers=["features"])

    def test_containers_of_every_variant_can_be_picked(self) -> None:
        def build(stack: Stack) -> None:
            more = MultiContainerModel(
                containers={"fraud": container("fraud"), "spam": container("spam")}
            )
            endpoint = realtime(
                variants=[Variant(name="A", model=direct(stack)), Variant(name="B", model=more)]
            )(stack)
            endpoint.grant_invoke(caller(stack), target_containers=["churn", "spam"])

        (statement,) = statements_of_callers(made(build))
        assert statement["Condition"] == {
            "StringLike": {"sagemaker:TargetContainerHostname": ["churn", "spam"]}
        }

    def test_of_an_imported_endpoint_no_container_is_known(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = InferenceEndpoint.from_endpoint_name(stack, "Imported", ENDPOINT_NAME)
            endpoint.grant_invoke(caller(stack))

        assert statements_of_callers(made(build)) == statements_of_callers(self.granted(None))


class TestUncompressed:
    @staticmethod
    def of(prefix: str = "llm/7", accept_eula: bool | None = None) -> ModelOf:
        return lambda stack: container(
            "llm", ModelData.from_prefix(imported(stack), prefix, accept_eula=accept_eula)
        )

    @pytest.mark.parametrize(
        ("accept_eula", "access"),
        [
            (None, {}),
            (True, {"ModelAccessConfig": {"AcceptEula": True}}),
            (False, {"ModelAccessConfig": {"AcceptEula": False}}),
        ],
        ids=["no licence", "accepted", "not accepted"],
    )
    def test_files_are_used_as_they_are(
        self, accept_eula: bool | None, access: dict[str, object]
    ) -> None:
        result = made(serving(self.of(accept_eula=accept_eula)))
        assert result.properties(MODEL)["PrimaryContainer"] == {
            "Image": f"{REGISTRY}/llm:1",
            "ModelDataSource": {
                "S3DataSource": {
                    "S3Uri": "s3://models/llm/7/",
                    "S3DataType": "S3Prefix",
                    "CompressionType": "None",
                }
                | access
            },
        }
        assert result.messages == []

    def test_the_role_reads_and_lists_the_prefix_and_nothing_else(self) -> None:
        statements = made(serving(self.of())).statements()
        assert statements["ReadModelData"]["Resource"] == "arn:aws:s3:::models/llm/7/*"
        assert statements["ListModelData"] == {
            "Sid": "ListModelData",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::models",
            "Condition": {"StringLike": {"s3:prefix": ["llm/7/*"]}},
        }
        actions = {
            action
            for statement in statements.values()
            for action in (
                statement["Action"]
                if isinstance(statement["Action"], list)
                else [statement["Action"]]
            )
            if action.startswith("s3:")
        }
        assert actions == {"s3:GetObject", "s3:ListBucket"}

    @pytest.mark.parametrize(
        ("prefix", "fix"), [("llm/7/", "; 'llm/7'"), ("/llm", "; 'llm'"), ("", ""), ("a?", "")]
    )
    def test_a_prefix_that_would_open_more_is_refused(self, prefix: str, fix: str) -> None:
        assert (
            f"model.data={prefix!r}: must be a prefix without slashes at its ends and without * "
            f"and ?{fix} [api:S3ModelUri]"
        ) in refused(serving(self.of(prefix)))

    def test_a_prefix_known_at_deployment_is_believed(self) -> None:
        def build(stack: Stack) -> None:
            prefix = CfnParameter(stack, "Prefix").value_as_string
            serving(self.of(prefix))(stack)

        condition = made(build).statements()["ListModelData"]["Condition"]
        assert condition == {
            "StringLike": {"s3:prefix": [{"Fn::Join": ["", [{"Ref": "Prefix"}, "/*"]]}]}
        }

    def test_serverless_endpoints_take_archives(self) -> None:
        error = refused(
            lambda stack: ServerlessEndpoint(stack, "Fraud", naming=NAMING, model=self.of()(stack))
        )
        assert (
            "model.data='llm/7': a serverless endpoint serves .tar.gz archives; pack the" in error
        )

    @pytest.mark.parametrize("kind", [InferencePipeline, MultiContainerModel])
    def test_beside_other_containers_it_is_unverified(self, kind: Any) -> None:
        def model(stack: Stack) -> ModelDefinition:
            made: ModelDefinition = kind(
                containers={"llm": self.of()(stack), "check": container("check")}
            )
            return made

        result = made(serving(model))
        assert warning_ids(result) == ["cdk-sagemaker-inference:uncompressed-unverified"]
        assert "model.containers['llm'].data='llm/7'" in result.messages[0]

    def test_archives_of_many_models_are_for_multi_model_endpoints(self) -> None:
        error = refused(
            serving(
                lambda stack: container("a", ModelData.from_archives(imported(stack), "regions"))
            )
        )
        assert (
            "model.data='regions': a real-time endpoint serves one model, not all below a prefix; "
            "use MultiModelEndpoint, or ModelData.from_bucket"
        ) in error


class TestPackage:
    @staticmethod
    def of(arn: str = PACKAGE, **arguments: Any) -> ModelOf:
        return lambda stack: ModelPackage(arn=arn, **arguments)

    @staticmethod
    def whole(stack: Stack) -> ModelPackage:
        theirs = s3.Bucket.from_bucket_attributes(
            stack,
            "Theirs",
            bucket_arn="arn:aws:s3:::theirs",
            account="999999999999",
            encryption_key=kms.Key.from_key_arn(
                stack, "Key", "arn:aws:kms:eu-west-1:999999999999:key/1"
            ),
        )
        repository = ecr.Repository.from_repository_arn(
            stack, "Repository", "arn:aws:ecr:eu-west-1:999999999999:repository/fraud"
        )
        return ModelPackage(
            arn=THEIR_PACKAGE,
            artifacts=[
                ModelData.from_bucket(theirs, "fraud/7/model.tar.gz"),
                ModelData.from_prefix(theirs, "fraud/7/files"),
            ],
            repositories=[repository],
            environment={"WORKERS": "4"},
        )

    def test_it_says_image_and_artifact_itself(self) -> None:
        result = made(serving(self.of()))
        assert result.properties(MODEL)["PrimaryContainer"] == {"ModelPackageName": PACKAGE}
        assert sorted(result.statements()) == ["PublishMetrics", "WriteLogs"]

    def test_what_the_role_may_not_read_is_warned_about(self) -> None:
        result = made(serving(self.of()))
        assert set(warning_ids(result)) == {"cdk-sagemaker-inference:package-permissions"}
        assert len(result.messages) == 2
        assert any("the role is granted no artifacts" in text for text in result.messages)
        assert any("the role is granted no repositories" in text for text in result.messages)

    def test_a_role_that_is_left_alone_is_not_warned_about(self) -> None:
        def build(stack: Stack) -> None:
            role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/models")
            serving(self.of(), role=role, attach_execution_policy=False)(stack)

        assert made(build).messages == []

    def test_one_of_another_account_with_all_that_it_needs(self) -> None:
        result = made(serving(self.whole))
        assert result.properties(MODEL)["PrimaryContainer"] == {
            "ModelPackageName": THEIR_PACKAGE,
            "Environment": {"WORKERS": "4"},
        }
        statements = result.statements()
        assert statements["ReadModelData"]["Resource"] == [
            "arn:aws:s3:::theirs/fraud/7/files/*",
            "arn:aws:s3:::theirs/fraud/7/model.tar.gz",
        ]
        assert statements["ListModelData"]["Resource"] == "arn:aws:s3:::theirs"
        assert statements["ListModelData"]["Condition"] == {
            "StringLike": {"s3:prefix": ["fraud/7/files/*"]}
        }
        assert (
            statements["DecryptModelData"]["Resource"] == "arn:aws:kms:eu-west-1:999999999999:key/1"
        )
        assert statements["PullImage"]["Resource"] == (
            "arn:aws:ecr:eu-west-1:999999999999:repository/fraud"
        )
        assert result.types() == ["AWS::IAM::ManagedPolicy", "AWS::IAM::Role", *TYPES]
        assert result.messages == []

    def test_artifacts_may_be_uploaded(self) -> None:
        model = self.of(artifacts=[ModelData.from_asset(str(ARCHIVE))] * 2)
        resource = made(serving(model)).statements()["ReadModelData"]["Resource"]
        assert isinstance(resource, str), "both are one file"
        assert resource.endswith(".tar.gz")

    def test_one_of_the_marketplace_runs_in_isolation(self) -> None:
        model = self.of(MARKETPLACE, marketplace=True)
        result = made(serving(model, enable_network_isolation=True))
        assert result.properties(MODEL)["PrimaryContainer"] == {"ModelPackageName": MARKETPLACE}
        assert result.properties(MODEL)["EnableNetworkIsolation"] is True
        assert result.messages == []
        assert (
            "enable_network_isolation=False: packages of the Marketplace run only in isolation; "
            "enable_network_isolation=True"
        ) in refused(serving(model))

    def test_one_of_the_marketplace_is_served_in_real_time_only(self) -> None:
        package = ModelPackage(arn=MARKETPLACE, marketplace=True)
        error = refused(
            lambda stack: ServerlessEndpoint(stack, "Fraud", naming=NAMING, model=package)
        )
        assert "model.marketplace=True: a serverless endpoint does not serve it" in error

        def asynchronous(stack: Stack) -> None:
            where = S3Prefix(bucket=imported(stack), prefix="in")
            AsyncEndpoint(stack, "Fraud", naming=NAMING, model=package, input=where, output=where)

        assert "model.marketplace=True: an asynchronous endpoint does not serve it" in refused(
            asynchronous
        )

    def test_guardrails_of_the_marketplace_fall_back(self) -> None:
        result = made(
            serving(
                self.of(MARKETPLACE, marketplace=True),
                enable_network_isolation=True,
                instance_count=2,
                alarms=Alarms(),
                deployment=BlueGreen.canary(percent=50),
            )
        )
        assert warning_ids(result) == ["cdk-sagemaker-inference:deployment-fallback"]

    @pytest.mark.parametrize(
        "arn",
        [
            "fraud/7",
            "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/fraud",
            "arn:aws:sagemaker:eu-west-1:123456789012:model-package/fraud/latest",
            "arn:aws:sagemaker:eu-west-1:1234:model-package/fraud/7",
            "arn:aws:sagemaker:eu-west-1:123456789012:model-package/" + "x" * 64,
        ],
        ids=["name", "group", "word", "account", "long"],
    )
    def test_what_is_no_arn_of_a_package_is_refused(self, arn: str) -> None:
        assert f"model.arn={arn!r}: must be arn:…:model-package/name, or …/group/version" in (
            refused(serving(self.of(arn)))
        )

    def test_a_package_of_another_region_is_refused(self) -> None:
        elsewhere = PACKAGE.replace("eu-west-1", "us-east-1")
        assert f"model.arn={elsewhere!r}: is in us-east-1 while the stack is in eu-west-1" in (
            refused(serving(self.of(elsewhere)))
        )
        synthesize(serving(self.of(elsewhere)))

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            (
                lambda stack: {"artifacts": [ModelData.from_prefix(imported(stack), "*")]},
                "model.artifacts[0]='*': must be a prefix without slashes",
            ),
            (
                lambda stack: {
                    "artifacts": [
                        ModelData.from_bucket(imported(stack), "a.tar.gz"),
                        ModelData.from_bucket(imported(stack), "*"),
                    ]
                },
                "model.artifacts[1]='*': must end in .tar.gz",
            ),
            (
                lambda stack: {"artifacts": [ModelData.from_uri("https://models/a.tar.gz")]},
                "model.artifacts[0]='https://models/a.tar.gz': must be s3://bucket/key",
            ),
            (
                lambda stack: {"artifacts": [ModelData.from_asset("/nowhere.tar.gz")]},
                "model.artifacts[0]='/nowhere.tar.gz': is not a file",
            ),
            (
                lambda stack: {"environment": {"1KEY": "x"}},
                "model.environment='1KEY': a key must be letters",
            ),
            (
                lambda stack: {"environment": {"WORKERS": 4}},
                "model.environment['WORKERS']=4: must be text; '4'",
            ),
            (
                lambda stack: {"environment": {f"K{n:02}": "x" * 1022 for n in range(32)}},
                "model.environment='32800 bytes'",
            ),
        ],
        ids=["prefix", "key", "uri", "file", "name", "number", "size"],
    )
    def test_what_it_is_made_of_is_checked_as_a_containers_is(
        self, arguments: Callable[[Stack], dict[str, Any]], text: str
    ) -> None:
        error = refused(serving(lambda stack: ModelPackage(arn=PACKAGE, **arguments(stack))))
        assert "1 problem:" in error
        assert text in error

    @pytest.mark.parametrize("artifacts", [False, True], ids=["unknown", "known"])
    def test_its_artifact_comes_through_the_vpc(self, artifacts: bool) -> None:
        def build(stack: Stack) -> None:
            network = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
            isolated = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            model = self.whole(stack) if artifacts else self.of()(stack)
            realtime(model=model, vpc=network, vpc_subnets=isolated)(stack)

        (rule,) = made(build).properties("AWS::EC2::SecurityGroup")["SecurityGroupEgress"]
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)

    def test_a_package_of_the_stack_is_warned_about_for_it_renames_nothing(self) -> None:
        def build(stack: Stack) -> None:
            package = sagemaker.CfnModelPackage(stack, "Package", model_package_group_name="fraud")
            model = ModelPackage(arn=package.ref, marketplace=True)
            realtime(model=model, enable_network_isolation=True)(stack)

        result = made(build)
        assert result.properties(MODEL)["PrimaryContainer"] == {
            "ModelPackageName": {"Ref": "Package"}
        }
        assert warning_ids(result) == ["cdk-sagemaker-inference:package-unknown-arn"]
        assert "raise naming.version with every package" in result.messages[0]


TYPES = [ENDPOINT, CONFIG, MODEL]


def several(*hostnames: str, direct: bool = False, **changed: Container) -> ModelOf:
    def model(stack: Stack) -> ModelDefinition:
        containers = {name: changed.get(name, container(name)) for name in hostnames}
        kind = MultiContainerModel if direct else InferencePipeline
        return kind(containers=containers)

    return model


def packaged(arn: str = PACKAGE, **arguments: Any) -> ModelOf:
    return TestPackage.of(arn, **arguments)


def with_repository(name: str) -> ModelOf:
    def model(stack: Stack) -> ModelPackage:
        repository = ecr.Repository(stack, "Repository", repository_name=name)
        return ModelPackage(arn=PACKAGE, repositories=[cast(ecr.IRepository, repository)])

    return model


def in_bucket(name: str) -> ModelOf:
    def model(stack: Stack) -> InferencePipeline:
        own = s3.Bucket(stack, "Own", bucket_name=name)
        data = ModelData.from_prefix(own, "b")
        return InferencePipeline(containers={"a": container("a"), "b": container("b", data)})

    return model


# What changes: before, after, whether model and config get another name.
CHANGES: dict[str, tuple[ModelOf, ModelOf, bool]] = {
    "container added": (several("a", "b"), several("a", "b", "c"), True),
    "order": (several("a", "b"), several("b", "a"), True),
    "hostname": (
        several("a", "b"),
        several("a", "c", c=container("b")),
        True,
    ),
    "environment of one": (several("a", "b"), several("a", "b", b=container("b", X="1")), True),
    "environment of the other": (
        several("a", "b", a=container("a", X="1")),
        several("a", "b", b=container("b", X="1")),
        True,
    ),
    "order of variables": (
        several("a", "b", b=container("b", X="1", Y="2")),
        several("a", "b", b=container("b", Y="2", X="1")),
        False,
    ),
    "data of one": (
        several("a", "b"),
        several("a", "b", b=container("b", ModelData.from_uri("s3://models/b.tar.gz"))),
        True,
    ),
    "into single": (several("a", "b"), lambda stack: container("a"), True),
    "into direct": (several("a", "b"), several("a", "b", direct=True), True),
    "bucket renamed": (in_bucket("models-1"), in_bucket("models-2"), True),
    "prefix": (TestUncompressed.of("llm/7"), TestUncompressed.of("llm/8"), True),
    "licence": (TestUncompressed.of(), TestUncompressed.of(accept_eula=True), True),
    "package version": (packaged(), packaged(PACKAGE.replace("/7", "/8")), True),
    "package's variables": (packaged(), packaged(environment={"X": "1"}), True),
    "package's artifacts": (
        packaged(),
        packaged(artifacts=[ModelData.from_uri("s3://models/a.tar.gz")]),
        False,
    ),
    "package's repository renamed": (
        with_repository("models/a"),
        with_repository("models/b"),
        False,
    ),
}


class TestNames:
    @pytest.mark.parametrize("what", CHANGES)
    def test_a_change_of_what_runs_renames_and_nothing_else_does(self, what: str) -> None:
        before, after, renamed = CHANGES[what]
        old, new = (names(made(serving(model))) for model in (before, after))
        assert [a != b for a, b in zip(old, new, strict=True)] == [renamed, renamed]

    def test_a_change_of_capacity_renames_the_config_only(self) -> None:
        old, new = names(made_pipeline()), names(made(serving(pipeline, instance_count=2)))
        assert [a == b for a, b in zip(old, new, strict=True)] == [True, False]

    @pytest.mark.parametrize("model", [pipeline, direct, TestPackage.whole, TestUncompressed.of()])
    def test_the_same_request_has_the_same_template(self, model: ModelOf) -> None:
        assert made(serving(model)).template == made(serving(model)).template


class TestAnywhere:
    def everything(self, stack: Stack) -> None:
        """Each kind of model as a variant, with what an operated endpoint has."""
        own = s3.Bucket(stack, "Own", encryption=s3.BucketEncryption.KMS)
        repository = cast(ecr.IRepository, ecr.Repository(stack, "Repository"))
        image = ContainerImage.from_ecr_repository(repository, tag="1")

        def runs(data: ModelData | None = None) -> Container:
            return Container(image=image, data=data)

        models: dict[str, ModelDefinition] = {
            "pipeline": InferencePipeline(
                containers={"a": runs(), "b": runs(ModelData.from_bucket(own, "b.tar.gz"))}
            ),
            "direct": MultiContainerModel(
                containers={"a": runs(), "b": runs(ModelData.from_asset(str(ARCHIVE)))}
            ),
            "files": runs(ModelData.from_prefix(own, "files")),
            "package": ModelPackage(
                arn=stack.format_arn(
                    service="sagemaker", resource="model-package", resource_name="fraud/7"
                ),
                artifacts=[ModelData.from_bucket(own, "package.tar.gz")],
                repositories=[repository],
            ),
        }
        network = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
        endpoint = realtime(
            variants=[
                Variant(
                    name=name,
                    model=model,
                    scaling=Scaling.on_cpu(min_capacity=2, max_capacity=4, percent=60),
                )
                for name, model in models.items()
            ],
            deployment=BlueGreen.canary(percent=50),
            alarms=Alarms(),
            dashboard=True,
            vpc=network,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            encryption_key=kms.Key(stack, "Key"),
            enable_network_isolation=True,
            outputs=True,
        )(stack)
        endpoint.grant_invoke(caller(stack), target_containers=["a"])

    @pytest.mark.parametrize(
        ("env", "partition"),
        [
            (None, None),
            (CHINA, "aws-cn"),
        ],
        ids=["anywhere", "China"],
    )
    def test_all_kinds_together_are_without_cycles_in_every_partition(
        self, env: Environment | None, partition: str | None
    ) -> None:
        result = synthesize(self.everything, env=env)
        # Refuses templates with cycles.
        assertions.Template.from_json(result.template)
        assert len(result.of_type(MODEL)) == 4
        text = json.dumps(result.template)
        assert "arn:aws:" not in text
        if partition is not None:
            assert (
                f"arn:{partition}:sagemaker:cn-north-1:123456789012:model-package/fraud/7" in text
            )
        assert warning_ids(result) == ["cdk-sagemaker-inference:target-container-key"]
        assert synthesize(self.everything, env=env).template == result.template
