"""How a batch transform job is started: at deployment, on a schedule, on demand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_cdk import Duration
    from aws_cdk import aws_scheduler as scheduler
    from aws_cdk import aws_sqs as sqs

MAX_WAIT_SECONDS = 3600
DEFAULT_RETRY_ATTEMPTS = 3


@dataclass(frozen=True, kw_only=True)
class RunAtDeployment:
    """Runs the job when the stack is deployed, and again when what defines it has changed: model,
    input, output or settings, and not tags and alarms.

    A rollback runs nothing again. When the resource goes, a running job is stopped; its output
    stays.

    Example::

        RunAtDeployment(wait_for_completion=Duration.minutes(30))

    :param wait_for_completion: fails the deployment unless the job ends well within this time, at
        most an hour (CloudFormation's bound for custom resources), and stops the job then. Default:
        none, the deployment goes on when the job runs; ``on_failed`` and the alarm tell of its end.
    :param run_id: another text runs the same job again. Default: none.
    """

    wait_for_completion: "Duration | None" = None
    run_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class BatchSchedule:
    """Runs the job at certain times, by EventBridge Scheduler.

    Example::

        BatchSchedule(
            name="nightly",
            schedule=ScheduleExpression.cron(
                hour="2", minute="0", time_zone=TimeZone.EUROPE_BERLIN
            ),
        )

    :param name: unique among the job's schedules; letters, digits and inner hyphens.
    :param schedule: ``aws_scheduler.ScheduleExpression``: cron, rate, or once at a time.
    :param flexible_time_window: lets the Scheduler choose a moment within this time after it, 1
        minute to 24 hours. Default: at once.
    :param retry_attempts: how often a start that failed is tried again, 0 to 185. The Scheduler
        gives each attempt a name of its own, so that a start whose answer was lost runs twice.
        Default: 3.
    :param dead_letter_queue: SQS queue that gets starts that failed for good. Default: a queue of
        the job's own.
    :param enabled: false keeps the schedule and starts nothing. Default: true.
    """

    name: str
    schedule: "scheduler.ScheduleExpression"
    flexible_time_window: "Duration | None" = None
    retry_attempts: int = DEFAULT_RETRY_ATTEMPTS
    dead_letter_queue: "sqs.IQueue | sqs.Queue | None" = None
    enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class RunOnDemand:
    """Runs the job when a Step Functions state machine is started, and many jobs side by side.

    Without input the execution runs the job as it is defined. With
    ``{"inputs": [{"S3Uri": "s3://…", "S3OutputPath": "s3://…"}, …]}`` it runs one job for each
    entry, below the same prefixes: SageMaker spreads a job over ``instance_count`` instances, Step
    Functions spreads the jobs. The execution answers with the jobs' names. A job that fails for
    good ends the execution, and with it the jobs that still run.

    :param max_concurrency: jobs at the same time, 1 to 1000; the account's quota of instances for
        transform jobs bounds them too. Default: 10.
    :param max_attempts: how often a job is started that fails, 1 to 10. Default: 1.
    :param timeout: bound on one job. Default: none.
    """

    max_concurrency: int = 10
    max_attempts: int = 1
    timeout: "Duration | None" = None


@dataclass(frozen=True, kw_only=True)
class TransformRuns:
    """All ways in which one job is started."""

    at_deployment: RunAtDeployment | None
    schedules: Sequence[BatchSchedule]
    on_demand: RunOnDemand | None
