"""Emission of what starts batch transform jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import CustomResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from .acknowledgements import (
    DEAD_LETTERS,
    FUNCTION_VERSIONS,
    FUNCTIONS,
    NO_LOG_KEY,
    PROVIDER,
    STATE_MACHINE_WILDCARD,
)
from .acknowledging import acknowledge, acknowledge_resources
from .environment import StackEnvironment
from .execution_role import ExecutionRole, acknowledge_statements, emit_policy
from .transform_runs import BatchSchedule, RunAtDeployment, RunOnDemand

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_scheduler as scheduler
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as stepfunctions
    from aws_cdk import custom_resources

POLLING_SECONDS = 30
CONFIRMATION_SECONDS = 900
"""How long the deployment waits for a job to begin, or to stop."""

FUNCTION_MEMORY_MEBIBYTES = 256
FUNCTION_TIMEOUT_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class JobTemplate:
    """A job as those who start it need it.

    :param name_prefix: beginning of its name.
    :param definition: SageMaker's CreateTransformJobRequest, but for name and tags.
    :param model_arn: ARN of its model, which whoever starts it is bound to.
    :param tags: its tags.
    """

    name_prefix: str
    definition: Mapping[str, Any]
    model_arn: str
    tags: Mapping[str, str]

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """SageMaker's Tags."""
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]

    def arns(self, environment: StackEnvironment) -> str:
        """ARN pattern of all such jobs."""
        return environment.arn("sagemaker", f"transform-job/{self.name_prefix}-*")

    def statements(
        self, environment: StackEnvironment, *, follows: bool = True
    ) -> list[dict[str, Any]]:
        """What it takes to start such a job (Service Authorization Reference).

        :param follows: whether whoever starts it also looks at it and stops it.
        """
        jobs = self.arns(environment)
        statements: list[dict[str, Any]] = [
            {
                "Sid": "StartJob",
                "Effect": "Allow",
                "Action": ["sagemaker:CreateTransformJob"],
                "Resource": [jobs],
                "Condition": {"ArnEquals": {"sagemaker:ModelArn": self.model_arn}},
            },
            {
                "Sid": "TagJob",
                "Effect": "Allow",
                "Action": ["sagemaker:AddTags"],
                "Resource": [jobs],
            },
        ]
        if follows:
            statements.append(
                {
                    "Sid": "FollowJob",
                    "Effect": "Allow",
                    "Action": ["sagemaker:DescribeTransformJob", "sagemaker:StopTransformJob"],
                    "Resource": [jobs],
                }
            )
        return statements


def _role(
    scope: Construct,
    service: str,
    description: str,
    *,
    environment: StackEnvironment,
    statements: Sequence[dict[str, Any]],
    account: str | None = None,
) -> tuple[iam.IRole, iam.ManagedPolicy]:
    """Make a role for a service, and its policy.

    :param account: the account that the service must act for, so that nobody makes it act for him
        (Developer Guides, confused deputy). Lambda says none.
    """
    principal = iam.ServicePrincipal(
        service,
        conditions=None if account is None else {"StringEquals": {"aws:SourceAccount": account}},
    )
    # jsii's types name parameters otherwise than the protocols do.
    made = ExecutionRole(
        scope, "Role", assumed_by=cast(iam.IPrincipal, principal), description=description
    )
    role = cast(iam.IRole, made)
    policy = emit_policy(scope, "Policy", role=role, statements=statements)
    made.attach(policy)
    acknowledge_statements(policy, role, environment, statements)
    return role, policy


def function_code_path() -> Path:
    """Where the Lambda's code is: in the wheel beside this module, in a checkout in ``lambda/``."""
    here = Path(__file__).parent
    installed = here / "_lambda"
    return (installed if installed.is_dir() else here.parents[1] / "lambda") / "transform_job"


def emit_run_at_deployment(
    scope: Construct,
    *,
    environment: StackEnvironment,
    job: JobTemplate,
    run: RunAtDeployment,
) -> CustomResource:
    """Emit a custom resource that starts the job, and the functions behind it."""
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_logs as logs
    from aws_cdk import custom_resources

    log_group = logs.LogGroup(
        scope,
        "LogGroup",
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )
    acknowledge(log_group, environment, NO_LOG_KEY)
    role, policy = _role(
        scope,
        "lambda.amazonaws.com",
        f"Starts transform jobs {job.name_prefix}-*",
        environment=environment,
        statements=[
            *job.statements(environment),
            {
                "Sid": "WriteLogs",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": [log_group.log_group_arn],
            },
        ],
    )
    code = lambda_.Code.from_asset(str(function_code_path()), exclude=["__pycache__"])

    def function(construct_id: str, handler: str) -> lambda_.IFunction:
        made = lambda_.Function(
            scope,
            construct_id,
            description=f"Transform jobs {job.name_prefix}-*: {handler}",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            code=code,
            handler=f"index.{handler}",
            role=role,
            log_group=log_group,
            memory_size=FUNCTION_MEMORY_MEBIBYTES,
            timeout=Duration.seconds(FUNCTION_TIMEOUT_SECONDS),
        )
        acknowledge(made, environment, *FUNCTIONS)
        return cast(lambda_.IFunction, made)

    on_event, is_complete = (
        function("OnEvent", "on_event"),
        function("IsComplete", "is_complete"),
    )
    wait = run.wait_for_completion
    total = Duration.seconds(CONFIRMATION_SECONDS) if wait is None else wait
    provider = custom_resources.Provider(
        scope,
        "Provider",
        on_event_handler=on_event,
        is_complete_handler=is_complete,
        query_interval=Duration.seconds(POLLING_SECONDS),
        total_timeout=total,
        # Groups that the framework makes of its own outlive the stack.
        log_group=log_group,
    )
    _acknowledge_provider(provider, environment, [on_event, is_complete])
    properties: dict[str, Any] = {
        "NamePrefix": job.name_prefix,
        "Definition": job.definition,
        "Tags": job.tag_list,
        "WaitForCompletion": wait is not None,
        "TimeoutSeconds": total.to_seconds(),
    }
    if run.run_id is not None:
        properties["RunId"] = run.run_id
    resource = CustomResource(
        scope,
        "Resource",
        service_token=provider.service_token,
        resource_type="Custom::SageMakerTransformJob",
        properties=properties,
    )
    # Without it the functions may start before they may do anything.
    resource.node.add_dependency(policy)
    return resource


def _acknowledge_provider(
    provider: "custom_resources.Provider",
    environment: StackEnvironment,
    handlers: "Sequence[lambda_.IFunction]",
) -> None:
    """Tell rule packs why what CDK's framework is made of is right; nobody else can reach it."""
    acknowledge(provider, environment, *PROVIDER)
    framework = [
        cast("lambda_.IFunction", provider.node.find_child(f"framework-{name}"))
        for name in ("isComplete", "onTimeout")
    ]
    acknowledge_resources(
        provider,
        environment,
        {
            f"{function.function_arn}:*": FUNCTION_VERSIONS.reason
            for function in (*handlers, *framework)
        },
    )


def emit_schedule(
    scope: Construct,
    *,
    environment: StackEnvironment,
    job: JobTemplate,
    schedule: BatchSchedule,
    role: iam.IRole,
    queue: "sqs.IQueue",
) -> "scheduler.CfnSchedule":
    """Emit a schedule that calls CreateTransformJob itself."""
    from aws_cdk import aws_scheduler as scheduler

    window = schedule.flexible_time_window
    zone = schedule.schedule.time_zone
    request = {
        # The Scheduler puts in an id of the attempt.
        "TransformJobName": f"{job.name_prefix}-<aws.scheduler.execution-id>",
        **job.definition,
        "Tags": job.tag_list,
    }
    return scheduler.CfnSchedule(
        scope,
        schedule.name,
        description=f"Starts transform jobs {job.name_prefix}-*",
        schedule_expression=schedule.schedule.expression_string,
        schedule_expression_timezone=None if zone is None else zone.timezone_name,
        state="ENABLED" if schedule.enabled else "DISABLED",
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(
            mode="OFF" if window is None else "FLEXIBLE",
            maximum_window_in_minutes=None if window is None else window.to_minutes(),
        ),
        target=scheduler.CfnSchedule.TargetProperty(
            arn=f"arn:{environment.partition}:scheduler:::aws-sdk:sagemaker:createTransformJob",
            role_arn=role.role_arn,
            input=Stack.of(scope).to_json_string(request),
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                maximum_retry_attempts=schedule.retry_attempts
            ),
            dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=queue.queue_arn),
        ),
    )


def emit_schedules(
    scope: Construct,
    *,
    environment: StackEnvironment,
    job: JobTemplate,
    schedules: Sequence[BatchSchedule],
) -> "tuple[dict[str, scheduler.CfnSchedule], sqs.IQueue | None]":
    """Emit the schedules, their role, and a queue for starts that failed, if one is needed."""
    from aws_cdk import aws_sqs as sqs

    own_queue: sqs.IQueue | None = None
    if any(schedule.dead_letter_queue is None for schedule in schedules):
        made = sqs.Queue(
            scope,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(made, environment, DEAD_LETTERS)
        own_queue = cast(sqs.IQueue, made)
    queues = {
        schedule.name: cast(
            sqs.IQueue,
            own_queue if schedule.dead_letter_queue is None else schedule.dead_letter_queue,
        )
        for schedule in schedules
    }
    arns = list(dict.fromkeys(queue.queue_arn for queue in queues.values()))
    keys = [queue.encryption_master_key for queue in queues.values()]
    key_arns = list(dict.fromkeys(key.key_arn for key in keys if key is not None))
    statements = [
        *job.statements(environment, follows=False),
        {
            "Sid": "KeepFailedStarts",
            "Effect": "Allow",
            "Action": ["sqs:SendMessage"],
            "Resource": arns,
        },
    ]
    if key_arns:
        statements.append(
            {
                "Sid": "EncryptFailedStarts",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": key_arns,
            }
        )
    role, policy = _role(
        scope,
        "scheduler.amazonaws.com",
        f"Starts transform jobs {job.name_prefix}-*",
        environment=environment,
        statements=statements,
        account=environment.account,
    )
    # A scope of their own, so that a schedule may be called Role.
    named = Construct(scope, "Named")
    made_schedules = {}
    for schedule in schedules:
        resource = emit_schedule(
            named,
            environment=environment,
            job=job,
            schedule=schedule,
            role=role,
            queue=queues[schedule.name],
        )
        resource.node.add_dependency(policy)
        made_schedules[schedule.name] = resource
    return made_schedules, own_queue


def emit_state_machine(
    scope: Construct, *, environment: StackEnvironment, job: JobTemplate, run: RunOnDemand
) -> "stepfunctions.StateMachine":
    """Emit a state machine that runs the job, or one job for each input that it is given."""
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_stepfunctions as stepfunctions

    stack = Stack.of(scope)
    rule = "rule/StepFunctionsGetEventsForSageMakerTransformJobsRule"
    role, policy = _role(
        scope,
        "states.amazonaws.com",
        f"Runs transform jobs {job.name_prefix}-*",
        environment=environment,
        account=environment.account,
        statements=[
            *job.statements(environment),
            {
                # Step Functions Developer Guide, sagemaker-iam.
                "Sid": "ReadTags",
                "Effect": "Allow",
                "Action": ["sagemaker:ListTags"],
                "Resource": [job.arns(environment)],
            },
            {
                # How Step Functions hears of a job's end (Step Functions Developer Guide).
                "Sid": "HearOfEnds",
                "Effect": "Allow",
                "Action": ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
                "Resource": [environment.arn("events", rule)],
            },
        ],
    )
    log_group = logs.LogGroup(
        scope,
        "LogGroup",
        # The service writes only to groups with such names without a policy of their own.
        log_group_name=f"/aws/vendedlogs/states/{job.name_prefix}",
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )
    acknowledge(log_group, environment, NO_LOG_KEY)
    machine = stepfunctions.StateMachine(
        scope,
        "Resource",
        comment=f"Runs transform jobs {job.name_prefix}-*",
        definition_body=stepfunctions.DefinitionBody.from_string(
            stack.to_json_string(state_machine_definition(job, run, environment.partition))
        ),
        role=role,
        tracing_enabled=True,
        logs=stepfunctions.LogOptions(
            destination=log_group,
            level=stepfunctions.LogLevel.ALL,
            include_execution_data=False,
        ),
    )
    machine.node.add_dependency(policy)
    # CDK has added the statements for traces and logs.
    acknowledge_resources(policy, environment, {"*": STATE_MACHINE_WILDCARD.reason})
    cast(ExecutionRole, role).keep_apart(["*"])
    statements: list[dict[str, Any]] = [
        {
            "Sid": "StartItems",
            "Effect": "Allow",
            "Action": ["states:StartExecution"],
            "Resource": [machine.state_machine_arn],
        },
        {
            "Sid": "FollowItems",
            "Effect": "Allow",
            "Action": ["states:DescribeExecution", "states:StopExecution"],
            # Executions of items have the map's label after a slash, while the Developer Guide
            # (iam-policies-eg-dist-map) names executions without one.
            "Resource": [
                environment.arn("states", f"execution:{machine.state_machine_name}{rest}")
                for rest in ("/*", ":*")
            ],
        },
    ]
    # A map runs an execution for each item. Of its own, because it refers to the machine.
    map_policy = emit_policy(scope, "MapPolicy", role=role, statements=statements)
    acknowledge_statements(map_policy, role, environment, statements)
    return machine


def state_machine_definition(job: JobTemplate, run: RunOnDemand, partition: str) -> dict[str, Any]:
    """The state machine in Amazon States Language."""

    def task(request: Mapping[str, Any]) -> dict[str, Any]:
        state: dict[str, Any] = {
            "Type": "Task",
            "Resource": f"arn:{partition}:states:::sagemaker:createTransformJob.sync",
            "Parameters": {
                # A job's name can never be used again: each attempt has its own.
                "TransformJobName.$": (
                    f"States.Format('{job.name_prefix}-{{}}-{{}}', "
                    "States.ArrayGetItem(States.StringSplit(States.UUID(), '-'), 4), "
                    "$$.State.RetryCount)"
                ),
                **request,
                "Tags": job.tag_list,
            },
            # A name for each job is shorter than what asked for it: what a map answers is bounded
            # as its input is, which whole descriptions of many jobs would exceed.
            "ResultSelector": {"TransformJobName.$": "$.TransformJobName"},
            "OutputPath": "$.TransformJobName",
            "End": True,
        }
        if run.timeout is not None:
            state["TimeoutSeconds"] = run.timeout.to_seconds()
        retries = [
            {
                # Other jobs use up the quota.
                "ErrorEquals": ["SageMaker.ResourceLimitExceededException"],
                "IntervalSeconds": 60,
                "MaxAttempts": 5,
                "BackoffRate": 2,
                "JitterStrategy": "FULL",
            },
            {
                # Throttled, as many jobs that are started at once are.
                "ErrorEquals": ["SageMaker.AmazonSageMakerException"],
                "IntervalSeconds": 10,
                "MaxAttempts": 5,
                "BackoffRate": 2,
                "JitterStrategy": "FULL",
            },
        ]
        if run.max_attempts > 1:
            retries.append(
                {
                    "ErrorEquals": ["States.TaskFailed"],
                    "IntervalSeconds": 60,
                    "MaxAttempts": run.max_attempts - 1,
                    "BackoffRate": 2,
                    "JitterStrategy": "FULL",
                }
            )
        state["Retry"] = retries
        return state

    source = job.definition["TransformInput"]["DataSource"]["S3DataSource"]
    one_of_many = {
        **job.definition,
        "TransformInput": {
            **job.definition["TransformInput"],
            "DataSource": {
                "S3DataSource": {"S3DataType": source["S3DataType"], "S3Uri.$": "$.S3Uri"}
            },
        },
        "TransformOutput": {
            **{
                key: value
                for key, value in job.definition["TransformOutput"].items()
                if key != "S3OutputPath"
            },
            "S3OutputPath.$": "$.S3OutputPath",
        },
    }
    return {
        "StartAt": "OneOrMany",
        "States": {
            "OneOrMany": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.inputs", "IsPresent": True, "Next": "Many"}],
                "Default": "One",
            },
            "One": task(job.definition),
            "Many": {
                "Type": "Map",
                "ItemsPath": "$.inputs",
                "MaxConcurrency": run.max_concurrency,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "OneOfMany",
                    "States": {"OneOfMany": task(one_of_many)},
                },
                "End": True,
            },
        },
    }
