"""``BatchTransformJob``: a model over many records, at deployment, on a schedule, on demand."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import jsii
from aws_cdk import Resource
from aws_cdk import aws_iam as iam
from constructs import Construct

from . import rules
from .acknowledgements import COUNTING_RULE
from .acknowledging import acknowledge
from .alarm_kinds import Severity
from .alarms import acknowledge_silence
from .endpoint import DeployedEndpoint
from .model import ModelDefinition
from .naming import NamingScheme
from .placement import give_names, place
from .request import EndpointRequest, EndpointType
from .tagging import add_tags
from .transform import (
    BatchDataCapture,
    BatchStrategy,
    DataProcessing,
    Experiment,
    TransformInput,
    TransformOutput,
    TransformRequest,
)
from .transform_emission import (
    JobTemplate,
    emit_run_at_deployment,
    emit_schedules,
    emit_state_machine,
)
from .transform_model import OwnTransformModel, lend_endpoint_model
from .transform_observability import (
    BatchAlarms,
    RuleTarget,
    TransformJobStatus,
    emit_batch_alarm,
    emit_state_rule,
)
from .transform_runs import BatchSchedule, RunAtDeployment, RunOnDemand, TransformRuns
from .tree import place_below

if TYPE_CHECKING:
    from aws_cdk import CustomResource, Duration, Size
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_events as events
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sagemaker as sagemaker
    from aws_cdk import aws_scheduler as scheduler
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as stepfunctions

DEFAULT_INSTANCE_TYPE = "ml.m5.xlarge"
DEFAULT_ALARMS = BatchAlarms()
"""All alarms, with nobody to tell."""
DEFAULT_RUN_AT_DEPLOYMENT = RunAtDeployment()
"""Started and seen to run."""


def _lent(endpoint: DeployedEndpoint, variant_name: str | None) -> ModelDefinition | None:
    definitions = endpoint.model_definitions
    return definitions.get(endpoint.variant_names[0] if variant_name is None else variant_name)


@jsii.implements(iam.IGrantable)
class BatchTransformJob(Resource):
    """A batch transform job: instances start, work through all records, and end.

    It is started when the stack is deployed, on schedules, on demand, or several of these ways;
    they all run the same definition.

    Everything made is a public attribute:

    * ``role``, ``policy``: the model's execution role and its customer managed policy;
    * ``cfn_model``: the model, made here or an endpoint's;
    * ``custom_resource``: what runs the job at deployment, or ``None``;
    * ``cfn_schedules``: the schedules by name, and ``dead_letter_queue``, if one was made;
    * ``state_machine``: what runs the job on demand, or ``None``;
    * ``cfn_alarms``: the alarms that the library made;
    * ``security_groups``: the groups in use, empty without a VPC.

    Lines of CSV, the answer joined to each::

        BatchTransformJob(
            self,
            "Claims",
            naming=Naming(team="rc", project="project-a", model="claims"),
            model=container,
            input=TransformInput.from_prefix(
                S3Prefix(bucket=bucket, prefix="claims"),
                content_type="text/csv",
                split_type=SplitType.LINE,
            ),
            output=TransformOutput(
                location=S3Prefix(bucket=bucket, prefix="scores"),
                accept="text/csv",
                assemble_with=AssembleWith.LINE,
            ),
            processing=DataProcessing(input_filter="$[1:]", join_input=True),
            batch_strategy=BatchStrategy.MULTI_RECORD,
            at_deployment=RunAtDeployment(wait_for_completion=Duration.minutes(30)),
        )

    Every night, and on demand for many folders at once::

        job = BatchTransformJob(
            self,
            "Nightly",
            naming=naming,
            endpoint=fraud,
            input=input,
            output=output,
            at_deployment=None,
            schedules=[
                BatchSchedule(
                    name="nightly", schedule=ScheduleExpression.cron(hour="2", minute="0")
                )
            ],
            on_demand=RunOnDemand(max_concurrency=20),
        )
        job.grant_start(caller)
    """

    role: iam.IRole
    policy: iam.ManagedPolicy | None
    cfn_model: "sagemaker.CfnModel"
    custom_resource: "CustomResource | None"
    cfn_schedules: "Mapping[str, scheduler.CfnSchedule]"
    dead_letter_queue: "sqs.IQueue | None"
    state_machine: "stepfunctions.StateMachine | None"
    cfn_alarms: "Sequence[cloudwatch.CfnAlarm]"
    security_groups: "Sequence[ec2.ISecurityGroup]"

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: NamingScheme,
        model: ModelDefinition | None = None,
        endpoint: DeployedEndpoint | None = None,
        variant_name: str | None = None,
        input: TransformInput,
        output: TransformOutput,
        instance_type: str = DEFAULT_INSTANCE_TYPE,
        instance_count: int = 1,
        ami_version: str | None = None,
        encryption_key: "kms.IKey | kms.Key | None" = None,
        processing: DataProcessing | None = None,
        batch_strategy: BatchStrategy | None = None,
        max_concurrent_transforms: int | None = None,
        max_payload: "Size | None" = None,
        environment: Mapping[str, str] | None = None,
        invocations_timeout: "Duration | None" = None,
        invocations_max_retries: int | None = None,
        data_capture: BatchDataCapture | None = None,
        experiment: Experiment | None = None,
        at_deployment: RunAtDeployment | None = DEFAULT_RUN_AT_DEPLOYMENT,
        schedules: Sequence[BatchSchedule] = (),
        on_demand: RunOnDemand | None = None,
        alarms: BatchAlarms | None = DEFAULT_ALARMS,
        vpc: "ec2.IVpc | None" = None,
        vpc_subnets: "ec2.SubnetSelection | None" = None,
        security_groups: "Sequence[ec2.ISecurityGroup] | None" = None,
        enable_network_isolation: bool = False,
        role: "iam.IRole | iam.Role | None" = None,
        attach_execution_policy: bool = True,
    ) -> None:
        """Make what the job needs, and what starts it.

        :param naming: names and tags, a :class:`Naming` or a scheme of your own. Two jobs need two
            ``transform_job_name``: alarms, events and permissions tell them apart by it.
        :param model: what runs: a :class:`Container`, an :class:`InferencePipeline` or a
            :class:`ModelPackage`. Give either ``model`` or ``endpoint``.
        :param endpoint: an endpoint of this app whose model runs; its role is let read the input
            and write the output.
        :param variant_name: which of the endpoint's variants. Default: the first.
        :param input: what is read.
        :param output: what is written.
        :param instance_type: of the types that batch transform has. Default: ``ml.m5.xlarge``.
        :param instance_count: instances that share the objects, 1 to 100. Default: 1.
        :param ami_version: image of the instances, for containers that need a certain driver of
            GPUs, such as ``al2-ami-sagemaker-batch-gpu-535`` (API reference, TransformResources).
            Default: SageMaker's.
        :param encryption_key: customer managed KMS key of the volumes; refused for instances with
            local storage (API reference, TransformResources). Default: a key of AWS's.
        :param processing: filters, and joining answers to records. Default: none.
        :param batch_strategy: how many records make a request; needs a split type. Default:
            SageMaker's.
        :param max_concurrent_transforms: requests to each instance at the same time; times
            ``max_payload`` at most 100 MB. Default: SageMaker's, one unless the container says
            otherwise.
        :param max_payload: size of a request, whole MiB from 0 to 100; 0 sends objects of any size
            in parts. Default: SageMaker's, 6 MB.
        :param environment: environment variables over the model's own, 16 at most. Default: none.
        :param invocations_timeout: time for each request, 1 to 3600 seconds. Default: SageMaker's,
            600.
        :param invocations_max_retries: how often a request is tried again, 0 to 3. Default:
            SageMaker's, 3.
        :param data_capture: keeps requests and answers. Default: none.
        :param experiment: the experiment that the jobs belong to. Default: none.
        :param at_deployment: runs the job with the deployment. Default: it is started and seen to
            run. ``None``: not at all.
        :param schedules: runs the job at certain times. Default: never.
        :param on_demand: runs the job when it is asked for. Default: not.
        :param alarms: thresholds and actions. Default: all alarms, with no action. ``None``: none.
        :param vpc: VPC that the containers' network interfaces are in. Default: none.
        :param vpc_subnets: which subnets of ``vpc``, 1 to 16. Default: its private subnets, else
            its isolated ones, as CDK chooses.
        :param security_groups: 1 to 5 groups; those of more than one instance must let each other
            in (Developer Guide, batch-vpc). Default: a group of the job's own, which does.
        :param enable_network_isolation: containers make and take no network calls but SageMaker's.
            AWS's documents contradict each other on it, so that it warns. Default: false.
        :param role: execution role of the model, which must trust ``sagemaker.amazonaws.com``.
            Default: a role of the job's own, with nothing but the permissions that it needs.
        :param attach_execution_policy: gives ``role`` these permissions in a customer managed
            policy. False leaves a role of yours as it is. Default: true.
        :raises ValueError: naming every argument that would make the deployment fail.
        """
        transform = TransformRequest(
            input=input,
            output=output,
            instance_type=instance_type,
            instance_count=instance_count,
            ami_version=ami_version,
            volume_key=encryption_key,
            processing=processing,
            batch_strategy=batch_strategy,
            max_concurrent_transforms=max_concurrent_transforms,
            max_payload=max_payload,
            environment={} if environment is None else environment,
            invocations_timeout=invocations_timeout,
            invocations_max_retries=invocations_max_retries,
            data_capture=data_capture,
            experiment=experiment,
            endpoint_type=None if endpoint is None else endpoint.endpoint_type,
            endpoint_variants=() if endpoint is None else tuple(endpoint.cfn_models),
            endpoint_model=None if endpoint is None else _lent(endpoint, variant_name),
            endpoint_security_groups=() if endpoint is None else endpoint.security_groups,
            variant_name=variant_name,
        )
        placed = place(
            scope,
            EndpointRequest(
                kind=type(self).__name__,
                type=EndpointType.BATCH,
                naming=naming,
                variants=[],
                transform=transform,
                transform_model=model,
                runs=TransformRuns(
                    at_deployment=at_deployment, schedules=schedules, on_demand=on_demand
                ),
                vpc=vpc,
                vpc_subnets=vpc_subnets,
                security_groups=security_groups,
                enable_network_isolation=enable_network_isolation,
                role=role,
                attach_execution_policy=attach_execution_policy,
                alarms=alarms,
            ),
        )
        rules.refuse(construct_id, placed)
        super().__init__(scope, construct_id)
        place_below(scope, construct_id, self)
        rules.warn(self, placed)
        give_names(self, placed)
        self._name_prefix = naming.transform_job_name
        self._environment = placed.environment
        self._output = output.location
        if endpoint is None:
            own = OwnTransformModel(self, placed)
            self.role, self.policy = own.role, own.policy
            self.security_groups = own.security_groups
            self.cfn_model, model_name = own.cfn_model, own.model_name
        else:
            self.role, self.policy = endpoint.role, endpoint.policy
            self.security_groups = endpoint.security_groups
            self.cfn_model = lend_endpoint_model(endpoint, transform)
            # A literal, as the library gives it.
            model_name = cast(str, self.cfn_model.model_name)
        job = JobTemplate(
            name_prefix=self._name_prefix,
            definition=transform.definition(self.cfn_model.attr_model_name),
            model_arn=placed.environment.arn("sagemaker", f"model/{model_name}"),
            tags=naming.tags,
        )
        self._emit_runs(job, at_deployment, schedules, on_demand)
        if vpc is not None and self.custom_resource is not None and vpc not in self.node.scopes:
            # The job's first run reads through routes and gateways of the VPC.
            self.custom_resource.node.add_dependency(vpc)
        self.cfn_alarms = [] if alarms is None else self._emit_alarms(alarms)
        add_tags(self, naming.tags)

    def _emit_runs(
        self,
        job: JobTemplate,
        at_deployment: RunAtDeployment | None,
        schedules: Sequence[BatchSchedule],
        on_demand: RunOnDemand | None,
    ) -> None:
        self.custom_resource = None
        self.cfn_schedules, self.dead_letter_queue = {}, None
        self.state_machine = None
        if at_deployment is not None:
            self.custom_resource = emit_run_at_deployment(
                Construct(self, "AtDeployment"),
                environment=self._environment,
                job=job,
                run=at_deployment,
            )
            if self.policy is not None:
                # What the job reads and writes must be allowed before it begins.
                self.custom_resource.node.add_dependency(self.policy)
        if schedules:
            self.cfn_schedules, self.dead_letter_queue = emit_schedules(
                Construct(self, "Schedules"),
                environment=self._environment,
                job=job,
                schedules=schedules,
            )
        if on_demand is not None:
            self.state_machine = emit_state_machine(
                Construct(self, "OnDemand"), environment=self._environment, job=job, run=on_demand
            )

    def _emit_alarms(self, alarms: BatchAlarms) -> "list[cloudwatch.CfnAlarm]":
        scope = Construct(self, "Alarms")
        acknowledge_silence(scope, self._environment, alarms)
        made = []
        if alarms.failed_jobs is not None:
            rule = emit_state_rule(
                scope,
                "Failed",
                name_prefix=self._name_prefix,
                statuses=[TransformJobStatus.FAILED],
                description="What the alarm on failed jobs counts",
            )
            acknowledge(rule, self._environment, COUNTING_RULE)
            made.append(
                emit_batch_alarm(
                    scope,
                    "FailedJobs",
                    alarms=alarms,
                    name=f"{self._name_prefix}-FailedJobs",
                    severity=Severity.CRITICAL,
                    description=f"Transform jobs {self._name_prefix}-* failed",
                    threshold=alarms.failed_jobs,
                    namespace="AWS/Events",
                    metric_name="TriggeredRules",
                    statistic="Sum",
                    dimension=("RuleName", rule.rule_name),
                )
            )
        if alarms.failed_starts is not None and self.dead_letter_queue is not None:
            made.append(
                emit_batch_alarm(
                    scope,
                    "FailedStarts",
                    alarms=alarms,
                    name=f"{self._name_prefix}-FailedStarts",
                    severity=Severity.CRITICAL,
                    description=f"Schedules could not start transform jobs {self._name_prefix}-*",
                    threshold=alarms.failed_starts,
                    namespace="AWS/SQS",
                    metric_name="ApproximateNumberOfMessagesVisible",
                    statistic="Maximum",
                    dimension=("QueueName", self.dead_letter_queue.queue_name),
                )
            )
        return made

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The model's role: grants to the job are permissions of its containers."""
        return self.role.grant_principal

    @property
    def job_name_prefix(self) -> str:
        """What the names of all jobs begin with, a literal; a hyphen and more follow."""
        return self._name_prefix

    @property
    def job_arns(self) -> str:
        """ARN pattern of all jobs."""
        return self._environment.arn("sagemaker", f"transform-job/{self._name_prefix}-*")

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Grant any actions on the jobs.

        :param grantee: who is granted.
        :param actions: for example ``"sagemaker:DescribeTransformJob"``.
        """
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=list(actions), resource_arns=[self.job_arns]
        )

    def grant_start(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody run the job on demand (``states:StartExecution``).

        :param grantee: who is granted.
        :raises ValueError: if there is no ``on_demand``.
        """
        if self.state_machine is None:
            raise ValueError("grant_start: the job has no on_demand to start")
        return self.state_machine.grant_start_execution(grantee)

    def grant_read_results(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody read what the jobs write.

        :param grantee: who is granted.
        """
        return self._output.grant_get(grantee)

    def on_state_change(
        self,
        construct_id: str,
        *,
        statuses: Sequence[TransformJobStatus] = tuple(TransformJobStatus),
        target: RuleTarget | None = None,
        description: str | None = None,
    ) -> "events.Rule":
        """Send events of the jobs' states to a target, such as ``SnsTopic`` or ``LambdaFunction``.

        :param construct_id: id of the rule.
        :param statuses: which states. Default: all.
        :param target: where to. Default: nowhere yet, ``rule.add_target`` adds one.
        :param description: what the rule is for. Default: none.
        """
        return emit_state_rule(
            self,
            construct_id,
            name_prefix=self._name_prefix,
            statuses=statuses,
            target=target,
            description=description,
        )

    def on_completed(
        self,
        construct_id: str,
        *,
        target: RuleTarget | None = None,
        description: str | None = None,
    ) -> "events.Rule":
        """Send events of jobs that ended well; see :meth:`on_state_change`."""
        return self.on_state_change(
            construct_id,
            statuses=[TransformJobStatus.COMPLETED],
            target=target,
            description=description,
        )

    def on_failed(
        self,
        construct_id: str,
        *,
        target: RuleTarget | None = None,
        description: str | None = None,
    ) -> "events.Rule":
        """Send events of jobs that failed; see :meth:`on_state_change`."""
        return self.on_state_change(
            construct_id,
            statuses=[TransformJobStatus.FAILED],
            target=target,
            description=description,
        )

    def on_stopped(
        self,
        construct_id: str,
        *,
        target: RuleTarget | None = None,
        description: str | None = None,
    ) -> "events.Rule":
        """Send events of jobs that were stopped; see :meth:`on_state_change`."""
        return self.on_state_change(
            construct_id,
            statuses=[TransformJobStatus.STOPPED],
            target=target,
            description=description,
        )
