"""AWS::SageMaker types for hosting. Their `Ref` is the ARN, in which SageMaker lower-cases the
name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cdk_sagemaker_inference.testing.translation import TYPES as TRANSLATED
from local.calls import call
from local.providers import Made, ResourceType, Tagging

_TAGGING = Tagging(add="AddTags", remove="DeleteTags")


def _answered(member: str) -> Callable[[Made], str]:
    return lambda made: str(made.answer[member])


def _own(member: str) -> Callable[[Made], str]:
    return lambda made: str(made.properties[member])


def _hosting(
    kind: str, *, update: str | None = None, update_only: frozenset[str] = frozenset()
) -> ResourceType:
    """Model, EndpointConfig and Endpoint follow one scheme."""
    name, arn = f"{kind}Name", f"{kind}Arn"
    return ResourceType(
        type=f"AWS::SageMaker::{kind}",
        service="sagemaker",
        create=f"Create{kind}",
        read=f"Describe{kind}",
        update=update,
        update_only=update_only,
        updated_by=frozenset({"EndpointConfigName", "DeploymentConfig"}) if update else None,
        delete=f"Delete{kind}",
        name=name,
        ref=_answered(arn),
        arn=_answered(arn),
        identity=lambda made: {name: made.properties[name]},
        attributes={name: _own(name), arn: _answered(arn)},
        tagging=_TAGGING,
        gone_words="Could not find",
    )


def _component(*path: str) -> Callable[[Made], Any]:
    """Reads an attribute of an inference component, which changes without CloudFormation."""

    def read(made: Made) -> Any:
        name = made.properties["InferenceComponentName"]
        value: Any = call(
            "sagemaker", "describe_inference_component", made.region, InferenceComponentName=name
        )
        for member in path:
            value = value.get(member, "")
        return value if isinstance(value, (str, int)) else value.isoformat()

    return read


_COMPONENT = ResourceType(
    type="AWS::SageMaker::InferenceComponent",
    service="sagemaker",
    create="CreateInferenceComponent",
    read="DescribeInferenceComponent",
    update="UpdateInferenceComponent",
    update_only=frozenset({"DeploymentConfig"}),
    # UpdateInferenceComponent does not take them. A changed name is another component's to it.
    fixed=frozenset({"EndpointName", "VariantName"}),
    delete="DeleteInferenceComponent",
    name="InferenceComponentName",
    ref=_answered("InferenceComponentArn"),
    arn=_answered("InferenceComponentArn"),
    identity=lambda made: {
        "InferenceComponentName": made.properties["InferenceComponentName"],
    },
    # The name is none of the schema's read-only properties, so `Fn::GetAtt` does not yield it.
    attributes={
        "InferenceComponentArn": _answered("InferenceComponentArn"),
        "InferenceComponentStatus": _component("InferenceComponentStatus"),
        "FailureReason": _component("FailureReason"),
        "CreationTime": _component("CreationTime"),
        "LastModifiedTime": _component("LastModifiedTime"),
        "RuntimeConfig.CurrentCopyCount": _component("RuntimeConfig", "CurrentCopyCount"),
        "RuntimeConfig.DesiredCopyCount": _component("RuntimeConfig", "DesiredCopyCount"),
    },
    tagging=_TAGGING,
    gone_words="Could not find",
)

_PACKAGE_GROUP = ResourceType(
    type="AWS::SageMaker::ModelPackageGroup",
    service="sagemaker",
    create="CreateModelPackageGroup",
    read="DescribeModelPackageGroup",
    delete="DeleteModelPackageGroup",
    name="ModelPackageGroupName",
    ref=_answered("ModelPackageGroupArn"),
    arn=_answered("ModelPackageGroupArn"),
    identity=lambda made: {"ModelPackageGroupName": made.properties["ModelPackageGroupName"]},
    attributes={"ModelPackageGroupArn": _answered("ModelPackageGroupArn")},
    tagging=_TAGGING,
    gone_words="Could not find",
)

_PACKAGE = ResourceType(
    type="AWS::SageMaker::ModelPackage",
    service="sagemaker",
    create="CreateModelPackage",
    read="DescribeModelPackage",
    update="UpdateModelPackage",
    updated_by=frozenset(
        {
            "AdditionalInferenceSpecificationsToAdd",
            "ApprovalDescription",
            "CustomerMetadataProperties",
            "ModelApprovalStatus",
        }
    ),
    update_only=frozenset({"AdditionalInferenceSpecificationsToAdd", "ApprovalDescription"}),
    delete="DeleteModelPackage",
    ref=_answered("ModelPackageArn"),
    arn=_answered("ModelPackageArn"),
    # UpdateModelPackage takes the ARN by another name than the other operations.
    identity=lambda made: {
        "ModelPackageName": made.answer["ModelPackageArn"],
        "ModelPackageArn": made.answer["ModelPackageArn"],
    },
    attributes={
        "ModelPackageArn": _answered("ModelPackageArn"),
        "ModelPackageStatus": lambda _made: "Completed",
    },
    tagging=_TAGGING,
    gone_words="Could not find",
)

TYPES = (
    _hosting("Model"),
    _hosting("EndpointConfig"),
    _hosting(
        "Endpoint",
        update="UpdateEndpoint",
        update_only=frozenset(TRANSLATED["AWS::SageMaker::Endpoint"].apart),
    ),
    _COMPONENT,
    _PACKAGE_GROUP,
    _PACKAGE,
)
