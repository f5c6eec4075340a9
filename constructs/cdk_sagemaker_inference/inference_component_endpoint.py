"""``InferenceComponentEndpoint``: models that share instances, each with a part of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from . import rules
from .alarms import (
    ComponentAlarms,
    InstanceAlarms,
    acknowledge_silence,
    emit_alarms,
    guarding_alarms,
)
from .component_request import ComponentRequest, ComponentResources
from .deployment import ComponentRolling
from .endpoint import DeployedEndpoint
from .endpoint_metrics import InstanceMetrics
from .execution_role import (
    MAX_POLICY_LENGTH,
    ExecutionRole,
    ModelNeeds,
    acknowledge_statements,
    component_statements,
    emit_policy,
    policy_length,
    without_ids,
)
from .inference_component import InferenceComponent
from .inference_endpoint import StreamingInvocation
from .model import ModelDefinition, emit_model
from .naming import NamingScheme
from .placement import give_names, place_component
from .reads import read
from .request import EndpointRequest, EndpointType, rollback_alarms
from .scaling import CopyScaling, emit_scaling
from .variants import (
    DEFAULT_INSTANCE_TYPE,
    ComponentVariant,
    ManagedInstanceScaling,
    RoutingStrategy,
)

if TYPE_CHECKING:
    from aws_cdk import Duration, Size
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms

DEFAULT_ALARMS = InstanceAlarms()
"""All alarms of the instances but their number, with nobody to tell."""

DEFAULT_COMPONENT_ALARMS = ComponentAlarms()
"""All alarms of a component, with nobody to tell."""


class InferenceComponentEndpoint(DeployedEndpoint, StreamingInvocation, InstanceMetrics):
    """An endpoint whose instances several models share, each with CPU, memory, accelerators and
    copies of its own.

    Models are added with :meth:`add_model` and are updated, scaled and removed one by one. Role,
    VPC and isolation are those of the endpoint. Components go before the endpoint does.
    ``policies`` are ``policy`` and, of many components, what did not fit into it.

    Whether data capture, guardrails, shadows and several variants work here is not documented, so
    that there are no arguments for them; updates of a component are guarded by its own deployment
    policy.

    Example::

        shared = InferenceComponentEndpoint(
            self,
            "Shared",
            naming=Naming(team="rc", project="project-a", model="chat"),
            instance_type="ml.g5.12xlarge",
            instance_scaling=ManagedInstanceScaling(min_instance_count=0, max_instance_count=4),
        )
        shared.add_model(
            "llama",
            model=container,
            resources=ComponentResources(min_memory=Size.gibibytes(16), accelerators=1),
            scaling=CopyScaling.on_concurrent_requests(
                min_capacity=0, max_capacity=8, per_copy=4
            ),
        )
        shared.grant_invoke(caller)
    """

    policies: list[iam.ManagedPolicy]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: NamingScheme,
        instance_type: str = DEFAULT_INSTANCE_TYPE,
        instance_count: int | None = None,
        instance_scaling: ManagedInstanceScaling | None = None,
        volume_size: "Size | None" = None,
        encryption_key: "kms.IKey | kms.Key | None" = None,
        routing_strategy: RoutingStrategy | None = None,
        alarms: InstanceAlarms | None = DEFAULT_ALARMS,
        dashboard: "cloudwatch.Dashboard | bool | None" = False,
        vpc: "ec2.IVpc | None" = None,
        vpc_subnets: "ec2.SubnetSelection | None" = None,
        security_groups: "Sequence[ec2.ISecurityGroup] | None" = None,
        enable_network_isolation: bool = False,
        role: "iam.IRole | iam.Role | None" = None,
        attach_execution_policy: bool = True,
        outputs: bool = False,
    ) -> None:
        """Make an endpoint without models and all that it needs.

        :param naming: names and tags, a :class:`Naming` or a scheme of your own.
        :param instance_type: for example ``ml.g5.12xlarge``; CDK checks it against CloudFormation's
            list at synth. Default: ``ml.m5.xlarge``.
        :param instance_count: instances to begin with, from 1. Default: the lower bound of
            ``instance_scaling``, or 1.
        :param instance_scaling: lets SageMaker add and remove instances as the copies need them.
            Default: none, the number of instances is fixed.
        :param volume_size: size of each instance's volume, 1 to 512 GiB; refused for instances with
            local storage (API reference, ProductionVariant). Default: SageMaker's choice.
        :param encryption_key: customer managed KMS key of the volumes; whether it is used here is
            not documented, so that it warns. Default: a key of AWS's.
        :param routing_strategy: how a copy is picked for a request. Default: at random.
        :param alarms: thresholds and actions of the instances. Default: all but the number of
            instances, with no action. ``None``: none.
        :param dashboard: true makes one, and a ``cloudwatch.Dashboard`` of yours is added to.
            Default: false.
        :param vpc: VPC that the containers' network interfaces are in. Default: none, the
            containers reach the internet through SageMaker's network.
        :param vpc_subnets: which subnets of ``vpc``, 1 to 16. Default: its private subnets, else
            its isolated ones, as CDK chooses.
        :param security_groups: 1 to 5 groups. Default: a group of the endpoint's own that lets
            nothing in, and HTTPS out, for the artifacts that come through the VPC.
        :param enable_network_isolation: containers make and take no network calls but SageMaker's.
            Default: false.
        :param role: execution role, which must trust ``sagemaker.amazonaws.com``. Default: a role
            of the endpoint's own, with nothing but the permissions that this request needs.
        :param attach_execution_policy: gives ``role`` these permissions in a customer managed
            policy. False leaves a role of yours as it is. Default: true.
        :param outputs: adds CloudFormation outputs ``EndpointName`` and ``EndpointArn``. Default:
            false.
        :raises ValueError: naming every argument that would make the deployment fail.
        """
        self._components: dict[str, InferenceComponent] = {}
        self._callers: list[iam.IGrantable] = []
        self._streaming_callers: list[iam.IGrantable] = []
        self._request = EndpointRequest(
            kind=type(self).__name__,
            type=EndpointType.COMPONENTS,
            naming=naming,
            variants=[
                ComponentVariant(
                    instance_type=instance_type,
                    instance_count=instance_count,
                    volume_size=volume_size,
                    routing_strategy=routing_strategy,
                    instance_scaling=instance_scaling,
                )
            ],
            alarms=alarms,
            dashboard=dashboard,
            vpc=vpc,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            enable_network_isolation=enable_network_isolation,
            encryption_key=encryption_key,
            role=role,
            attach_execution_policy=attach_execution_policy,
            outputs=outputs,
        )
        self._instance_type = instance_type
        super().__init__(scope, construct_id, request=self._request)
        self.policies = [] if self.policy is None else [self.policy]
        self._folder = Construct(self, "Components")

    @property
    def components(self) -> Mapping[str, InferenceComponent]:
        """The components by the name that they were added with."""
        return self._components

    def add_model(
        self,
        name: str,
        *,
        model: ModelDefinition,
        resources: ComponentResources,
        copies: int | None = None,
        scaling: CopyScaling | None = None,
        deployment: ComponentRolling | None = None,
        alarms: ComponentAlarms | None = DEFAULT_COMPONENT_ALARMS,
        model_data_download_timeout: "Duration | None" = None,
        container_startup_health_check_timeout: "Duration | None" = None,
    ) -> InferenceComponent:
        """Add a model as an inference component.

        With ``scaling``, an update of the component begins again with ``copies``; Application Auto
        Scaling goes on from there.

        :param name: what tells it from the endpoint's others; the component is called
            ``{endpoint}-{name}``, 63 characters at most. Another name is another component.
        :param model: what runs: a :class:`Container` or a :class:`ModelPackage`.
        :param resources: what each copy is given of an instance.
        :param copies: copies to begin with, from 1; SageMaker makes no component without a copy,
            also if ``scaling`` may remove all. Default: the lower bound of ``scaling``, at least 1.
        :param scaling: autoscaling of the copies. Default: none, their number is fixed.
        :param deployment: how an update reaches the copies and what rolls it back. Default:
            SageMaker's, without rollback.
        :param alarms: thresholds and actions. Default: all alarms, with no action. ``None``: none.
        :param model_data_download_timeout: time to download the artifact to one instance, 60 to
            3600 seconds. Default: SageMaker's.
        :param container_startup_health_check_timeout: time for the container to answer ``/ping``,
            60 to 3600 seconds. Default: SageMaker's.
        :raises ValueError: naming every argument that would make the deployment fail.
        """
        asked = ComponentRequest(
            name=name,
            model=model,
            resources=resources,
            copies=copies,
            scaling=scaling,
            model_data_download_timeout=model_data_download_timeout,
            container_startup_health_check_timeout=container_startup_health_check_timeout,
            instance_type=self._instance_type,
            others=tuple(self._components),
        )
        request = replace(
            self._request,
            kind=f"{self._request.kind}.add_model",
            variants=[],
            component=asked,
            deployment=deployment,
            alarms=alarms,
        )
        placed = place_component(self, replace(self._placed, request=request))
        rules.refuse(name, placed)
        component = self._make_component(request, asked)
        rules.warn(component, placed)
        give_names(component, placed)
        self._emit_component(component, request, asked)
        self._components[name] = component
        for grantee in self._callers:
            component.grant_invoke(grantee)
        for grantee in self._streaming_callers:
            component.grant_invoke_streaming(grantee)
        return component

    def _make_component(
        self, request: EndpointRequest, asked: ComponentRequest
    ) -> InferenceComponent:
        subject = request.component_subject(asked)
        return InferenceComponent(
            self._folder,
            # An update cannot rename a component: another name must be another logical id.
            subject.name,
            subject=subject,
            endpoint_arn=self.endpoint_arn,
            component_arn=self._placed.environment.arn(
                "sagemaker", f"inference-component/{subject.name}"
            ),
        )

    def _emit_component(
        self, component: InferenceComponent, request: EndpointRequest, asked: ComponentRequest
    ) -> None:
        subject = request.component_subject(asked)
        model = asked.model.bind(component, self._placed.environment)
        policy = self._permit(
            component_statements(
                ModelNeeds.of([model]),
                self._placed.environment,
                component_name=subject.name,
                alarm_names=[name for _, name in rollback_alarms(request)],
            )
        )
        emitted = emit_model(
            component,
            "Model",
            naming=request.naming,
            model=model,
            execution_role_arn=self.role.role_arn,
            own_role=request.role is None,
            # Both are the endpoint config's.
            network=None,
            enable_network_isolation=False,
            # The logical id is made of the component's name, so that the model's name must be, too.
            identity=(subject.name, *self._role_identity),
        )
        self._wait_for_policy(emitted.resource)
        if policy is not None:
            emitted.resource.node.add_dependency(policy)
        component.cfn_model = self.cfn_models[asked.name] = emitted.resource
        alarms = request.alarms
        component.alarms = []
        if alarms is not None:
            scope = Construct(component, "Alarms")
            acknowledge_silence(scope, self._placed.environment, alarms)
            component.alarms = emit_alarms(
                scope,
                subject=subject,
                alarms=alarms,
                topic_arn=None if alarms.topic is None else read(alarms.topic, "topic_arn"),
            )
        rollback_names = {name for _, name in rollback_alarms(request)}
        deployment = request.deployment
        component.cfn_inference_component = sagemaker.CfnInferenceComponent(
            component,
            "Resource",
            inference_component_name=subject.name,
            # A reference, so that components come after the endpoint and go before it.
            endpoint_name=self.cfn_endpoint.attr_endpoint_name,
            variant_name=subject.variant_name,
            specification=asked.specification(emitted.resource.attr_model_name),
            runtime_config=sagemaker.CfnInferenceComponent.InferenceComponentRuntimeConfigProperty(
                copy_count=asked.initial_copies
            ),
            deployment_config=deployment.component_properties(
                guarding_alarms(component.alarms, rollback_names)
            )
            if isinstance(deployment, ComponentRolling)
            else None,
        )
        component.cfn_scalable_target = None
        if asked.scaling is not None:
            component.cfn_scalable_target = emit_scaling(
                component,
                endpoint_reference=self.cfn_endpoint.attr_endpoint_name,
                subject=subject,
                scaling=asked.scaling,
            )
            component.cfn_scalable_target.node.add_dependency(component.cfn_inference_component)
        if self.dashboard is not None:
            from .dashboard import add_component_row

            add_component_row(self.dashboard, subject)

    def _permit(self, statements: Sequence[dict[str, Any]]) -> iam.ManagedPolicy | None:
        """Let the role do it, by the last policy or, where that would be too long, by another."""
        if not self.policies:
            return None
        policy = self.policies[-1]
        present: list[dict[str, Any]] = policy.document.to_json()["Statement"]
        said = without_ids(statements)
        if policy_length([*present, *said]) <= MAX_POLICY_LENGTH:
            policy.add_statements(*(iam.PolicyStatement.from_json(statement) for statement in said))
        else:
            policy = emit_policy(
                self,
                f"Policy{len(self.policies) + 1}",
                role=self.role,
                statements=said,
                minimize=True,
            )
            self.policies.append(policy)
            if isinstance(self.role, ExecutionRole):
                self.role.attach(policy)
        acknowledge_statements(policy, self.role, self._placed.environment, statements)
        return policy

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a caller invoke all components of the endpoint, also those that are added later.

        ``component.grant_invoke`` is for one of them.

        :param grantee: the caller.
        """
        self._callers.append(grantee)
        for component in self._components.values():
            component.grant_invoke(grantee)
        return super().grant_invoke(grantee)

    def grant_invoke_streaming(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a caller invoke all components and read their responses as a stream.

        :param grantee: the caller.
        """
        self._streaming_callers.append(grantee)
        for component in self._components.values():
            component.grant_invoke_streaming(grantee)
        return super().grant_invoke_streaming(grantee)
