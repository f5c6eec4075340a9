"""AWS::SageMaker types for hosting. Their `Ref` is the ARN, in which SageMaker lower-cases the
name.
"""

from __future__ import annotations

from local.providers import Made, ResourceType, Tagging

_TAGGING = Tagging(add="AddTags", remove="DeleteTags")


def _hosting(
    kind: str, *, update: str | None = None, update_only: frozenset[str] = frozenset()
) -> ResourceType:
    """Model, EndpointConfig and Endpoint follow one scheme."""
    name, arn = f"{kind}Name", f"{kind}Arn"

    def read_arn(made: Made) -> str:
        return str(made.answer[arn])

    def read_name(made: Made) -> str:
        return str(made.properties[name])

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
        ref=read_arn,
        arn=read_arn,
        identity=lambda made: {name: made.properties[name]},
        attributes={name: read_name, arn: read_arn},
        tagging=_TAGGING,
        gone_words="Could not find",
    )


TYPES = (
    _hosting("Model"),
    _hosting("EndpointConfig"),
    _hosting(
        "Endpoint",
        update="UpdateEndpoint",
        update_only=frozenset(
            {
                "ExcludeRetainedVariantProperties",
                "RetainAllVariantProperties",
                "RetainDeploymentConfig",
            }
        ),
    ),
)
