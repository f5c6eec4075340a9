"""What `Ref` and `Fn::GetAtt` yield for the resource types that the checks know.

Source: "Return values" of each type in the CloudFormation Template Reference; for SageMaker also
the primary identifiers of the registry schemas, which `Ref` yields: they are ARNs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# The shortest there are, because a text is at least as long as its example.
REGION = "us-east-1"
ACCOUNT = "123456789012"

PSEUDO_PARAMETERS: Mapping[str, str] = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
}
"""Pseudo parameters whose form is known, with an example."""


@dataclass(frozen=True)
class Own:
    """The value of one of the resource's own properties, or a name that CloudFormation generates.

    Attributes:
        property: The property.
    """

    property: str


@dataclass(frozen=True)
class Like:
    """A value of a known form.

    Attributes:
        example: The shortest value of that form.
    """

    example: str


Yield = Own | Like
REF = "Ref"


def _arn(service: str, resource: str) -> Like:
    return Like(f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")


def _sagemaker(kind: str, resource: str, *, name: bool = True) -> Mapping[str, Yield]:
    arn = _arn("sagemaker", f"{resource}/x")
    attributes: dict[str, Yield] = {REF: arn, f"{kind}Arn": arn}
    return attributes | {f"{kind}Name": Own(f"{kind}Name")} if name else attributes


_ALARM: Mapping[str, Yield] = {REF: Own("AlarmName"), "Arn": _arn("cloudwatch", "alarm:x")}

YIELDS: Mapping[str, Mapping[str, Yield]] = {
    "AWS::SageMaker::Model": _sagemaker("Model", "model"),
    "AWS::SageMaker::EndpointConfig": _sagemaker("EndpointConfig", "endpoint-config"),
    "AWS::SageMaker::Endpoint": _sagemaker("Endpoint", "endpoint"),
    "AWS::SageMaker::InferenceComponent": _sagemaker(
        "InferenceComponent", "inference-component", name=False
    ),
    "AWS::SageMaker::ModelPackage": _sagemaker("ModelPackage", "model-package", name=False),
    "AWS::SageMaker::ModelPackageGroup": _sagemaker(
        "ModelPackageGroup", "model-package-group", name=False
    ),
    "AWS::CloudWatch::Alarm": _ALARM,
    "AWS::CloudWatch::CompositeAlarm": _ALARM,
    "AWS::CloudWatch::Dashboard": {REF: Own("DashboardName")},
    "AWS::EC2::SecurityGroup": {"GroupId": Like("sg-01234567")},
    "AWS::EC2::Subnet": {
        REF: Like("subnet-01234567"),
        "SubnetId": Like("subnet-01234567"),
    },
    "AWS::IAM::ManagedPolicy": {REF: Like(f"arn:aws:iam::{ACCOUNT}:policy/x")},
    "AWS::IAM::Role": {REF: Own("RoleName"), "Arn": Like(f"arn:aws:iam::{ACCOUNT}:role/x")},
    "AWS::KMS::Key": {
        REF: Like("1234abcd-12ab-34cd-56ef-1234567890ab"),
        "Arn": _arn("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab"),
    },
    "AWS::Lambda::Function": {
        REF: Own("FunctionName"),
        "Arn": _arn("lambda", "function:x"),
    },
    "AWS::Logs::LogGroup": {REF: Own("LogGroupName")},
    "AWS::S3::Bucket": {REF: Own("BucketName"), "Arn": Like("arn:aws:s3:::xyz")},
    "AWS::SNS::Topic": {
        REF: _arn("sns", "x"),
        "TopicArn": _arn("sns", "x"),
        "TopicName": Own("TopicName"),
    },
}
"""By resource type and attribute, `Ref` being one; what is not here is of unknown form."""

SCALABLE_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
SCALABLE_TARGET_ID = ("ResourceId", "ScalableDimension", "ServiceNamespace")
"""The properties that a scalable target's id is made of, between bars."""
