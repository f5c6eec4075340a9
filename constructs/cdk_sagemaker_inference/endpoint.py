"""What all deployed endpoints share: checking a request, and the order of assembly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import Annotations, CfnOutput, CfnResource
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from . import rules
from .acknowledgements import NO_COMPONENT_KEY, NO_IMAGE_KEY, NO_STORAGE_KEY
from .acknowledging import acknowledge
from .alarms import EndpointAlarm, acknowledge_silence, emit_alarms, guarding_alarms
from .async_inference import BoundAsyncInference
from .data_capture import BoundDataCapture
from .environment import StackEnvironment
from .execution_role import Exchange, ModelNeeds, Needs, emit_role
from .inference_endpoint import InferenceEndpoint
from .metrics import COMPONENT_NAMESPACE, INSTANCE_NAMESPACE
from .model import BoundModel, ModelDefinition, emit_model
from .network import BoundNetwork, SelectedSubnets, bind_network
from .placement import give_names, place
from .reads import read
from .replacement import physical_name, replacement_name
from .request import EndpointRequest, EndpointType, PlacedRequest, rollback_alarms
from .rules.deployments import MAX_ROLLBACK_ALARMS
from .scaling import emit_scaling
from .tagging import add_tags
from .variants import EndpointVariant

if TYPE_CHECKING:
    from aws_cdk import aws_applicationautoscaling as appscaling
    from aws_cdk import aws_cloudwatch as cloudwatch

_NO_KEY = {EndpointType.SERVERLESS: NO_IMAGE_KEY, EndpointType.COMPONENTS: NO_COMPONENT_KEY}


@dataclass(frozen=True, kw_only=True)
class _BoundVariant:
    """A variant of which images and artifacts are in the app."""

    variant: EndpointVariant
    scope: Construct
    model: BoundModel


@dataclass(frozen=True, kw_only=True)
class _Bound:
    """What of a request is in the app beside the variants."""

    network: BoundNetwork | None
    capture: BoundDataCapture | None
    asynchronous: BoundAsyncInference | None


@jsii.implements(iam.IGrantable)
class DeployedEndpoint(InferenceEndpoint):
    """An endpoint with all that it needs; subclasses say which variants and capabilities it has.

    Assembly goes one way: role → policy → model → config → alarms → endpoint → scaling →
    dashboard. The endpoint refers to the config, the config to the model, and the model waits for
    the policy, so that on deletion the role and its permissions go last, as SageMaker needs them to
    retire its grants (API reference, DeleteEndpoint).

    Everything made is a public attribute:

    * ``role``: the execution role, made here or the user's;
    * ``policy``: its customer managed policy, or ``None`` if nothing was to be attached;
    * ``cfn_models``: the models, by variant name;
    * ``cfn_endpoint_config``, ``cfn_endpoint``: the other resources;
    * ``security_groups``: the groups in use, empty without a VPC;
    * ``alarms``: the alarms that the library made, each with ``alarm`` and ``cfn_alarm``, and
      ``own_alarms``, those of :meth:`add_alarm`;
    * ``cfn_scalable_targets``: what autoscaling scales, by variant name;
    * ``dashboard``: the dashboard, if one was asked for.

    An override that changes a model or the config must also override its name, which is a hash of
    what the library emitted.
    """

    role: iam.IRole
    policy: iam.ManagedPolicy | None
    cfn_models: dict[str, sagemaker.CfnModel]
    cfn_endpoint_config: sagemaker.CfnEndpointConfig
    cfn_endpoint: sagemaker.CfnEndpoint
    alarms: Sequence[EndpointAlarm]
    own_alarms: "list[cloudwatch.IAlarm]"
    cfn_scalable_targets: "Mapping[str, appscaling.CfnScalableTarget]"
    dashboard: "cloudwatch.Dashboard | None"

    def __init__(self, scope: Construct, construct_id: str, *, request: EndpointRequest) -> None:
        """Check the request and emit it.

        :raises ValueError: with every problem of the request.
        """
        self._placed = placed = place(scope, request)
        rules.refuse(construct_id, placed)
        naming = request.naming
        environment = placed.environment
        super().__init__(
            scope,
            construct_id,
            endpoint_name=naming.endpoint_name,
            endpoint_arn=environment.arn("sagemaker", f"endpoint/{naming.endpoint_name}"),
            variant_names=[variant.name for variant in request.all_variants],
        )
        rules.warn(self, placed)
        give_names(self, placed)

        self._deployment = request.deployment
        self._guards: list[str] = []
        self._own_guards: list[object] = []
        self.own_alarms = []
        variants = self._bind_variants(request.all_variants, environment)
        bound = _Bound(
            network=self._bind_network(placed, variants),
            capture=None if request.data_capture is None else request.data_capture.bind(),
            asynchronous=None if request.asynchronous is None else request.asynchronous.bind(self),
        )
        self._asynchronous = bound.asynchronous
        self.role, self.policy = self._emit_role(request, environment, variants, bound)
        model_names = self._emit_models(request, variants, bound.network)
        self.cfn_endpoint_config = self._emit_config(request, model_names, bound)
        self.alarms = self._emit_alarms(request)
        self.cfn_endpoint = self._emit_endpoint(request)
        self.cfn_scalable_targets = self._emit_scaling(request)
        self.dashboard = self._emit_dashboard(request)
        if request.outputs:
            CfnOutput(self, "EndpointName", value=self.endpoint_name)
            CfnOutput(self, "EndpointArn", value=self.endpoint_arn)
        add_tags(self, naming.tags)

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The execution role: grants to the endpoint are permissions of its containers."""
        return self.role.grant_principal

    @property
    def endpoint_type(self) -> str:
        """The way to serve, in words."""
        return self._placed.request.type.value

    @property
    def stack_environment(self) -> StackEnvironment:
        """Partition, Region and account of the endpoint, each a literal or a token."""
        return self._placed.environment

    @property
    def model_definitions(self) -> "Mapping[str, ModelDefinition | None]":
        """What the models are made of, by variant name."""
        return {variant.name: variant.model for variant in self._placed.request.all_variants}

    @property
    def cfn_model(self) -> sagemaker.CfnModel:
        """The model of the first variant, or of the first inference component.

        :raises ValueError: if no component has been added yet.
        """
        if not self.cfn_models:
            raise ValueError(f"endpoint {self.endpoint_name!r} has no model yet; call add_model")
        return next(iter(self.cfn_models.values()))

    def _bind_variants(
        self, variants: Sequence[EndpointVariant], environment: StackEnvironment
    ) -> list[_BoundVariant]:
        bound = []
        # A lone variant keeps its resources directly below the endpoint; several have a scope of
        # their own, so that a variant may be called Role.
        several = Construct(self, "Variants") if len(variants) > 1 else None
        for variant in variants:
            if variant.model is None:
                continue
            scope = self if several is None else Construct(several, variant.name)
            model = variant.model.bind(scope, environment)
            bound.append(_BoundVariant(variant=variant, scope=scope, model=model))
        return bound

    def _bind_network(
        self, placed: PlacedRequest, variants: Sequence[_BoundVariant]
    ) -> BoundNetwork | None:
        request = placed.request
        if request.vpc is None or not isinstance(placed.subnets, SelectedSubnets):
            return None
        network = bind_network(
            self,
            placed.environment,
            vpc=request.vpc,
            subnets=placed.subnets,
            security_groups=request.security_groups,
            # Inference components are not known yet.
            allow_https=request.type is EndpointType.COMPONENTS
            or any(variant.model.through_vpc for variant in variants),
        )
        self.security_groups = network.security_groups
        return network

    def _emit_role(
        self,
        request: EndpointRequest,
        environment: StackEnvironment,
        variants: Sequence[_BoundVariant],
        bound: _Bound,
    ) -> tuple[iam.IRole, iam.ManagedPolicy | None]:
        return emit_role(
            self,
            given=request.role,
            attach_policy=request.attach_execution_policy,
            description=f"Execution role of SageMaker endpoint {self.endpoint_name}",
            environment=environment,
            needs=_needs(self.endpoint_name, environment, request, variants, bound),
            minimize=request.type is EndpointType.COMPONENTS,
        )

    def _emit_models(
        self,
        request: EndpointRequest,
        variants: Sequence[_BoundVariant],
        network: BoundNetwork | None,
    ) -> dict[str, str]:
        """Emit one model per variant and return their literal names by variant name."""
        names = {}
        self.cfn_models = {}
        for variant in variants:
            model = emit_model(
                variant.scope,
                "Model",
                naming=request.naming,
                model=variant.model,
                execution_role_arn=self.role.role_arn,
                own_role=request.role is None,
                network=network,
                enable_network_isolation=request.enable_network_isolation,
                identity=self._role_identity,
            )
            self._wait_for_policy(model.resource)
            self.cfn_models[variant.variant.name] = model.resource
            names[variant.variant.name] = model.name
        return names

    @property
    def _role_identity(self) -> tuple[object, ...]:
        role = self._placed.request.role
        return () if role is None else physical_name(role)

    def _wait_for_policy(self, resource: CfnResource) -> None:
        """Without it SageMaker may look for artifact and image before the role may read them."""
        if self.policy is not None:
            resource.node.add_dependency(self.policy)

    def _emit_config(
        self, request: EndpointRequest, model_names: Mapping[str, str], bound: _Bound
    ) -> sagemaker.CfnEndpointConfig:
        common: dict[str, Any] = {}
        identity: list[object] = []
        if request.encryption_key is not None:
            common["kms_key_id"] = read(request.encryption_key, "key_arn")
        if bound.capture is not None:
            common["data_capture_config"] = bound.capture.properties
            identity += bound.capture.destination.identity
        if bound.asynchronous is not None:
            common["async_inference_config"] = bound.asynchronous.properties
            identity += bound.asynchronous.identity
        if request.type is EndpointType.COMPONENTS:
            # Components have no model of the variant's that would carry these.
            common["execution_role_arn"] = self.role.role_arn
            identity += self._role_identity
            if request.enable_network_isolation:
                common["enable_network_isolation"] = True
            if bound.network is not None:
                common["vpc_config"] = sagemaker.CfnEndpointConfig.VpcConfigProperty(
                    subnets=bound.network.subnet_ids,
                    security_group_ids=bound.network.security_group_ids,
                )
                identity += bound.network.identity

        def properties(names: Mapping[str, str]) -> dict[str, Any]:
            variants = {"production_variants": request.variants}
            if request.shadow is not None:
                variants["shadow_production_variants"] = request.shadow_variants
            return common | {
                key: [variant.properties(names.get(variant.name)) for variant in items]
                for key, items in variants.items()
            }

        if request.deployment is not None:
            # UpdateEndpoint takes a new config only, also where nothing but the policy changes.
            guarding = [name for _, name in rollback_alarms(request)]
            identity.append(request.deployment.properties(guarding))

        # The name is made of the models' literal names, because a reference to a replaced model
        # keeps its text; the resource refers to the models, so that they exist first.
        def config_name(*guards: object) -> str:
            return replacement_name(
                self,
                request.naming.endpoint_config_name,
                properties(model_names),
                *identity,
                *guards,
            )

        self._config_name = config_name
        references = {name: model.attr_model_name for name, model in self.cfn_models.items()}
        config = sagemaker.CfnEndpointConfig(
            self, "EndpointConfig", endpoint_config_name=config_name(), **properties(references)
        )
        if request.type is EndpointType.COMPONENTS:
            self._wait_for_policy(config)
        if request.encryption_key is None:
            no_key = _NO_KEY.get(request.type, NO_STORAGE_KEY)
            acknowledge(config, self._placed.environment, no_key)
        return config

    def _emit_alarms(self, request: EndpointRequest) -> list[EndpointAlarm]:
        alarms = request.alarms
        if alarms is None:
            return []
        scope = Construct(self, "Alarms")
        acknowledge_silence(scope, self._placed.environment, alarms)
        topic_arn = None if alarms.topic is None else read(alarms.topic, "topic_arn")
        return [
            alarm
            for variant in request.all_variants
            for alarm in emit_alarms(
                scope,
                subject=request.subject(variant),
                alarms=alarms,
                topic_arn=topic_arn,
            )
        ]

    def _emit_endpoint(self, request: EndpointRequest) -> sagemaker.CfnEndpoint:
        self._guards += guarding_alarms(self.alarms, {name for _, name in rollback_alarms(request)})
        deployment = request.deployment
        endpoint = sagemaker.CfnEndpoint(
            self,
            "Resource",
            endpoint_name=request.naming.endpoint_name,
            endpoint_config_name=self.cfn_endpoint_config.attr_endpoint_config_name,
            deployment_config=None if deployment is None else deployment.properties(self._guards),
            # Otherwise every update would undo what autoscaling decided.
            retain_all_variant_properties=True if request.scales else None,
            exclude_retained_variant_properties=[
                sagemaker.CfnEndpoint.VariantPropertyProperty(variant_property_type=kept.value)
                for kept in request.exclude_retained_variant_properties
            ]
            if request.scales and request.exclude_retained_variant_properties
            else None,
        )
        for alarm in self.alarms:
            if alarm.kind.after_endpoint:
                alarm.cfn_alarm.node.add_dependency(endpoint)
        return endpoint

    def _emit_scaling(self, request: EndpointRequest) -> "dict[str, appscaling.CfnScalableTarget]":
        if not request.scales:
            return {}
        reference = self.cfn_endpoint.attr_endpoint_name
        return {
            variant.name: emit_scaling(
                self,
                endpoint_reference=reference,
                subject=request.subject(variant),
                scaling=variant.scaling,
            )
            for variant in request.all_variants
            if variant.scaling is not None
        }

    def _emit_dashboard(self, request: EndpointRequest) -> "cloudwatch.Dashboard | None":
        if request.dashboard is None or request.dashboard is False:
            return None
        from aws_cdk import aws_cloudwatch as cloudwatch

        from .dashboard import add_endpoint_rows

        dashboard = request.dashboard
        if dashboard is True:
            # Dashboards are global in an account, so that the Region must be in the name.
            dashboard = cloudwatch.Dashboard(
                self,
                "Dashboard",
                dashboard_name=f"{self.endpoint_name}-{self.stack.region}",
            )
        add_endpoint_rows(dashboard, request, self.alarms)
        return dashboard

    def add_alarm(self, alarm: "cloudwatch.IAlarm", *, guards_deployment: bool = False) -> None:
        """Add an alarm of your own to the endpoint.

        :param alarm: the alarm; make it of the endpoint's ``metric_*`` methods, which name the
            endpoint by a literal, so that there is no cycle.
        :param guards_deployment: rolls a deployment back when it goes off. The role may then
            describe it, and it exists before the endpoint. Default: false, which does nothing but
            keep the alarm in ``own_alarms``. Whether the bake is long enough for it is yours to
            see: period times evaluation periods, and a minute for the metric to arrive.
        :raises ValueError: if there is no ``deployment`` that it could guard, one with
            ``roll_back=False``, or ten alarms guard it; or if it guards it already.
        """
        if not guards_deployment:
            self.own_alarms.append(alarm)
            return
        deployment, name = self._deployment, alarm.alarm_name
        problem = None
        if deployment is None:
            problem = "the endpoint has no deployment policy to guard"
        elif not deployment.roll_back:
            problem = "the deployment policy says roll_back=False"
        elif name in self._guards:
            problem = "the alarm guards the deployment already"
        elif len(self._guards) >= MAX_ROLLBACK_ALARMS:
            problem = f"{MAX_ROLLBACK_ALARMS} alarms guard the deployment already"
        if deployment is None or problem is not None:
            raise ValueError(f"guards_deployment=True: {problem}")
        self.own_alarms.append(alarm)
        self._guards.append(name)
        self.cfn_endpoint.deployment_config = deployment.properties(self._guards)
        self._own_guards += [name, *physical_name(alarm)]
        self.cfn_endpoint_config.endpoint_config_name = self._config_name(*self._own_guards)
        Annotations.of(self).acknowledge_warning(
            rules.warning_id("deployment-without-alarms"), f"{name} guards it"
        )
        if self.policy is not None:
            self.policy.add_statements(
                iam.PolicyStatement(
                    actions=["cloudwatch:DescribeAlarms"], resources=[alarm.alarm_arn]
                )
            )


def _needs(
    endpoint_name: str,
    environment: StackEnvironment,
    request: EndpointRequest,
    variants: Sequence[_BoundVariant],
    bound: _Bound,
) -> Needs:
    key = request.encryption_key
    capture = None if bound.capture is None else bound.capture.destination
    return Needs(
        log_group=f"/aws/sagemaker/Endpoints/{endpoint_name}",
        metric_namespaces=[INSTANCE_NAMESPACE, COMPONENT_NAMESPACE]
        if request.type is EndpointType.COMPONENTS
        else INSTANCE_NAMESPACE,
        models=ModelNeeds.of(variant.model for variant in variants),
        exchange=None if bound.asynchronous is None else _exchange(bound.asynchronous),
        volume_key_arn=None if key is None else read(key, "key_arn"),
        write_object_arns=[] if capture is None else [capture.object_arns],
        encrypt_key_arns=[] if capture is None else capture.key_arns,
        # Literal names: a reference would make the policy wait for the alarms.
        alarm_arns=[
            environment.arn("cloudwatch", f"alarm:{name}") for _, name in rollback_alarms(request)
        ],
        network=bound.network,
    )


def _exchange(asynchronous: BoundAsyncInference) -> Exchange:
    return Exchange(
        read=[asynchronous.input],
        written=asynchronous.outputs,
        topic_arns=[read(topic, "topic_arn") for topic in asynchronous.topics],
        topic_key_arns=asynchronous.topic_key_arns,
    )
