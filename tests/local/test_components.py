from __future__ import annotations

from typing import Any

import pytest

BASE = "arn:aws:sagemaker:us-east-1:123456789012"
GPU = {"VariantName": "main", "InstanceType": "ml.g5.12xlarge", "InitialInstanceCount": 1}
RESOURCES = {
    "NumberOfCpuCoresRequired": 2.0,
    "NumberOfAcceleratorDevicesRequired": 1.0,
    "MinMemoryRequiredInMb": 1024,
}
OF_MODEL: dict[str, Any] = {"ModelName": "model", "ComputeResourceRequirements": RESOURCES}
OF_IMAGE: dict[str, Any] = {
    "Container": {
        "Image": "image:1",
        "ArtifactUrl": "s3://theirs/model.tar.gz",
        "Environment": {"WORKERS": "2"},
    },
    "StartupParameters": {"ModelDataDownloadTimeoutInSeconds": 600},
    "ComputeResourceRequirements": RESOURCES,
}


class Components:
    """A component endpoint, and components with their defaults."""

    def __init__(self, hosting: Any) -> None:
        self.hosting = hosting
        self.api = hosting.api
        self.refused = hosting.refused
        hosting.model()
        hosting.config("config", GPU, ExecutionRoleArn=hosting.role)
        hosting.endpoint(name="Endpoint")

    def create(self, name: str = "First", **changes: Any) -> Any:
        request = {
            "EndpointName": "Endpoint",
            "VariantName": "main",
            "Specification": OF_MODEL,
            "RuntimeConfig": {"CopyCount": 2},
        }
        wanted = {k: v for k, v in (request | changes).items() if v is not None}
        return self.api.create_inference_component(InferenceComponentName=name, **wanted)

    def needing(self, **changes: Any) -> Any:
        """A component that requires other resources."""
        needed = {"ComputeResourceRequirements": RESOURCES | changes}
        return self.create(Specification=OF_MODEL | needed)

    def update(self, **changes: Any) -> Any:
        return self.api.update_inference_component(InferenceComponentName="First", **changes)

    def describe(self, name: str = "First") -> Any:
        return self.api.describe_inference_component(InferenceComponentName=name)


@pytest.fixture
def components(hosting: Any) -> Components:
    return Components(hosting)


def test_describe_answers_with_everything(components: Components) -> None:
    made = components.create(Tags=[{"Key": "a", "Value": "b"}])
    arn = f"{BASE}:inference-component/first"
    assert made["InferenceComponentArn"] == arn
    described = components.describe("FIRST")
    assert described["InferenceComponentName"] == "First"
    assert described["EndpointArn"] == f"{BASE}:endpoint/endpoint"
    assert (described["EndpointName"], described["VariantName"]) == ("Endpoint", "main")
    assert described["InferenceComponentStatus"] == "InService"
    assert described["Specification"] == OF_MODEL
    assert described["RuntimeConfig"] == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}
    tags = components.api.list_tags(ResourceArn=arn)["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}]


def test_a_container_is_shown_with_its_resolved_image(components: Components) -> None:
    components.create(Specification=OF_IMAGE, RuntimeConfig=None)
    described = components.describe()
    container = described["Specification"]["Container"]
    assert container["DeployedImage"]["SpecifiedImage"] == "image:1"
    assert container["Environment"] == {"WORKERS": "2"}
    assert described["Specification"]["StartupParameters"] == OF_IMAGE["StartupParameters"]
    assert described["RuntimeConfig"]["CurrentCopyCount"] == 1


def test_several_instance_types_have_a_specification_each(components: Components) -> None:
    pools = [
        {"InstanceType": "ml.g5.12xlarge", "Priority": 1},
        {"InstanceType": "ml.g6.12xlarge", "Priority": 2},
    ]
    pooled = {"VariantName": "main", "InstancePools": pools, "InitialInstanceCount": 1}
    role = components.hosting.role
    components.hosting.config("pooled", pooled, ExecutionRoleArn=role)
    components.hosting.endpoint("pooled", "pooled")
    several = [OF_MODEL | {"InstanceType": pool["InstanceType"]} for pool in pools]
    components.create(EndpointName="pooled", Specification=None, Specifications=several)
    assert components.describe()["Specifications"] == several
    with components.refused("Each of Specifications must name an InstanceType of its own"):
        components.update(Specifications=[several[0], several[0]])
    with components.refused("Each of Specifications must name an InstanceType of its own"):
        components.update(Specifications=[OF_MODEL])


def test_listings_are_filtered_and_sorted(components: Components) -> None:
    role = components.hosting.role
    components.hosting.config("two", GPU | {"VariantName": "second"}, ExecutionRoleArn=role)
    components.hosting.endpoint("two", "other")
    for name in ("b", "a"):
        components.create(name)
    components.create("c", EndpointName="other", VariantName="second")

    def names(**request: Any) -> list[str]:
        listed = components.api.list_inference_components(**request)["InferenceComponents"]
        return [component["InferenceComponentName"] for component in listed]

    assert names(SortBy="Name", SortOrder="Ascending") == ["a", "b", "c"]
    assert sorted(names(EndpointNameEquals="endpoint")) == ["a", "b"]
    assert names(VariantNameEquals="second") == ["c"]
    assert names(NameContains="b") == ["b"]
    assert names(StatusEquals="Failed") == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"EndpointName": "none"}, f'Could not find endpoint "{BASE}:endpoint/none".'),
        ({"VariantName": "none"}, 'Could not find variant "none" of endpoint'),
        ({"VariantName": None}, "VariantName is required"),
        ({"Specification": None}, "exactly one of Specification and Specifications"),
        ({"Specifications": [OF_MODEL]}, "exactly one of Specification and Specifications"),
        ({"RuntimeConfig": {"CopyCount": 0}}, "copy count an integer larger than 0"),
        ({"InferenceComponentName": "a_b"}, "Member must satisfy regular expression pattern"),
        (
            {"Specification": OF_MODEL | {"InstanceType": "ml.g5.12xlarge"}},
            "InstanceType is only supported in Specifications",
        ),
        (
            {"Specification": OF_MODEL | {"ModelName": "none"}},
            f'Could not find model "{BASE}:model/none".',
        ),
        (
            {"Specification": OF_MODEL | {"Container": {"Image": "image:1"}}},
            "exactly one of ModelName and Container",
        ),
        (
            {"Specification": OF_IMAGE | {"Container": {}}},
            "The Container of an inference component must name an Image",
        ),
        (
            {"Specification": {"ModelName": "model"}},
            "ComputeResourceRequirements must be given",
        ),
        (
            {
                "Specification": OF_IMAGE
                | {"Container": {"Image": "image:1", "ArtifactUrl": "s3://ours/none.tar.gz"}}
            },
            "Could not access model data at s3://ours/none.tar.gz",
        ),
    ],
)
def test_components_that_are_refused(
    components: Components, changes: dict[str, Any], text: str
) -> None:
    components.hosting.cloud.client("s3").create_bucket(Bucket="ours")
    name = changes.pop("InferenceComponentName", "First")
    with components.refused(text):
        components.create(name, **changes)
    assert components.api.list_inference_components()["InferenceComponents"] == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"MinMemoryRequiredInMb": 127}, "greater than or equal to 128"),
        ({"NumberOfCpuCoresRequired": 0.2}, "greater than or equal to 0.25"),
        ({"NumberOfAcceleratorDevicesRequired": 0.5}, "greater than or equal to 1"),
        ({"MaxMemoryRequiredInMb": 512}, "must not be less than MinMemoryRequiredInMb"),
        (
            {"NumberOfAcceleratorDevicesRequired": 5.0},
            "requires 5 accelerators, but an instance of type ml.g5.12xlarge has 4",
        ),
        ({"NumberOfCpuCoresRequired": 49.0}, "requires 49 CPU cores"),
        ({"MinMemoryRequiredInMb": 200_000}, "requires 200000 MB of memory"),
    ],
)
def test_resources_that_are_refused(
    components: Components, changes: dict[str, Any], text: str
) -> None:
    with components.refused(text):
        components.needing(**changes)


def test_a_whole_instance_can_be_required(components: Components) -> None:
    components.needing(NumberOfCpuCoresRequired=48.0, NumberOfAcceleratorDevicesRequired=4.0)


def test_what_has_models_of_its_own_takes_no_components(components: Components) -> None:
    components.hosting.config("models")
    components.hosting.endpoint("models", "models")
    with components.refused("Inference Components are not supported in this Endpoint."):
        components.create(EndpointName="models")


def test_a_multi_model_model_is_refused(components: Components) -> None:
    many = {"Image": "image:1", "Mode": "MultiModel", "ModelDataUrl": "s3://theirs/models/"}
    components.hosting.model("many", PrimaryContainer=many)
    with components.refused("Model many is in MultiModel mode"):
        components.create(Specification=OF_MODEL | {"ModelName": "many"})


def test_a_name_is_taken_whatever_its_case(components: Components) -> None:
    components.create()
    with components.refused("Cannot create already existing inference component"):
        components.create("FIRST")


def test_an_adapter_sits_on_a_component_of_the_same_endpoint(components: Components) -> None:
    components.create("base")
    artifact = {"ArtifactUrl": "s3://theirs/adapter.tar.gz"}
    adapter = {"BaseInferenceComponentName": "base", "Container": artifact}
    components.create("adapter", Specification=adapter)
    assert components.describe("adapter")["Specification"] == adapter
    with components.refused("Could not find inference component"):
        components.create(Specification=adapter | {"BaseInferenceComponentName": "none"})
    with components.refused("given by the ArtifactUrl of a Container"):
        components.create(Specification={"BaseInferenceComponentName": "base"})
    role = components.hosting.role
    components.hosting.config("two", GPU, ExecutionRoleArn=role)
    components.hosting.endpoint("two", "other")
    with components.refused("Inference component base is not on the same endpoint"):
        components.create(EndpointName="other", Specification=adapter)


BATCH = {"Type": "CAPACITY_PERCENT", "Value": 50}
ROLLING: dict[str, Any] = {
    "RollingUpdatePolicy": {"MaximumBatchSize": BATCH, "WaitIntervalInSeconds": 60}
}


def test_an_update_replaces_what_it_gives(components: Components) -> None:
    components.create()
    components.update(RuntimeConfig={"CopyCount": 0})
    assert components.describe()["RuntimeConfig"]["CurrentCopyCount"] == 0
    assert components.describe()["Specification"] == OF_MODEL
    components.update(Specification=OF_IMAGE, DeploymentConfig=ROLLING)
    described = components.describe()
    assert "ModelName" not in described["Specification"]
    assert described["LastDeploymentConfig"] == ROLLING
    assert described["RuntimeConfig"]["CurrentCopyCount"] == 0
    components.api.update_inference_component_runtime_config(
        InferenceComponentName="first", DesiredRuntimeConfig={"CopyCount": 3}
    )
    assert components.describe()["RuntimeConfig"]["DesiredCopyCount"] == 3


def _rolling(**changes: Any) -> dict[str, Any]:
    return {"RollingUpdatePolicy": ROLLING["RollingUpdatePolicy"] | changes}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"Specification": OF_MODEL | {"ModelName": "none"}}, "Could not find model"),
        ({"RuntimeConfig": {"CopyCount": -1}}, "greater than or equal to 0"),
        (
            {"DeploymentConfig": _rolling(MaximumBatchSize=BATCH | {"Value": 51})},
            "MaximumBatchSize must be between 5 and 50 percent",
        ),
        (
            {
                "DeploymentConfig": _rolling(
                    WaitIntervalInSeconds=700, MaximumExecutionTimeoutInSeconds=600
                )
            },
            "must be larger than all waiting times together (700)",
        ),
        (
            {
                "DeploymentConfig": ROLLING
                | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "none"}]}}
            },
            "Could not find the rollback alarm none.",
        ),
    ],
)
def test_updates_that_are_refused(
    components: Components, changes: dict[str, Any], text: str
) -> None:
    components.create()
    before = components.describe()
    with components.refused(text):
        components.update(**changes)
    after = components.describe()
    for answer in (before, after):
        answer.pop("ResponseMetadata")
    assert after == before


def test_missing_components_are_refused(components: Components) -> None:
    text = f'Could not find inference component "{BASE}:inference-component/first".'
    with components.refused(text):
        components.describe()
    with components.refused(text):
        components.update(RuntimeConfig={"CopyCount": 1})
    with components.refused(text):
        components.api.delete_inference_component(InferenceComponentName="First")


def test_an_endpoint_stays_as_long_as_its_components(components: Components) -> None:
    components.create()
    with components.refused(
        "Cannot delete endpoint with inference component associated. Please delete inference "
        "component and try it again."
    ):
        components.api.delete_endpoint(EndpointName="endpoint")
    components.api.delete_inference_component(InferenceComponentName="first")
    components.api.delete_endpoint(EndpointName="endpoint")
    assert components.api.list_endpoints()["Endpoints"] == []


def test_an_endpoint_keeps_the_variants_of_its_components(components: Components) -> None:
    components.create()
    role = components.hosting.role
    components.hosting.config("renamed", GPU | {"VariantName": "b"}, ExecutionRoleArn=role)
    with components.refused("is on its variant main, which the new endpoint configuration"):
        components.hosting.update("renamed")
    components.hosting.config("more", GPU | {"InitialInstanceCount": 2}, ExecutionRoleArn=role)
    components.hosting.update("more")
    assert components.hosting.variants()["main"]["DesiredInstanceCount"] == 2
