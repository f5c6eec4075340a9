"""Data capture, as the template has it."""

from typing import Any, cast

import pytest
from aws_cdk import App, CfnParameter, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_inference import CaptureMode, DataCapture
from support import Synthesized, realtime, synthesize

CONFIG = "AWS::SageMaker::EndpointConfig"
MODEL = "AWS::SageMaker::Model"
PREFIX = "captured/fraud"
KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000"


def imported(stack: Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Bucket", "captured")


def captured(**arguments: Any) -> Synthesized:
    return synthesize(
        lambda stack: realtime(
            data_capture=DataCapture(**{"bucket": imported(stack), "prefix": PREFIX} | arguments)
        )(stack)
    )


def config(result: Synthesized) -> dict[str, Any]:
    found: dict[str, Any] = result.properties(CONFIG)["DataCaptureConfig"]
    return found


OBJECTS = {
    "Fn::Join": [
        "",
        ["arn:", {"Ref": "AWS::Partition"}, f":s3:::captured/{PREFIX}/*"],
    ]
}


class TestConfig:
    def test_all_of_both_by_default(self) -> None:
        assert config(captured()) == {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://captured/{PREFIX}",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        }

    @pytest.mark.parametrize(
        ("modes", "expected"),
        [
            ([CaptureMode.INPUT], ["Input"]),
            ([CaptureMode.OUTPUT], ["Output"]),
            ([CaptureMode.INPUT, CaptureMode.OUTPUT], ["Input", "Output"]),
        ],
        ids=["input", "output", "both"],
    )
    def test_modes(self, modes: list[CaptureMode], expected: list[str]) -> None:
        options = config(captured(modes=modes))["CaptureOptions"]
        assert options == [{"CaptureMode": mode} for mode in expected]

    @pytest.mark.parametrize("percent", [0, 1, 20, 100])
    def test_sampling(self, percent: int) -> None:
        made = config(captured(sampling_percent=percent))
        assert made["InitialSamplingPercentage"] == percent

    @pytest.mark.parametrize(
        ("types", "expected"),
        [
            ({"csv_content_types": ["text/csv"]}, {"CsvContentTypes": ["text/csv"]}),
            (
                {"json_content_types": ["application/json", "application/vnd.a-json"]},
                {"JsonContentTypes": ["application/json", "application/vnd.a-json"]},
            ),
            (
                {"csv_content_types": ["text/csv"], "json_content_types": ["application/json"]},
                {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
            ),
        ],
        ids=["csv", "json", "both"],
    )
    def test_content_types(self, types: dict[str, Any], expected: dict[str, Any]) -> None:
        assert config(captured(**types))["CaptureContentTypeHeader"] == expected

    def test_under_a_key_of_its_own(self) -> None:
        def build(stack: Stack) -> None:
            key = kms.Key.from_key_arn(stack, "Key", KEY_ARN)
            capture = DataCapture(bucket=imported(stack), prefix=PREFIX, encryption_key=key)
            realtime(data_capture=capture)(stack)

        assert config(synthesize(build))["KmsKeyId"] == KEY_ARN

    def test_without_it_there_is_nothing_of_it(self) -> None:
        result = synthesize(realtime())
        assert "DataCaptureConfig" not in result.properties(CONFIG)
        assert not {"WriteCapturedData", "EncryptCapturedData"} & set(result.statements())


def interface(key: kms.Key) -> kms.IKey:
    """jsii's types name a parameter otherwise in the class than in the protocol."""
    return cast(kms.IKey, key)


class TestPermissions:
    def test_exactly_the_prefix(self) -> None:
        statements = captured().statements()
        assert statements["WriteCapturedData"] == {
            "Sid": "WriteCapturedData",
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": OBJECTS,
        }
        assert "EncryptCapturedData" not in statements

    def test_the_bucket_of_the_stack(self) -> None:
        def build(stack: Stack) -> None:
            capture = DataCapture(bucket=s3.Bucket(stack, "Bucket"), prefix=PREFIX)
            realtime(data_capture=capture)(stack)

        result = synthesize(build)
        (bucket_id,) = (
            key
            for key, resource in result.template["Resources"].items()
            if resource["Type"] == "AWS::S3::Bucket"
        )
        assert result.statements()["WriteCapturedData"]["Resource"] == {
            "Fn::Join": ["", [{"Fn::GetAtt": [bucket_id, "Arn"]}, f"/{PREFIX}/*"]]
        }
        assert config(result)["DestinationS3Uri"] == {
            "Fn::Join": ["", ["s3://", {"Ref": bucket_id}, f"/{PREFIX}"]]
        }

    @pytest.mark.parametrize(
        ("bucket_key", "own_key", "count"),
        [(False, True, 1), (True, False, 1), (True, True, 2)],
        ids=["own", "the bucket's", "both"],
    )
    def test_every_key_that_is_used(self, bucket_key: bool, own_key: bool, count: int) -> None:
        def build(stack: Stack) -> None:
            bucket = s3.Bucket(
                stack,
                "Bucket",
                encryption_key=interface(kms.Key(stack, "BucketKey")) if bucket_key else None,
            )
            key = kms.Key(stack, "OwnKey") if own_key else None
            capture = DataCapture(bucket=bucket, prefix=PREFIX, encryption_key=key)
            realtime(data_capture=capture)(stack)

        result = synthesize(build)
        statement = result.statements()["EncryptCapturedData"]
        assert statement["Action"] == "kms:GenerateDataKey"
        resource = statement["Resource"]
        resources = resource if isinstance(resource, list) else [resource]
        keys = {
            key
            for key, value in result.template["Resources"].items()
            if value["Type"] == "AWS::KMS::Key"
        }
        assert {found["Fn::GetAtt"][0] for found in resources} == keys
        assert len(resources) == count
        assert ("KmsKeyId" in config(result)) == own_key

    def test_a_key_that_is_the_buckets_too_stands_once(self) -> None:
        def build(stack: Stack) -> None:
            key = kms.Key(stack, "Key")
            bucket = s3.Bucket(stack, "Bucket", encryption_key=interface(key))
            capture = DataCapture(bucket=bucket, prefix=PREFIX, encryption_key=key)
            realtime(data_capture=capture)(stack)

        statement = synthesize(build).statements()["EncryptCapturedData"]
        assert "Fn::GetAtt" in statement["Resource"]

    def test_the_bucket_of_another_stack(self) -> None:
        app = App()
        bucket = s3.Bucket(Stack(app, "Data"), "Bucket")
        capture = DataCapture(bucket=bucket, prefix=PREFIX)
        realtime(data_capture=capture)(Stack(app, "Models"))
        template = app.synth().get_stack_by_name("Models").template
        assert "Fn::ImportValue" in str(template)


class TestNames:
    @pytest.mark.parametrize(
        "change",
        [
            {"prefix": "captured/other"},
            {"sampling_percent": 10},
            {"modes": [CaptureMode.INPUT]},
            {"csv_content_types": ["text/csv"]},
            {"json_content_types": ["application/json"]},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_each_change_renames_the_config_and_no_model(self, change: dict[str, Any]) -> None:
        before, after = captured(), captured(**change)
        names = [result.properties(CONFIG)["EndpointConfigName"] for result in (before, after)]
        assert names[0] != names[1]
        models = [result.properties(MODEL)["ModelName"] for result in (before, after)]
        assert models[0] == models[1]

    def test_switching_it_on_renames_the_config(self) -> None:
        names = [
            result.properties(CONFIG)["EndpointConfigName"]
            for result in (synthesize(realtime()), captured())
        ]
        assert names[0] != names[1]

    def test_renaming_the_bucket_renames_the_config(self) -> None:
        def build(stack: Stack, name: str) -> None:
            bucket = s3.Bucket(stack, "Bucket", bucket_name=name)
            realtime(data_capture=DataCapture(bucket=bucket, prefix=PREFIX))(stack)

        first = synthesize(lambda stack: build(stack, "one"))
        second = synthesize(lambda stack: build(stack, "two"))
        assert config(first) == config(second), "a reference keeps its text"
        names = [result.properties(CONFIG)["EndpointConfigName"] for result in (first, second)]
        assert names[0] != names[1]


# id: (changes, what the message holds)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "above 100": ({"sampling_percent": 101}, "data_capture.sampling_percent=101"),
    "below 0": ({"sampling_percent": -1}, "data_capture.sampling_percent=-1"),
    "half a percent": ({"sampling_percent": 0.5}, "must be a whole number from 0 to 100"),
    "nothing of them": ({"modes": []}, "data_capture.modes=[]: must be input, output or both"),
    "input twice": (
        {"modes": [CaptureMode.INPUT, CaptureMode.INPUT]},
        "data_capture.modes=['Input', 'Input']",
    ),
    "no prefix": ({"prefix": ""}, "data_capture.prefix='': must be a prefix without slashes"),
    "leading slash": ({"prefix": "/a"}, "data_capture.prefix='/a'"),
    "trailing slash": ({"prefix": "a/"}, "data_capture.prefix='a/'"),
    "wildcard": ({"prefix": "a/*"}, "data_capture.prefix='a/*'"),
    "too long": ({"prefix": "a" * 450}, "with the bucket's name may have 512 characters"),
    "eleven types": (
        {"csv_content_types": [f"text/csv{index}" for index in range(11)]},
        "data_capture.csv_content_types=11: may be 10",
    ),
    "no type": (
        {"json_content_types": ["json"]},
        "data_capture.json_content_types='json': must be a content type such as text/csv",
    ),
}


@pytest.mark.parametrize("id", REFUSED)
def test_what_could_not_be_deployed_is_refused(id: str) -> None:
    changes, text = REFUSED[id]
    stack = Stack(App(), "Test")
    capture = DataCapture(**{"bucket": imported(stack), "prefix": PREFIX} | changes)
    with pytest.raises(ValueError, match="has 1 problem:") as caught:
        realtime(data_capture=capture)(stack)
    assert text in str(caught.value)


def test_everything_wrong_is_said_at_once() -> None:
    stack = Stack(App(), "Test")
    capture = DataCapture(bucket=imported(stack), prefix="", sampling_percent=101, modes=[])
    with pytest.raises(ValueError, match="has 3 problems:"):
        realtime(data_capture=capture)(stack)


def test_tokens_are_left_to_the_deployment() -> None:
    def build(stack: Stack) -> None:
        capture = DataCapture(
            bucket=imported(stack),
            prefix=CfnParameter(stack, "Prefix").value_as_string,
            sampling_percent=CfnParameter(stack, "Percent", type="Number").value_as_number,  # type: ignore[arg-type]  # jsii says float
        )
        realtime(data_capture=capture)(stack)

    result = synthesize(build)
    assert config(result)["InitialSamplingPercentage"] == {"Ref": "Percent"}
    assert {"Ref": "Prefix"} in config(result)["DestinationS3Uri"]["Fn::Join"][1]
