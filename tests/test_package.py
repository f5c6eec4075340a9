import ast
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
    for name in library.__all__:
        getattr(library, name)
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


def test_every_public_name_is_loaded_from_the_module_that_types_are_read_from() -> None:
    source = (ROOT / "constructs" / "cdk_sagemaker_inference" / "__init__.py").read_text()
    block = next(node for node in ast.parse(source).body if isinstance(node, ast.If))
    imported = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted(imported) == library.__all__
    for name, module in imported.items():
        assert getattr(library, name).__module__.startswith(f"cdk_sagemaker_inference.{module}")


def test_what_is_not_public_is_no_attribute() -> None:
    nothing = "Nothing"
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        getattr(library, nothing)
    assert dir(library) == sorted(library.__all__)
