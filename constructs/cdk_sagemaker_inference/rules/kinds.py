"""Rules about what kind of thing an argument is; the other rules take it for granted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration, Size

from ..alarms import AlarmSettings
from ..component_request import ComponentRequest, ComponentResources
from ..container_image import ContainerImage
from ..data_capture import DataCapture
from ..deployment import BlueGreen, DeploymentPolicy
from ..model import Container, ModelDefinition, ModelPackage, SeveralContainers
from ..model_data import ModelData
from ..request import EndpointRequest, PlacedRequest
from ..scaling import CapacityScaling, ScalingSchedule
from ..scaling_policy import ScalingPolicy
from ..storage import S3Prefix
from ..transform import (
    AssembleWith,
    BatchDataCapture,
    BatchStrategy,
    DataProcessing,
    Experiment,
    SplitType,
    TransformInput,
    TransformOutput,
    TransformRequest,
)
from ..transform_observability import BatchAlarms
from ..transform_runs import BatchSchedule, RunAtDeployment, RunOnDemand, TransformRuns
from ..variants import (
    ComponentVariant,
    EndpointVariant,
    FleetVariant,
    ManagedInstanceScaling,
    RoutingStrategy,
    ServerlessVariant,
    ShadowVariant,
)
from .registry import Finding, Rules, rule

RULES = Rules("kinds of arguments")


@dataclass(frozen=True)
class _Said:
    """An argument, what was said, and what it must be; ``None`` is right unless it is required."""

    argument: str
    value: object
    kind: type
    required: bool = False

    @property
    def is_right(self) -> bool:
        return isinstance(self.value, self.kind) or (self.value is None and not self.required)


def _whole_request(request: EndpointRequest) -> Iterator[_Said]:
    policy = request.deployment
    yield _Said("alarms", request.alarms, AlarmSettings)
    yield _Said("data_capture", request.data_capture, DataCapture)
    yield _Said("shadow", request.shadow, ShadowVariant)
    yield _Said("deployment", policy, DeploymentPolicy)
    if isinstance(policy, DeploymentPolicy):
        timeout = policy.maximum_execution_timeout
        yield _Said("deployment.bake", policy.bake, Duration)
        yield _Said("deployment.maximum_execution_timeout", timeout, Duration)
    if isinstance(policy, BlueGreen):
        yield _Said("deployment.termination_wait", policy.termination_wait, Duration)


def _variant(variant: EndpointVariant) -> Iterator[_Said]:
    prefix = variant.prefix
    yield from _scaling(f"{prefix}scaling", variant.scaling)
    if isinstance(variant, FleetVariant):
        yield _Said(f"{prefix}volume_size", variant.volume_size, Size)
        yield _Said(f"{prefix}routing_strategy", variant.routing_strategy, RoutingStrategy)
        yield from _timeouts(prefix, variant)
    if isinstance(variant, ComponentVariant):
        yield _Said("instance_scaling", variant.instance_scaling, ManagedInstanceScaling)
    if isinstance(variant, ServerlessVariant):
        yield _Said("memory_size", variant.memory_size, Size, required=True)


def _timeouts(prefix: str, said: FleetVariant | ComponentRequest) -> Iterator[_Said]:
    download = said.model_data_download_timeout
    start_up = said.container_startup_health_check_timeout
    yield _Said(f"{prefix}model_data_download_timeout", download, Duration)
    yield _Said(f"{prefix}container_startup_health_check_timeout", start_up, Duration)


def _scaling(argument: str, scaling: object) -> Iterator[_Said]:
    yield _Said(argument, scaling, CapacityScaling)
    if not isinstance(scaling, CapacityScaling):
        return
    yield from _items(f"{argument}.policies", scaling.policies, ScalingPolicy)
    yield from _items(f"{argument}.schedules", scaling.schedules, ScalingSchedule)
    if isinstance(scaling.policies, Sequence):
        for index, policy in enumerate(scaling.policies):
            if isinstance(policy, ScalingPolicy):
                for name, duration in policy.cooldowns.items():
                    yield _Said(f"{argument}.policies[{index}].{name}", duration, Duration)


def _items(argument: str, items: object, kind: type) -> Iterator[_Said]:
    yield _Said(argument, items, Sequence, required=True)
    if isinstance(items, Sequence):
        for index, item in enumerate(items):
            yield _Said(f"{argument}[{index}]", item, kind, required=True)


def _component(component: ComponentRequest) -> Iterator[_Said]:
    resources = component.resources
    yield _Said("resources", resources, ComponentResources, required=True)
    if isinstance(resources, ComponentResources):
        yield _Said("resources.min_memory", resources.min_memory, Size, required=True)
        yield _Said("resources.max_memory", resources.max_memory, Size)
    yield from _scaling("scaling", component.scaling)
    yield from _timeouts("", component)


def _transform(transform: TransformRequest) -> Iterator[_Said]:
    given, output, capture = transform.input, transform.output, transform.data_capture
    yield _Said("input", given, TransformInput, required=True)
    if isinstance(given, TransformInput):
        # A file is given instead of a location, or beside it.
        yield _Said("input.location", given.location, S3Prefix, required=given.file is None)
        yield _Said("input.split_type", given.split_type, SplitType, required=True)
    yield _Said("output", output, TransformOutput, required=True)
    if isinstance(output, TransformOutput):
        yield _Said("output.location", output.location, S3Prefix, required=True)
        yield _Said("output.assemble_with", output.assemble_with, AssembleWith, required=True)
    yield _Said("processing", transform.processing, DataProcessing)
    yield _Said("batch_strategy", transform.batch_strategy, BatchStrategy)
    yield _Said("max_payload", transform.max_payload, Size)
    yield _Said("environment", transform.environment, Mapping, required=True)
    yield _Said("invocations_timeout", transform.invocations_timeout, Duration)
    yield _Said("data_capture", capture, BatchDataCapture)
    if isinstance(capture, BatchDataCapture):
        yield _Said("data_capture.location", capture.location, S3Prefix, required=True)
    yield _Said("experiment", transform.experiment, Experiment)


def _runs(runs: TransformRuns) -> Iterator[_Said]:
    deployed, asked = runs.at_deployment, runs.on_demand
    yield _Said("at_deployment", deployed, RunAtDeployment)
    if isinstance(deployed, RunAtDeployment):
        yield _Said("at_deployment.wait_for_completion", deployed.wait_for_completion, Duration)
    yield from _items("schedules", runs.schedules, BatchSchedule)
    if isinstance(runs.schedules, Sequence) and runs.schedules:
        from aws_cdk import aws_scheduler as scheduler

        for index, schedule in enumerate(runs.schedules):
            if isinstance(schedule, BatchSchedule):
                said = f"schedules[{index}]"
                at, window = schedule.schedule, schedule.flexible_time_window
                yield _Said(f"{said}.schedule", at, scheduler.ScheduleExpression, required=True)
                yield _Said(f"{said}.flexible_time_window", window, Duration)
    yield _Said("on_demand", asked, RunOnDemand)
    if isinstance(asked, RunOnDemand):
        yield _Said("on_demand.timeout", asked.timeout, Duration)


def _model(argument: str, model: ModelDefinition | None) -> Iterator[_Said]:
    if isinstance(model, SeveralContainers):
        yield _Said(f"{argument}.containers", model.containers, Mapping, required=True)
        if not isinstance(model.containers, Mapping):
            return
    if isinstance(model, ModelPackage):
        yield from _items(f"{argument}.artifacts", model.artifacts, ModelData)
        yield _Said(f"{argument}.repositories", model.repositories, Sequence, required=True)
        yield _Said(f"{argument}.environment", model.environment, Mapping, required=True)
    if isinstance(model, ModelDefinition):
        for part, container in model.containers_by_argument.items():
            if isinstance(container, Container):
                where = f"{argument}{part}"
                yield _Said(f"{where}.image", container.image, ContainerImage, required=True)
                yield _Said(f"{where}.data", container.data, ModelData)
                yield _Said(f"{where}.environment", container.environment, Mapping, required=True)


def _said(request: EndpointRequest) -> Iterator[_Said]:
    yield from _whole_request(request)
    for variant in request.all_variants:
        yield from _variant(variant)
    if request.component is not None:
        yield from _component(request.component)
    if request.transform is not None:
        yield from _transform(request.transform)
        yield _Said("alarms", request.alarms, BatchAlarms)
    if request.runs is not None:
        yield from _runs(request.runs)
    for argument, model in request.models:
        yield from _model(argument, model)


@rule(
    RULES,
    "argument-kind",
    "An argument is of the class that its documentation says.",
    source="convention of this library",
    basic=True,
)
def _argument_kind(placed: PlacedRequest) -> Iterator[Finding]:
    for said in _said(placed.request):
        if not said.is_right:
            yield Finding(
                argument=said.argument,
                value=said.value,
                problem=f"must be a {said.kind.__name__}",
            )
