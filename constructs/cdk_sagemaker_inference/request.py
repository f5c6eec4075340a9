"""A request for an endpoint, whole, so that rules can look across arguments."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from .alarm_kinds import AlarmKind
from .alarms import AlarmSettings, alarm_name
from .app_names import OtherName
from .async_inference import AsyncInference
from .component_request import ComponentRequest
from .data_capture import DataCapture
from .deployment import DeploymentPolicy
from .environment import StackEnvironment
from .metrics import MetricSubject
from .model import Container, ModelDefinition
from .model_data import ModelData
from .naming import NamingScheme
from .network import SelectedSubnets
from .scaling import CapacityScaling
from .transform import TransformRequest
from .transform_runs import TransformRuns
from .variants import (
    DEFAULT_VARIANT_NAME,
    EndpointVariant,
    FleetVariant,
    InstanceVariant,
    ShadowVariant,
    VariantProperty,
)

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms


class EndpointType(Enum):
    """Ways to serve; what each can do is in the Developer Guide, model-deploy-feature-matrix."""

    REALTIME = "real-time endpoint"
    SERVERLESS = "serverless endpoint"
    ASYNC = "asynchronous endpoint"
    MULTI_MODEL = "multi-model endpoint"
    COMPONENTS = "inference component endpoint"
    BATCH = "batch transform job"

    @property
    def with_article(self) -> str:
        """For the middle of a sentence."""
        return f"{'an' if self.value[0] in 'aeiou' else 'a'} {self.value}"


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """Something that scales by itself, of a request.

    :param prefix: where the user said it, before the argument's name in errors.
    :param name: what it is called.
    :param scaling: how it scales.
    :param count_argument: the argument that says what it begins with.
    :param count: what it begins with, if the user said so.
    :param instance_type: what it runs on, if it is a variant on instances.
    :param shadow: whether it is a shadow variant.
    """

    prefix: str
    name: str
    scaling: CapacityScaling
    count_argument: str
    count: int | None
    instance_type: str | None = None
    shadow: bool = False


@dataclass(frozen=True, kw_only=True)
class EndpointRequest:
    """What the user asked for, in the user's terms; plain values until it is checked.

    :param kind: class that was asked for, for the error's first line.
    :param type: the way to serve.
    :param variants: production variants, at least one.
    :param asynchronous: where requests and results are, of an asynchronous endpoint.
    :param component: the inference component that is added to an endpoint; then there are no
        variants.
    :param transform: the batch transform job that is asked for; then there are no variants.
    :param transform_model: its model, unless it is an endpoint's.
    :param runs: how it is started.
    :param ambiguous: arguments that were given beside ``variants``, which has them of its own.
    """

    kind: str
    type: EndpointType
    naming: NamingScheme
    variants: Sequence[EndpointVariant]
    vpc: "ec2.IVpc | None" = None
    vpc_subnets: "ec2.SubnetSelection | None" = None
    security_groups: "Sequence[ec2.ISecurityGroup] | None" = None
    enable_network_isolation: bool = False
    encryption_key: "kms.IKey | kms.Key | None" = None
    role: "iam.IRole | iam.Role | None" = None
    attach_execution_policy: bool = True
    outputs: bool = False
    shadow: ShadowVariant | None = None
    deployment: DeploymentPolicy | None = None
    alarms: AlarmSettings | None = None
    asynchronous: AsyncInference | None = None
    data_capture: DataCapture | None = None
    dashboard: "cloudwatch.Dashboard | bool | None" = False
    exclude_retained_variant_properties: Sequence[VariantProperty] = ()
    component: ComponentRequest | None = None
    transform: TransformRequest | None = None
    transform_model: ModelDefinition | None = None
    runs: TransformRuns | None = None
    ambiguous: Sequence[str] = ()

    @property
    def shadow_variants(self) -> Sequence[InstanceVariant]:
        """The shadow variant, if there is one; a rule finds what is none."""
        if not isinstance(self.shadow, ShadowVariant):
            return []
        return [InstanceVariant.of_shadow(self.shadow)]

    @property
    def all_variants(self) -> Sequence[EndpointVariant]:
        """Production variants and shadow."""
        return [*self.variants, *self.shadow_variants]

    @property
    def fleets(self) -> Sequence[FleetVariant]:
        """The variants that have instances."""
        return [variant for variant in self.all_variants if isinstance(variant, FleetVariant)]

    @property
    def deployed_counts(self) -> Sequence[int]:
        """Numbers of instances, or of an added component's copies, that there may come to be."""
        if self.component is not None:
            return self.component.counts
        return [count for variant in self.fleets if not variant.shadow for count in variant.counts]

    @property
    def scales(self) -> bool:
        """Whether any variant scales by itself."""
        return any(variant.scaling is not None for variant in self.all_variants)

    @property
    def scaled(self) -> Iterator[Scaled]:
        """Everything that scales by itself."""
        for variant in self.all_variants:
            if variant.scaling is not None:
                argument, count = variant.said_count
                yield Scaled(
                    prefix=variant.prefix,
                    name=variant.name,
                    scaling=variant.scaling,
                    count_argument=argument,
                    count=count,
                    instance_type=variant.type_of_instance,
                    shadow=variant.shadow,
                )
        component = self.component
        if component is not None and component.scaling is not None:
            yield Scaled(
                prefix="",
                name=component.name,
                scaling=component.scaling,
                count_argument="copies",
                count=component.copies,
            )

    @property
    def models(self) -> Iterator[tuple[str, ModelDefinition | None]]:
        """Each model with the argument that holds it."""
        for variant in self.all_variants:
            if variant.takes_model:
                yield f"{variant.prefix}model", variant.model
        if self.component is not None:
            yield "model", self.component.model
        if self.transform is not None and self.transform.own_model:
            yield "model", self.transform_model

    @property
    def containers(self) -> Iterator[tuple[str, Container]]:
        """Each container with the argument that holds it."""
        for argument, model in self.models:
            # A rule finds what is none.
            if isinstance(model, ModelDefinition):
                for part, container in model.containers_by_argument.items():
                    if isinstance(container, Container):
                        yield f"{argument}{part}", container

    @property
    def artifacts(self) -> Iterator[tuple[str, ModelData]]:
        """Each artifact with the argument that holds it."""
        for argument, model in self.models:
            if isinstance(model, ModelDefinition):
                for part, artifact in model.artifacts_by_argument.items():
                    yield f"{argument}{part}", artifact

    @property
    def environments(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Each set of environment variables with the argument that holds it."""
        for argument, model in self.models:
            if isinstance(model, ModelDefinition):
                for part, variables in model.environments_by_argument.items():
                    yield f"{argument}{part}", variables

    @property
    def given_names(self) -> Iterator[tuple[str, str]]:
        """What it names, of which an account and Region have one, with what the name is of.

        Models and configs have a hash in their names, transform jobs one of their stack.
        """
        naming = self.naming
        if self.component is not None:
            yield "inference component", naming.component_name(self.component.name)
        elif self.transform is None:
            yield "endpoint", naming.endpoint_name
        elif self.alarms is not None:
            yield "alarms on transform jobs", naming.transform_job_name
        elif self.runs is not None and self.runs.on_demand is not None:
            yield "log group of transform jobs", naming.transform_job_name

    @property
    def subjects(self) -> Sequence[MetricSubject]:
        """What alarms guard: production variants, or the added component."""
        if self.component is not None:
            return [self.component_subject(self.component)]
        return [self.subject(variant) for variant in self.variants]

    def component_subject(self, component: ComponentRequest) -> MetricSubject:
        """What a component's metrics, alarms and policies are about."""
        return MetricSubject(
            endpoint_name=self.naming.endpoint_name,
            variant_name=DEFAULT_VARIANT_NAME,
            component_name=self.naming.component_name(component.name),
            instance_type=component.instance_type,
        )

    def subject(self, variant: EndpointVariant) -> MetricSubject:
        """What a variant's metrics, alarms and policies are about."""
        return MetricSubject(
            endpoint_name=self.naming.endpoint_name,
            variant_name=variant.name,
            instance_type=variant.type_of_instance,
        )


@dataclass(frozen=True, kw_only=True)
class PlacedRequest:
    """A request and what its place in the app says about it.

    :param request: the request.
    :param environment: partition, Region and account of the stack.
    :param subnets: the subnets that the request comes to, why there are none, or nothing without a
        VPC.
    :param others: constructs of the app that give a name of the request too.
    """

    request: EndpointRequest
    environment: StackEnvironment
    subnets: SelectedSubnets | str | None = None
    others: Sequence[OtherName] = ()


def rollback_alarms(request: EndpointRequest) -> Iterator[tuple[AlarmKind, str]]:
    """The library's alarms that guard a request's deployments, with their literal names.

    A shadow's answers reach nobody, so that its alarms roll nothing back.
    """
    if request.deployment is None or not request.deployment.roll_back or request.alarms is None:
        return
    for subject in request.subjects:
        for kind, _ in request.alarms.thresholds(subject.instance_type):
            if kind.guards:
                yield kind, alarm_name(subject, kind)
