"""What all deployed endpoints share: checking a request, and the order of assembly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import jsii
from aws_cdk import Annotations, CfnOutput, Stack, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from . import rules
from .environment import StackEnvironment
from .execution_role import ExecutionRole, Needs, emit_policy, policy_statements
from .inference_endpoint import InferenceEndpoint
from .metrics import INSTANCE_NAMESPACE
from .model import BoundContainer, emit_model
from .network import BoundNetwork, SelectedSubnets, bind_network, select_subnets
from .replacement import physical_name, replacement_name
from .request import EndpointRequest, PlacedRequest
from .variants import InstanceVariant

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2

TAG_PRIORITY = 50
"""Below the 100 of ``Tags.of(…).add``, so that the user's own tags win wherever they are added."""


@dataclass(frozen=True, kw_only=True)
class _BoundVariant:
    """A variant of which image and artifact are in the app."""

    variant: InstanceVariant
    scope: Construct
    path: str
    container: BoundContainer


@jsii.implements(iam.IGrantable)
class DeployedEndpoint(InferenceEndpoint):
    """An endpoint with all that it needs; subclasses say which variants and capabilities it has.

    Assembly goes one way: role → policy → model → config → endpoint. The endpoint refers to the
    config, the config to the model, and the model waits for the policy, so that on deletion the
    role and its permissions go last, as SageMaker needs to retire its grants (API reference,
    DeleteEndpoint).

    Everything made is a public attribute:

    * ``role``: the execution role, made here or the user's;
    * ``policy``: its customer managed policy, or ``None`` if nothing was to be attached;
    * ``cfn_models``: the models, by variant name;
    * ``cfn_endpoint_config``, ``cfn_endpoint``: the other resources;
    * ``security_groups``: the groups in use, empty without a VPC.

    An override that changes a model or the config must also override its name, which is a hash of
    what the library emitted.
    """

    role: iam.IRole
    policy: iam.ManagedPolicy | None
    cfn_models: dict[str, sagemaker.CfnModel]
    cfn_endpoint_config: sagemaker.CfnEndpointConfig
    cfn_endpoint: sagemaker.CfnEndpoint
    security_groups: "Sequence[ec2.ISecurityGroup]"

    def __init__(self, scope: Construct, construct_id: str, *, request: EndpointRequest) -> None:
        """Check the request and emit it.

        :raises ValueError: with every problem of the request.
        """
        placed = _place(scope, request)
        rules.refuse(construct_id, placed)
        naming = request.naming
        environment = placed.environment
        super().__init__(
            scope,
            construct_id,
            endpoint_name=naming.endpoint_name,
            endpoint_arn=environment.arn("sagemaker", f"endpoint/{naming.endpoint_name}"),
            variant_names=[variant.name for variant in request.variants],
        )
        for identifier, text in rules.warnings(placed):
            Annotations.of(self).add_warning_v2(identifier, text)

        variants = self._bind_variants(request.variants, environment)
        network = self._bind_network(placed, variants)
        self.role, self.policy = self._emit_role(request, environment, variants, network)
        model_names = self._emit_models(request, variants, network)
        self.cfn_endpoint_config = self._emit_config(request, model_names)
        self.cfn_endpoint = self._emit_endpoint(request)
        if request.outputs:
            CfnOutput(self, "EndpointName", value=self.endpoint_name)
            CfnOutput(self, "EndpointArn", value=self.endpoint_arn)
        tags = Tags.of(self)
        for key, value in naming.tags.items():
            tags.add(key, value, priority=TAG_PRIORITY)

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The execution role: grants to the endpoint are permissions of its containers."""
        return self.role.grant_principal

    @property
    def cfn_model(self) -> sagemaker.CfnModel:
        """The model of the first variant."""
        return next(iter(self.cfn_models.values()))

    def _bind_variants(
        self, variants: Sequence[InstanceVariant], environment: StackEnvironment
    ) -> list[_BoundVariant]:
        bound = []
        for variant in variants:
            # A lone variant keeps its resources directly below the endpoint.
            path = "" if len(variants) == 1 else variant.name
            scope = Construct(self, path) if path else self
            bound.append(
                _BoundVariant(
                    variant=variant,
                    scope=scope,
                    path=path,
                    container=variant.model.bind(scope, environment),
                )
            )
        return bound

    def _bind_network(
        self, placed: PlacedRequest, variants: Sequence[_BoundVariant]
    ) -> BoundNetwork | None:
        request = placed.request
        if request.vpc is None or not isinstance(placed.subnets, SelectedSubnets):
            self.security_groups = []
            return None
        containers = [variant.container for variant in variants]
        network = bind_network(
            self,
            placed.environment,
            vpc=request.vpc,
            subnets=placed.subnets,
            security_groups=request.security_groups,
            allow_https=any(
                container.data is not None or container.image.through_vpc
                for container in containers
            ),
        )
        self.security_groups = network.security_groups
        self._connections = network.connections
        return network

    def _emit_role(
        self,
        request: EndpointRequest,
        environment: StackEnvironment,
        variants: Sequence[_BoundVariant],
        network: BoundNetwork | None,
    ) -> tuple[iam.IRole, iam.ManagedPolicy | None]:
        own_role = None
        if request.role is None:
            own_role = ExecutionRole(
                self,
                "Role",
                description=f"Execution role of SageMaker endpoint {self.endpoint_name}",
                environment=environment,
            )
        # jsii's types name a parameter otherwise in Role than in the protocol.
        role = cast(iam.IRole, request.role if own_role is None else own_role)
        if not request.attach_execution_policy:
            return role, None
        needs = _needs(self.endpoint_name, request, variants, network)
        policy = emit_policy(
            self, "Policy", role=role, statements=policy_statements(needs, environment)
        )
        if own_role is not None:
            own_role.attach(policy)
        return role, policy

    def _emit_models(
        self,
        request: EndpointRequest,
        variants: Sequence[_BoundVariant],
        network: BoundNetwork | None,
    ) -> dict[str, str]:
        """Emit one model per variant and return their literal names by variant name."""
        role_arn = self.role.role_arn
        role_identity = () if request.role is None else physical_name(request.role)
        names = {}
        self.cfn_models = {}
        for variant in variants:
            model = emit_model(
                variant.scope,
                "Model",
                naming=request.naming,
                container=variant.container,
                execution_role_arn=role_arn,
                network=network,
                enable_network_isolation=request.enable_network_isolation,
                identity=(variant.path, *role_identity),
            )
            if self.policy is not None:
                # Without it SageMaker may check for artifact and image before the role may read
                # them.
                model.resource.node.add_dependency(self.policy)
            self.cfn_models[variant.variant.name] = model.resource
            names[variant.variant.name] = model.name
        return names

    def _emit_config(
        self, request: EndpointRequest, model_names: dict[str, str]
    ) -> sagemaker.CfnEndpointConfig:
        key = request.encryption_key
        common: dict[str, Any] = {}
        if key is not None:
            common["kms_key_id"] = key.key_arn

        # The name is made of the models' literal names, because a reference to a replaced model
        # keeps its text; the resource refers to the models, so that they exist first.
        name = replacement_name(
            self.stack,
            request.naming.endpoint_config_name,
            {
                "production_variants": [
                    variant.properties(model_names[variant.name]) for variant in request.variants
                ],
                **common,
            },
        )
        return sagemaker.CfnEndpointConfig(
            self,
            "EndpointConfig",
            endpoint_config_name=name,
            production_variants=[
                variant.properties(self.cfn_models[variant.name].attr_model_name)
                for variant in request.variants
            ],
            **common,
        )

    def _emit_endpoint(self, request: EndpointRequest) -> sagemaker.CfnEndpoint:
        return sagemaker.CfnEndpoint(
            self,
            "Resource",
            endpoint_name=request.naming.endpoint_name,
            endpoint_config_name=self.cfn_endpoint_config.attr_endpoint_config_name,
        )


def _place(scope: Construct, request: EndpointRequest) -> PlacedRequest:
    return PlacedRequest(
        request=request,
        environment=StackEnvironment.of(Stack.of(scope)),
        subnets=None if request.vpc is None else select_subnets(request.vpc, request.vpc_subnets),
    )


def _needs(
    endpoint_name: str,
    request: EndpointRequest,
    variants: Sequence[_BoundVariant],
    network: BoundNetwork | None,
) -> Needs:
    images = [variant.container.image for variant in variants]
    artifacts = [
        variant.container.data for variant in variants if variant.container.data is not None
    ]
    key = request.encryption_key
    return Needs(
        log_group=f"/aws/sagemaker/Endpoints/{endpoint_name}",
        metric_namespace=INSTANCE_NAMESPACE,
        object_arns=[data.object_arn for data in artifacts],
        decrypt_key_arns=[data.key_arn for data in artifacts if data.key_arn is not None],
        repository_arns=[
            image.repository_arn for image in images if image.repository_arn is not None
        ],
        function_arns=[
            image.credentials_provider_arn
            for image in images
            if image.credentials_provider_arn is not None
        ],
        volume_key_arn=None if key is None else key.key_arn,
        network=network,
    )
