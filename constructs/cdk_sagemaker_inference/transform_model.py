"""The model of a batch transform job: made for it, or lent by an endpoint."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from .endpoint import DeployedEndpoint
from .execution_role import (
    Exchange,
    ModelNeeds,
    Needs,
    acknowledge_statements,
    emit_role,
    policy_statements,
    without_ids,
)
from .model import emit_model
from .model_data import BucketListing
from .network import SelectedSubnets, bind_network
from .reads import read
from .replacement import physical_name
from .request import PlacedRequest
from .storage import object_arn
from .transform import TransformRequest

LOG_GROUP = "/aws/sagemaker/TransformJobs"
METRIC_NAMESPACE = "/aws/sagemaker/TransformJobs"


def exchange_of(transform: TransformRequest) -> Exchange:
    """What the job reads and writes."""
    given = transform.input
    listed = given.listed
    key = None if given.file is None else read(given.file[0], "encryption_key")
    return Exchange(
        read=[] if given.location is None else [given.location.bind()],
        written=[location.bind() for location in transform.outputs],
        object_arns=[] if given.file is None else [object_arn(*given.file)],
        object_key_arns=[] if key is None else [read(key, "key_arn")],
        listings=[]
        if listed is None
        else [BucketListing(bucket_arn=read(listed[0], "bucket_arn"), prefix=listed[1])],
    )


class OwnTransformModel:
    """A model that is made for the job, with its role and network."""

    role: iam.IRole
    policy: iam.ManagedPolicy | None
    cfn_model: sagemaker.CfnModel
    model_name: str

    def __init__(self, scope: Construct, placed: PlacedRequest) -> None:
        """Emit role, policy and model."""
        request, environment = placed.request, placed.environment
        assert request.transform is not None
        assert request.transform_model is not None  # a rule refuses the request otherwise
        transform = request.transform
        model = request.transform_model.bind(scope, environment)
        network = None
        if request.vpc is not None and isinstance(placed.subnets, SelectedSubnets):
            network = bind_network(
                scope,
                environment,
                vpc=request.vpc,
                subnets=placed.subnets,
                security_groups=request.security_groups,
                allow_https=True,
                among_themselves=transform.instance_count != 1,
            )
        self.security_groups = [] if network is None else network.security_groups
        key = transform.volume_key
        self.role, self.policy = emit_role(
            scope,
            given=request.role,
            attach_policy=request.attach_execution_policy,
            description=f"Execution role of transform jobs {request.naming.transform_job_name}",
            environment=environment,
            needs=Needs(
                log_group=LOG_GROUP,
                metric_namespaces=METRIC_NAMESPACE,
                models=ModelNeeds.of([model]),
                exchange=exchange_of(transform),
                volume_key_arn=None if key is None else read(key, "key_arn"),
                network=network,
            ),
        )
        emitted = emit_model(
            scope,
            "Model",
            naming=request.naming,
            model=model,
            execution_role_arn=self.role.role_arn,
            own_role=request.role is None,
            network=network,
            enable_network_isolation=request.enable_network_isolation,
            identity=() if request.role is None else physical_name(request.role),
        )
        self.cfn_model, self.model_name = emitted.resource, emitted.name
        if self.policy is not None:
            self.cfn_model.node.add_dependency(self.policy)


def lend_endpoint_model(
    endpoint: DeployedEndpoint, transform: TransformRequest
) -> sagemaker.CfnModel:
    """Let an endpoint's role do what the job does, and return the endpoint's model."""
    if endpoint.policy is not None:
        key = transform.volume_key
        needs = Needs(
            log_group=LOG_GROUP,
            metric_namespaces=METRIC_NAMESPACE,
            models=ModelNeeds(),
            exchange=exchange_of(transform),
            volume_key_arn=None if key is None else read(key, "key_arn"),
        )
        environment = endpoint.stack_environment
        statements = policy_statements(needs, environment)
        # Several jobs may share an endpoint.
        endpoint.policy.add_statements(*map(iam.PolicyStatement.from_json, without_ids(statements)))
        acknowledge_statements(endpoint.policy, endpoint.role, environment, statements)
    name = transform.variant_name
    return endpoint.cfn_models[endpoint.variant_names[0] if name is None else name]
