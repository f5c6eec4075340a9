"""The dashboard, read as CloudWatch reads it."""

import json
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_sagemaker_inference import (
    Alarms,
    Naming,
    RealtimeEndpoint,
    Scaling,
    ShadowVariant,
    Variant,
)
from support import CONTAINER, Synthesized, realtime, synthesize

DASHBOARD = "AWS::CloudWatch::Dashboard"
ENDPOINT_NAME = "rc-project-a-fraud-ep"
INVOCATION = "AWS/SageMaker"
INSTANCE = "/aws/sagemaker/Endpoints"


def flat(value: Any) -> str:
    """A string with references as ``<Name>``."""
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return f"<{value['Ref']}>"
    if "Fn::GetAtt" in value:
        return "<" + ".".join(value["Fn::GetAtt"]) + ">"
    separator, parts = value["Fn::Join"]
    joined: str = separator.join(flat(part) for part in parts)
    return joined


class Widgets:
    """A dashboard's widgets."""

    def __init__(self, result: Synthesized) -> None:
        properties = result.properties(DASHBOARD)
        self.name = flat(properties["DashboardName"]) if "DashboardName" in properties else None
        self.all: list[dict[str, Any]] = json.loads(flat(properties["DashboardBody"]))["widgets"]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [widget["properties"] for widget in self.all if widget["type"] == kind]

    @property
    def texts(self) -> list[str]:
        return [text["markdown"] for text in self.of_type("text")]

    def row(self, variant: str = "AllTraffic") -> dict[str, dict[str, Any]]:
        """The graphs below a variant's title, by title."""
        titles = [widget["properties"].get("markdown") for widget in self.all]
        graphs = {}
        for widget in self.all[titles.index(f"## {variant}") + 1 :]:
            if widget["type"] != "metric":
                break
            graphs[widget["properties"]["title"]] = widget["properties"]
        return graphs


def shown(**arguments: Any) -> Widgets:
    return Widgets(synthesize(realtime(**{"dashboard": True} | arguments)))


def lines(graph: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    """What a graph shows by label: expression, or metric with namespace and statistic."""
    found: dict[str, tuple[Any, ...]] = {}
    for entry in graph["metrics"]:
        options = entry[-1]
        if options.get("visible") is False:
            continue
        if "expression" in options:
            found[options["label"]] = (options["expression"],)
        else:
            namespace, name, *_ = entry
            found[options["label"]] = (namespace, name, options.get("stat", "Average"))
    return found


def sources(graph: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """The metrics that expressions are made of, by id."""
    return {
        entry[-1]["id"]: (entry[0], entry[1], entry[-1].get("stat", "Average"))
        for entry in graph["metrics"]
        if "expression" not in entry[-1] and "id" in entry[-1]
    }


GRAPHS = [
    "Requests per minute",
    "Latency in milliseconds",
    "Errors in percent of requests",
    "Processors in percent",
    "Memory and disk in percent",
    "Instances",
]


class TestWhetherThereIsOne:
    def test_not_unless_asked_for(self) -> None:
        assert synthesize(realtime()).of_type(DASHBOARD) == []
        assert realtime()(Stack(App(), "Test")).dashboard is None

    def test_true_makes_one(self) -> None:
        widgets = shown()
        assert widgets.name == f"{ENDPOINT_NAME}-<AWS::Region>"
        assert widgets.texts[0] == f"# {ENDPOINT_NAME}"

    def test_an_own_one_is_added_to(self) -> None:
        def build(stack: Stack) -> None:
            dashboard = cloudwatch.Dashboard(stack, "Own")
            dashboard.add_widgets(cloudwatch.TextWidget(markdown="# First"))
            endpoint = realtime(dashboard=dashboard)(stack)
            assert endpoint.dashboard is dashboard
            dashboard.add_widgets(cloudwatch.TextWidget(markdown="# Last"))

        result = synthesize(build)
        assert len(result.of_type(DASHBOARD)) == 1
        widgets = Widgets(result)
        assert widgets.name is None
        assert widgets.texts == ["# First", f"# {ENDPOINT_NAME}", "## AllTraffic", "# Last"]
        assert list(widgets.row()) == GRAPHS

    def test_an_own_one_in_another_stack(self) -> None:
        app = App()
        dashboard = cloudwatch.Dashboard(Stack(app, "Dashboards"), "Own")
        realtime(dashboard=dashboard, alarms=Alarms())(Stack(app, "Models"))
        assembly = app.synth()
        assert DASHBOARD not in str(assembly.get_stack_by_name("Models").template)
        assert "ModelLatency" in str(assembly.get_stack_by_name("Dashboards").template)

    def test_one_dashboard_for_two_endpoints(self) -> None:
        def build(stack: Stack) -> None:
            dashboard = cloudwatch.Dashboard(stack, "Own")
            realtime(dashboard=dashboard)(stack)
            other = Naming(team="rc", project="project-a", model="churn")
            RealtimeEndpoint(
                stack, "Churn", naming=other, model=CONTAINER, alarms=None, dashboard=dashboard
            )

        titles = [text for text in Widgets(synthesize(build)).texts if text.startswith("# ")]
        assert titles == [f"# {ENDPOINT_NAME}", "# rc-project-a-churn-ep"]


class TestRow:
    def test_traffic(self) -> None:
        graph = shown().row()["Requests per minute"]
        assert lines(graph) == {"requests": (INVOCATION, "Invocations", "Sum")}
        assert graph["metrics"][0][-1]["period"] == 60

    def test_latency_is_microseconds_by_1000(self) -> None:
        graph = shown().row()["Latency in milliseconds"]
        assert lines(graph) == {
            "model p50": ("model_p50 / 1000",),
            "model p90": ("model_p90 / 1000",),
            "model p99": ("model_p99 / 1000",),
            "overhead": ("overhead / 1000",),
        }
        assert sources(graph) == {
            "model_p50": (INVOCATION, "ModelLatency", "p50"),
            "model_p90": (INVOCATION, "ModelLatency", "p90"),
            "model_p99": (INVOCATION, "ModelLatency", "p99"),
            "overhead": (INVOCATION, "OverheadLatency", "Average"),
        }

    def test_errors_are_shares_of_sums(self) -> None:
        graph = shown().row()["Errors in percent of requests"]
        assert lines(graph) == {
            "4XX": ("100 * errors_4xx / requests",),
            "5XX": ("100 * errors_5xx / requests",),
        }
        assert sources(graph) == {
            "errors_4xx": (INVOCATION, "Invocation4XXErrors", "Sum"),
            "errors_5xx": (INVOCATION, "Invocation5XXErrors", "Sum"),
            "requests": (INVOCATION, "Invocations", "Sum"),
        }

    @pytest.mark.parametrize(
        ("instance_type", "expected"),
        [
            ("ml.m5.xlarge", {"CPU": ("cpu / 4",)}),
            ("ml.c5.2xlarge", {"CPU": ("cpu / 8",)}),
            (
                "ml.g5.12xlarge",
                {
                    "CPU": ("cpu / 48",),
                    "GPU": ("gpu / 4",),
                    "GPU memory": ("gpu_memory / 4",),
                },
            ),
        ],
    )
    def test_processors_are_percent_of_what_the_instance_has(
        self, instance_type: str, expected: dict[str, tuple[str]]
    ) -> None:
        graph = shown(instance_type=instance_type).row()["Processors in percent"]
        assert lines(graph) == expected
        names = {
            "cpu": (INSTANCE, "CPUUtilization", "Average"),
            "gpu": (INSTANCE, "GPUUtilization", "Average"),
            "gpu_memory": (INSTANCE, "GPUMemoryUtilization", "Average"),
        }
        found = sources(graph)
        assert found == {id: names[id] for id in found}

    def test_memory_and_disk_are_percent_already(self) -> None:
        assert lines(shown().row()["Memory and disk in percent"]) == {
            "memory": (INSTANCE, "MemoryUtilization", "Average"),
            "disk": (INSTANCE, "DiskUtilization", "Average"),
        }

    @pytest.mark.parametrize("title", [title for title in GRAPHS if "percent" in title])
    def test_percent_end_at_100(self, title: str) -> None:
        axis = shown().row()[title]["yAxis"]["left"]
        assert (axis["min"], axis["max"]) == (0, 100)

    def test_capacity_against_its_bounds(self) -> None:
        scaling = Scaling.on_cpu(min_capacity=2, max_capacity=8, percent=60)
        graph = shown(scaling=scaling).row()["Instances"]
        assert lines(graph) == {"instances": (INSTANCE, "CPUUtilization", "SampleCount")}
        assert graph["annotations"]["horizontal"] == [
            {"label": "min", "value": 2, "yAxis": "left"},
            {"label": "max", "value": 8, "yAxis": "left"},
        ]

    def test_a_fixed_capacity_has_no_bounds(self) -> None:
        assert "annotations" not in shown().row()["Instances"]

    def test_every_metric_is_of_the_endpoint_and_variant(self) -> None:
        for graph in shown(instance_type="ml.g5.12xlarge").row().values():
            for entry in graph["metrics"]:
                if "expression" not in entry[-1]:
                    assert entry[2:-1] == [
                        "EndpointName",
                        ENDPOINT_NAME,
                        "VariantName",
                        "AllTraffic",
                    ]
                    assert entry[-1]["period"] == 60


class TestSeveralVariants:
    def test_one_row_and_title_each(self) -> None:
        widgets = shown(
            variants=[
                Variant(
                    name="champion",
                    model=CONTAINER,
                    scaling=Scaling.on_cpu(min_capacity=2, max_capacity=8, percent=60),
                ),
                Variant(name="challenger", model=CONTAINER, instance_type="ml.c5.2xlarge"),
            ]
        )
        assert widgets.texts == [f"# {ENDPOINT_NAME}", "## champion", "## challenger"]
        for variant, vcpus in (("champion", 4), ("challenger", 8)):
            row = widgets.row(variant)
            assert list(row) == GRAPHS
            assert lines(row["Processors in percent"]) == {"CPU": (f"cpu / {vcpus}",)}
            assert row["Requests per minute"]["metrics"][0][5] == variant
            assert ("annotations" in row["Instances"]) == (variant == "champion")

    def test_a_shadow_has_a_row_too(self) -> None:
        shadow = ShadowVariant(variant=Variant(name="shadow", model=CONTAINER))
        assert shown(shadow=shadow).texts[1:] == ["## AllTraffic", "## shadow"]

    def test_rows_do_not_overlap(self) -> None:
        widgets = shown(
            variants=[Variant(name=name, model=CONTAINER) for name in ("A", "B", "C")],
            alarms=Alarms(),
        )
        cells = [
            (x, y)
            for widget in widgets.all
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        ]
        assert len(cells) == len(set(cells))
        assert max(x for x, _ in cells) < 24


class TestAlarmStates:
    def test_all_alarms_of_all_variants(self) -> None:
        variants = [Variant(name=name, model=CONTAINER) for name in ("A", "B")]
        result = synthesize(realtime(dashboard=True, alarms=Alarms(), variants=variants))
        (widget,) = Widgets(result).of_type("alarm")
        alarms = {
            f"<{key}.Arn>"
            for key, resource in result.template["Resources"].items()
            if resource["Type"] == "AWS::CloudWatch::Alarm"
        }
        assert set(widget["alarms"]) == alarms
        assert len(widget["alarms"]) == len(alarms) == 2 * 8

    @pytest.mark.parametrize(
        "alarms",
        [
            None,
            Alarms(
                model_latency_millis=None,
                overhead_latency_millis=None,
                error_4xx_percent=None,
                error_5xx_percent=None,
                cpu_percent=None,
                memory_percent=None,
                disk_percent=None,
                min_healthy_instances=None,
            ),
        ],
        ids=["no alarms", "all off"],
    )
    def test_without_alarms_there_is_no_such_widget(self, alarms: Alarms | None) -> None:
        assert shown(alarms=alarms).of_type("alarm") == []


class TestRegions:
    def test_every_graph_shows_the_region_that_it_is_deployed_in(self) -> None:
        variants = [Variant(name=name, model=CONTAINER) for name in ("A", "B")]
        graphs = shown(variants=variants, alarms=Alarms()).of_type("metric")
        assert len(graphs) == 2 * len(GRAPHS)
        assert {graph["region"] for graph in graphs} == {"<AWS::Region>"}
        for graph in graphs:
            for entry in graph["metrics"]:
                assert not {"region", "accountId"} & set(entry[-1])

    def test_the_name_differs_by_region_for_dashboards_are_global(self) -> None:
        environment = Environment(account="123456789012", region="eu-west-1")
        result = synthesize(realtime(dashboard=True), env=environment)
        assert Widgets(result).name == f"{ENDPOINT_NAME}-eu-west-1"
