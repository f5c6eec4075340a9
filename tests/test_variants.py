"""Several models behind one endpoint, and a shadow behind one."""

from typing import Any

import pytest
from aws_cdk import App, Duration, Size, Stack
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_sagemaker_inference import (
    Alarms,
    Container,
    ModelData,
    Naming,
    RealtimeEndpoint,
    RoutingStrategy,
    Scaling,
    ScalingPolicy,
    ScalingStep,
    ShadowVariant,
    Variant,
)
from support import ARCHIVE, CONTAINER, NAMING, Synthesized, realtime, synthesize

MODEL = "AWS::SageMaker::Model"
CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"
PREFIX = "rc-project-a-fraud-v3-"

OTHER = Container(image=CONTAINER.image, environment={"WORKERS": "8"})


def variant(name: str, **arguments: Any) -> Variant:
    said: dict[str, Any] = {"name": name, "model": CONTAINER} | arguments
    return Variant(**said)


def shadow(**arguments: Any) -> ShadowVariant:
    sampling = {key: arguments.pop(key) for key in ("sampling_percent",) if key in arguments}
    return ShadowVariant(variant=variant("shadow", **arguments), **sampling)


def model_names(result: Synthesized) -> dict[str, str]:
    """Physical names of the models by variant, over the config's references."""
    resources = result.template["Resources"]
    config = result.properties(CONFIG)
    found = {}
    for made in config["ProductionVariants"] + config.get("ShadowProductionVariants", []):
        id, attribute = made["ModelName"]["Fn::GetAtt"]
        assert attribute == "ModelName"
        found[made["VariantName"]] = resources[id]["Properties"]["ModelName"]
    return found


def config_name(result: Synthesized) -> str:
    name: str = result.properties(CONFIG)["EndpointConfigName"]
    return name


class TestSeveral:
    def test_each_is_emitted_with_what_was_said_of_it(self) -> None:
        result = synthesize(
            realtime(
                variants=[
                    variant("champion", weight=9, instance_count=3),
                    variant(
                        "challenger",
                        model=OTHER,
                        weight=0.5,
                        instance_type="ml.c5.2xlarge",
                        volume_size=Size.gibibytes(20),
                        model_data_download_timeout=Duration.minutes(5),
                        container_startup_health_check_timeout=Duration.minutes(6),
                        routing_strategy=RoutingStrategy.RANDOM,
                    ),
                ]
            )
        )
        config = result.properties(CONFIG)
        assert "ShadowProductionVariants" not in config
        first, second = config["ProductionVariants"]
        assert first.pop("ModelName") != second.pop("ModelName")
        assert first == {
            "VariantName": "champion",
            "InstanceType": "ml.m5.xlarge",
            "InitialInstanceCount": 3,
            "InitialVariantWeight": 9,
        }
        assert second == {
            "VariantName": "challenger",
            "InstanceType": "ml.c5.2xlarge",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 0.5,
            "VolumeSizeInGB": 20,
            "ModelDataDownloadTimeoutInSeconds": 300,
            "ContainerStartupHealthCheckTimeoutInSeconds": 360,
            "RoutingConfig": {"RoutingStrategy": "RANDOM"},
        }

    def test_a_weight_of_0_is_a_value(self) -> None:
        result = synthesize(realtime(variants=[variant("A"), variant("B", weight=0)]))
        weights = [
            made["InitialVariantWeight"] for made in result.properties(CONFIG)["ProductionVariants"]
        ]
        assert weights == [1, 0]

    @pytest.mark.parametrize("count", [1, 2, 10])
    def test_one_to_ten(self, count: int) -> None:
        names = [f"variant-{index}" for index in range(count)]
        result = synthesize(realtime(variants=[variant(name) for name in names]))
        made = result.properties(CONFIG)["ProductionVariants"]
        assert [one["VariantName"] for one in made] == names
        assert len(result.of_type(MODEL)) == count
        assert len(set(model_names(result).values())) == count

    def test_each_model_waits_for_the_policy(self) -> None:
        result = synthesize(realtime(variants=[variant("A"), variant("B", model=OTHER)]))
        assert all(len(model["DependsOn"]) == 1 for model in result.of_type(MODEL))

    def test_the_role_reads_each_artifact_once(self) -> None:
        def container(key: str) -> Container:
            return Container(image=CONTAINER.image, data=ModelData.from_uri(f"s3://models/{key}"))

        keys = ["a.tar.gz", "b.tar.gz", "b.tar.gz"]
        variants = [variant(f"V{index}", model=container(key)) for index, key in enumerate(keys)]
        statements = synthesize(realtime(variants=variants)).statements()
        resources = str(statements["ReadModelData"]["Resource"])
        assert [resources.count(key) for key in ("a.tar.gz", "b.tar.gz")] == [1, 1]
        assert not isinstance(statements["PullImage"]["Resource"], list)

    def test_models_are_shared_and_archives_uploaded_for_each(self) -> None:
        model = Container(image=CONTAINER.image, data=ModelData.from_asset(str(ARCHIVE)))
        result = synthesize(
            realtime(variants=[variant("A", model=model), variant("B", model=model)])
        )
        containers = [found["Properties"]["PrimaryContainer"] for found in result.of_type(MODEL)]
        assert containers[0] == containers[1]
        names = model_names(result)
        assert names["A"] != names["B"]

    def test_they_are_public_by_name(self) -> None:
        endpoint = realtime(variants=[variant("A"), variant("B", model=OTHER)])(
            Stack(App(), "Test")
        )
        assert list(endpoint.cfn_models) == ["A", "B"]
        assert endpoint.cfn_model is endpoint.cfn_models["A"]

    @pytest.mark.parametrize(
        "name",
        [
            "Role",
            "Policy",
            "Model",
            "EndpointConfig",
            "Resource",
            "Alarms",
            "Dashboard",
            "Variants",
            "SecurityGroup",
            "EndpointName",
        ],
    )
    def test_any_name_is_free_for_a_variant(self, name: str) -> None:
        result = synthesize(
            realtime(
                variants=[variant(name), variant("B")],
                alarms=Alarms(),
                dashboard=True,
                outputs=True,
            )
        )
        assert list(model_names(result)) == [name, "B"]


class TestNames:
    @pytest.mark.parametrize(
        "change",
        [
            {"weight": 5},
            {"instance_count": 4},
            {"instance_type": "ml.c5.xlarge"},
            {"routing_strategy": RoutingStrategy.RANDOM},
        ],
        ids=["weight", "count", "type", "routing"],
    )
    def test_what_is_not_the_models_renames_the_config_alone(self, change: dict[str, Any]) -> None:
        before = synthesize(realtime(variants=[variant("A"), variant("B")]))
        after = synthesize(realtime(variants=[variant("A"), variant("B", **change)]))
        assert model_names(before) == model_names(after)
        assert config_name(before) != config_name(after)
        names = [result.properties(ENDPOINT)["EndpointName"] for result in (before, after)]
        assert names[0] == names[1]

    def test_a_changed_model_renames_itself_and_the_config_and_no_other_model(self) -> None:
        before = synthesize(realtime(variants=[variant("A"), variant("B")]))
        after = synthesize(realtime(variants=[variant("A"), variant("B", model=OTHER)]))
        assert model_names(before)["A"] == model_names(after)["A"]
        assert model_names(before)["B"] != model_names(after)["B"]
        assert config_name(before) != config_name(after)

    def test_order_and_number_of_the_others_change_no_model(self) -> None:
        before = synthesize(realtime(variants=[variant("A"), variant("B")]))
        after = synthesize(realtime(variants=[variant("C"), variant("B"), variant("A")]))
        kept = {name: model_names(after)[name] for name in ("A", "B")}
        assert kept == model_names(before)

    def test_synthesizing_twice_changes_nothing(self) -> None:
        build = realtime(variants=[variant("A"), variant("B", model=OTHER)], shadow=None)
        assert synthesize(build).template == synthesize(build).template

    @pytest.mark.parametrize("name", ["AllTraffic", "champion"])
    def test_from_one_to_two_no_new_model_meets_an_old_one(self, name: str) -> None:
        """CloudFormation makes the new models before it deletes the old ones, so that a name in
        both must belong to one and the same resource.
        """
        one = synthesize(realtime(variants=[variant(name)]))
        two = synthesize(realtime(variants=[variant(name), variant("challenger")]))
        assert self.moved(one, two) == self.moved(two, one) == set()

    def test_from_a_model_to_variants_no_new_model_meets_an_old_one(self) -> None:
        alone = synthesize(realtime())
        two = synthesize(realtime(variants=[variant("AllTraffic"), variant("challenger")]))
        assert self.moved(alone, two) == self.moved(two, alone) == set()

    def test_with_and_without_a_shadow_no_model_meets_another(self) -> None:
        alone = synthesize(realtime())
        shadowed = synthesize(realtime(shadow=shadow()))
        assert self.moved(alone, shadowed) == self.moved(shadowed, alone) == set()
        assert len(set(model_names(shadowed).values())) == 2

    @staticmethod
    def moved(before: Synthesized, after: Synthesized) -> set[str]:
        """Names that another resource of the other template has."""

        def by_name(result: Synthesized) -> dict[str, str]:
            return {
                resource["Properties"]["ModelName"]: key
                for key, resource in result.template["Resources"].items()
                if resource["Type"] == MODEL
            }

        old, new = by_name(before), by_name(after)
        return {name for name in old.keys() & new.keys() if old[name] != new[name]}

    def test_from_one_to_two_what_has_a_literal_name_stays_the_same_resource(self) -> None:
        scaling = Scaling(
            min_capacity=1,
            max_capacity=2,
            policies=[
                ScalingPolicy.on_cpu(percent=60),
                ScalingPolicy.in_steps(
                    cloudwatch.Metric(namespace="Fraud", metric_name="Backlog"),
                    name="backlog",
                    steps=[ScalingStep(change=1, lower=10)],
                ),
            ],
        )
        first = variant("AllTraffic", scaling=scaling)
        one = synthesize(realtime(variants=[first], alarms=Alarms()))
        two = synthesize(realtime(variants=[first, variant("B")], alarms=Alarms()))
        kinds = ("AWS::CloudWatch::Alarm", "AWS::ApplicationAutoScaling::", ENDPOINT)
        kept = {
            key
            for key, resource in one.template["Resources"].items()
            if resource["Type"].startswith(kinds) and "Config" not in resource["Type"]
        }
        assert len(kept) == 8 + 1 + 3 + 1
        assert kept <= set(two.template["Resources"])

    def test_one_variant_named_as_the_only_one_is_the_only_one(self) -> None:
        assert (
            synthesize(realtime()).template
            == synthesize(realtime(variants=[variant("AllTraffic")])).template
        )


class TestShadow:
    def test_it_stands_beside_the_production_variant(self) -> None:
        result = synthesize(
            realtime(shadow=shadow(model=OTHER, instance_type="ml.c5.xlarge", instance_count=2))
        )
        config = result.properties(CONFIG)
        (production,) = config["ProductionVariants"]
        (copy,) = config["ShadowProductionVariants"]
        assert production.pop("ModelName") != copy.pop("ModelName")
        assert production == {
            "VariantName": "AllTraffic",
            "InstanceType": "ml.m5.xlarge",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 1,
        }
        assert copy == {
            "VariantName": "shadow",
            "InstanceType": "ml.c5.xlarge",
            "InitialInstanceCount": 2,
            "InitialVariantWeight": 1,
        }

    @pytest.mark.parametrize(("percent", "weight"), [(100, 1), (50, 0.5), (12.5, 0.125), (1, 0.01)])
    def test_its_weight_is_its_sampling_of_the_productions_1(
        self, percent: float, weight: float
    ) -> None:
        result = synthesize(realtime(shadow=shadow(sampling_percent=percent)))
        (copy,) = result.properties(CONFIG)["ShadowProductionVariants"]
        (production,) = result.properties(CONFIG)["ProductionVariants"]
        assert copy["InitialVariantWeight"] == pytest.approx(weight)
        assert production["InitialVariantWeight"] == 1

    def test_sampling_makes_a_new_config_and_no_new_model(self) -> None:
        before = synthesize(realtime(shadow=shadow(sampling_percent=10)))
        after = synthesize(realtime(shadow=shadow(sampling_percent=20)))
        assert model_names(before) == model_names(after)
        assert config_name(before) != config_name(after)

    def test_beside_one_of_variants(self) -> None:
        result = synthesize(realtime(variants=[variant("champion")], shadow=shadow()))
        assert list(model_names(result)) == ["champion", "shadow"]


class TestMetrics:
    @staticmethod
    def endpoint(**arguments: Any) -> RealtimeEndpoint:
        return realtime(**arguments)(Stack(App(), "Test"))

    @pytest.mark.parametrize("name", ["A", "B"])
    def test_each_variant_has_its_own(self, name: str) -> None:
        endpoint = self.endpoint(variants=[variant("A"), variant("B")])
        for metric in (
            endpoint.metric_invocations(variant_name=name),
            endpoint.metric_cpu_utilization(variant_name=name),
            endpoint.metric("ModelSetupTime", variant_name=name),
        ):
            assert metric.dimensions == {
                "EndpointName": "rc-project-a-fraud-ep",
                "VariantName": name,
            }

    def test_the_shadow_has_its_own_too(self) -> None:
        metric = self.endpoint(shadow=shadow()).metric_model_latency(variant_name="shadow")
        dimensions = metric.dimensions
        assert dimensions is not None
        assert dimensions["VariantName"] == "shadow"

    def test_one_that_is_not_there_has_none(self) -> None:
        endpoint = self.endpoint(variants=[variant("A"), variant("B")])
        with pytest.raises(ValueError, match=r"'A'.*'B'"):
            endpoint.metric_invocations(variant_name="C")


# id: (arguments, what the message holds)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({"variants": []}, "variants=0: must be 1 to 10 variants"),
    "eleven": (
        {"variants": [variant(f"V{index}") for index in range(11)]},
        "variants=11: must be 1 to 10 variants",
    ),
    "one name twice": (
        {"variants": [variant("A"), variant("A")]},
        "variants='A': is the name of 2",
    ),
    "the shadow's name twice": (
        {"variants": [variant("shadow")], "shadow": shadow()},
        "variants='shadow': is the name of 2",
    ),
    "an underscore": (
        {"variants": [variant("A"), variant("b_1")]},
        "variants[1].name='b_1': must be a literal of up to 63",
    ),
    "a hyphen at the end": ({"variants": [variant("A-")]}, "variants[0].name='A-'"),
    "64 characters": ({"variants": [variant("a" * 64)]}, "variants[0].name="),
    "negative weight": (
        {"variants": [variant("A"), variant("B", weight=-1)]},
        "variants[1].weight=-1: must be a number from 0",
    ),
    "nobody takes the traffic": (
        {"variants": [variant("A", weight=0), variant("B", weight=0)]},
        "leave nobody to take the traffic",
    ),
    "no instance": (
        {"variants": [variant("A"), variant("B", instance_count=0)]},
        "variants[1].instance_count=0",
    ),
    "no such instance": (
        {"variants": [variant("A", instance_type="m5.xlarge")]},
        "variants[0].instance_type='m5.xlarge'",
    ),
    "a volume beside local storage": (
        {"variants": [variant("A", instance_type="ml.g5.xlarge", volume_size=Size.gibibytes(9))]},
        "variants[0].volume_size='9 GiB': ml.g5.xlarge has local storage",
    ),
    "a bad artifact": (
        {"variants": [variant("A", model=Container(image=CONTAINER.image, environment={"1": ""}))]},
        "variants[0].model.environment='1'",
    ),
    "a model beside variants": (
        {"variants": [variant("A")], "model": CONTAINER},
        "model='given': belongs to each variant when variants is given; move it into the variants",
    ),
    "scaling beside variants": (
        {"variants": [variant("A")], "instance_count": 2},
        "instance_count='given': belongs to each variant",
    ),
    "a shadow behind two": (
        {"variants": [variant("A"), variant("B")], "shadow": shadow()},
        "shadow='shadow': needs exactly one production variant, not 2",
    ),
    "a shadow without requests": (
        {"shadow": shadow(sampling_percent=0)},
        "shadow.sampling_percent=0: must be",
    ),
    "a shadow with more than there are": (
        {"shadow": shadow(sampling_percent=101)},
        "shadow.sampling_percent=101: must be",
    ),
    "a weight beside a shadow": (
        {"variants": [variant("A", weight=2)], "shadow": shadow()},
        "variants[0].weight=2: the shadow's share is relative to it; leave it out",
    ),
    "a shadow on Inferentia 1": (
        {"shadow": shadow(instance_type="ml.inf1.xlarge")},
        "shadow.variant.instance_type='ml.inf1.xlarge': cannot be beside or behind a shadow",
    ),
    "a shadow of Inferentia 1": (
        {"instance_type": "ml.inf1.xlarge", "shadow": shadow()},
        "instance_type='ml.inf1.xlarge': cannot be beside or behind a shadow",
    ),
    "a shadow of the wrong type": (
        {"shadow": shadow(instance_type="m5")},
        "shadow.variant.instance_type='m5'",
    ),
}


@pytest.mark.parametrize("id", REFUSED)
def test_what_could_not_be_deployed_is_refused(id: str) -> None:
    arguments, text = REFUSED[id]
    with pytest.raises(ValueError, match="has 1 problem:") as caught:
        realtime(**arguments)(Stack(App(), "Test"))
    assert text in str(caught.value)


def test_neither_a_model_nor_variants() -> None:
    with pytest.raises(ValueError, match="model=None"):
        RealtimeEndpoint(Stack(App(), "Test"), "Fraud", naming=NAMING)


def test_everything_wrong_is_said_at_once_with_its_place() -> None:
    variants = [
        variant("A", weight=-1),
        variant("b_1", instance_count=0),
        variant("C", instance_type="t"),
    ]
    with pytest.raises(ValueError, match="has 6 problems:") as caught:
        realtime(variants=variants, shadow=shadow())(Stack(App(), "Test"))
    for text in ("variants[0].weight", "variants[1].name", "variants[1].instance_count"):
        assert text in str(caught.value)


def test_variants_share_the_version_of_the_endpoint() -> None:
    naming = Naming(team="rc", project="project-a", model="fraud", version=4)
    result = synthesize(realtime(naming=naming, variants=[variant("A"), variant("B")]))
    assert all(name.startswith("rc-project-a-fraud-v4-") for name in model_names(result).values())
