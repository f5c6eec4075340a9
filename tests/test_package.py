import inspect
from pathlib import Path

import pytest

import cdk_sagemaker_inference as library

ROOT = Path(__file__).parent.parent


def test_all_names_are_the_public_contract() -> None:
    assert library.__all__ == [
        "AdjustmentType",
        "Alarms",
        "AssembleWith",
        "AsyncAlarms",
        "AsyncEndpoint",
        "AsyncScaling",
        "BatchAlarms",
        "BatchDataCapture",
        "BatchSchedule",
        "BatchStrategy",
        "BatchTransformJob",
        "BlueGreen",
        "CaptureMode",
        "ComponentAlarms",
        "ComponentResources",
        "ComponentRolling",
        "Container",
        "ContainerImage",
        "CopyScaling",
        "DataCapture",
        "DataProcessing",
        "DeployerPolicy",
        "DeploymentPolicy",
        "EndpointAlarm",
        "Experiment",
        "ImportedEndpoint",
        "InferenceComponent",
        "InferenceComponentEndpoint",
        "InferenceEndpoint",
        "InferencePipeline",
        "InstanceAlarms",
        "ManagedInstanceScaling",
        "MetricOptions",
        "ModelData",
        "ModelDefinition",
        "ModelPackage",
        "MultiContainerModel",
        "MultiModelAlarms",
        "MultiModelEndpoint",
        "Naming",
        "NamingScheme",
        "NotificationTopic",
        "ProvisionedConcurrencyScaling",
        "RealtimeEndpoint",
        "Rolling",
        "RoutingStrategy",
        "RunAtDeployment",
        "RunOnDemand",
        "S3Prefix",
        "Scaling",
        "ScalingPolicy",
        "ScalingSchedule",
        "ScalingStep",
        "ServerlessAlarms",
        "ServerlessEndpoint",
        "Severity",
        "ShadowVariant",
        "SplitType",
        "TransformInput",
        "TransformJobStatus",
        "TransformOutput",
        "UpdateFinding",
        "Variant",
        "VariantProperty",
        "cdk_cli_statements",
        "check_updates",
        "deployer_statements",
        "find_update_problems",
    ]


def test_the_package_exports_nothing_but_its_public_names() -> None:
    public = {
        name
        for name, value in vars(library).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public == set(library.__all__)


@pytest.mark.parametrize("name", library.__all__)
def test_public_methods_and_classes_say_what_they_do(name: str) -> None:
    cls = getattr(library, name)
    assert inspect.getdoc(cls)
    for method, value in vars(cls).items():
        if not method.startswith("_") and (callable(value) or isinstance(value, property)):
            assert inspect.getdoc(value), f"{name}.{method} has no docstring"


def test_constructs_folder_never_becomes_a_package() -> None:
    """It would shadow PyPI's constructs, which aws_cdk imports."""
    assert not list(ROOT.glob("constructs/*.py"))
    assert not (ROOT / "tests" / "constructs").exists()


def test_the_library_never_imports_the_reference_app_or_the_test_bed() -> None:
    for path in (ROOT / "constructs").rglob("*.py"):
        text = path.read_text()
        for name in ("stacks", "local", "moto"):
            assert f"import {name}" not in text, path
            assert f"from {name}" not in text, path
