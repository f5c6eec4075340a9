"""Runs a SageMaker batch transform job as a CloudFormation custom resource.

CDK's provider framework calls ``on_event`` once per request, then ``is_complete`` until it is true
or raises. ``on_event`` changes nothing, it names the job; ``is_complete`` moves SageMaker towards
the request, so that a call which is repeated, throttled or cut off costs nothing. Jobs start there
because the framework hides the Delete after a failed ``on_event``, but not after ``is_complete``.
"""

import hashlib
import json
import random
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as BotoConnectionError

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

Event = Mapping[str, Any]
Answer = dict[str, Any]

# Where CreateTransformJob wants what CloudFormation turned into text.
INTEGERS = {
    "MaxConcurrentTransforms",
    "MaxPayloadInMB",
    "TransformResources.InstanceCount",
    "ModelClientConfig.InvocationsTimeoutInSeconds",
    "ModelClientConfig.InvocationsMaxRetries",
}
BOOLEANS = {"DataCaptureConfig.GenerateInferenceId"}

HASH_LENGTH = 10
NAME = re.compile("(?=.{1,63}$)[a-z0-9](-*[a-z0-9])*")
MARGIN_SECONDS = 120  # between our deadline and the framework's: over one interval and one call
START_SECONDS = 120  # a request that is older starts no job
PATIENCE_SECONDS = 240  # after that a cancelled request cannot start one either
RESERVE_SECONDS = 20  # of the function's time, for one last call and the answer
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0
MESSAGE_BYTES = 2000  # CloudFormation takes 4096 for the whole answer, with the stack's ARN

RUNNING = "InProgress"
ENDED = ("Completed", "Failed", "Stopped")
# Errors that answer the question. ResourceNotFound is in the model, ValidationException in use.
HAS_STARTED = re.compile(r"\(ResourceInUse\)")
IS_MISSING = re.compile(r"(?s)\(ResourceNotFound\)|\(ValidationException\).*[Nn]ot (find|found)")
RUNS_NOT = re.compile(r"\((ResourceNotFound|ValidationException)\)")
TRANSIENT = re.compile("Throttl|TooMany|RequestLimit|RequestTimeout|ServiceUnavailable|Internal")
ADVICE = {
    "AccessDeniedException": "Allow sagemaker:{} (with tags sagemaker:AddTags too) to the function"
    " for this job, model and instance type; a boundary or an organization's policy may deny it.",
    "ResourceLimitExceeded": "Ask Service Quotas for more '<instance type> for transform job usage'"
    " (Amazon SageMaker), or take another instance_type or a smaller instance_count.",
}
RUN_AGAIN = "A job's name is never free again: give the construct another run_id to run it again."


class JobError(Exception):
    """What the user of the stack is told; no job is left to stop."""


class TransientError(Exception):
    """SageMaker could not be asked within the function's time."""


def job_name(event: Event, properties: Mapping[str, Any]) -> str:
    """Name a run by all that defines it. The hash is a contract: another one runs all jobs anew."""
    definition = _cast(properties["Definition"])
    run = [event["StackId"], event["LogicalResourceId"], definition, properties.get("RunId", "")]
    text = json.dumps(run, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]
    return f"{properties['NamePrefix']}-{digest}"


def _cast(value: Any, path: str = "") -> Any:
    """Give numbers and booleans their types back; botocore refuses what is neither."""
    if isinstance(value, Mapping):
        start = f"{path}." if path else ""
        return {key: _cast(member, f"{start}{key}") for key, member in value.items()}
    text = str(value).lower()
    if path in INTEGERS and re.fullmatch("[0-9]+", text):
        return int(text)
    if path in BOOLEANS and text in ("true", "false"):
        return text == "true"
    return value


class _Jobs:
    """SageMaker's calls, repeated while their errors may pass and the function has time."""

    def __init__(self, milliseconds_left: Callable[[], int]) -> None:
        self._milliseconds_left = milliseconds_left

    def start(self, name: str, properties: Mapping[str, Any]) -> None:
        tags = {"Tags": properties["Tags"]} if properties.get("Tags") else {}
        request = {**_cast(properties["Definition"]), **tags, "TransformJobName": name}
        self._call(_client().create_transform_job, HAS_STARTED, **request)

    def describe(self, name: str) -> Mapping[str, Any] | None:
        job = self._call(_client().describe_transform_job, IS_MISSING, TransformJobName=name)
        return job and {**job, "Status": job["TransformJobStatus"]}

    def stop(self, name: str) -> bool:
        """Stop a job; false when it does not run."""
        return self._call(_client().stop_transform_job, RUNS_NOT, TransformJobName=name) is not None

    def _call(
        self, operation: Callable[..., Any], harmless: re.Pattern[str], **request: Any
    ) -> Mapping[str, Any] | None:
        longest = FIRST_PAUSE
        while True:
            try:
                return dict(operation(**request))
            except (ClientError, BotoCoreError) as error:
                if harmless.search(str(error)):
                    return None
                if not _is_transient(error):
                    raise
                kind = _kind(error)
            pause, longest = random.uniform(0, longest), min(2 * longest, LONGEST_PAUSE)
            if self._milliseconds_left() / 1000 - pause < RESERVE_SECONDS:
                raise TransientError(f"SageMaker did not answer ({kind}): deploy again.")
            time.sleep(pause)


@cache
def _client() -> "SageMakerClient":
    # We repeat, not botocore; one call takes 15 seconds at most.
    config = Config(connect_timeout=3, read_timeout=12, retries={"total_max_attempts": 1})
    return boto3.client("sagemaker", config=config)


def _kind(error: Exception) -> str:
    response: Any = error.response if isinstance(error, ClientError) else {}
    return str(response.get("Error", {}).get("Code") or type(error).__name__)


def _is_transient(error: Exception) -> bool:
    if not isinstance(error, ClientError):
        return isinstance(error, HTTPClientError | BotoConnectionError | IncompleteReadError)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return bool(TRANSIENT.search(_kind(error))) or status == 429 or status >= 500


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")


def _log(level: str, message: str, event: Event, **values: object) -> None:
    context = {"level": level, "message": message, "job": event.get("JobName")}
    request = {"request": event.get("RequestType"), "request_id": event.get("RequestId")}
    print(json.dumps(context | request | values), flush=True)


def _handler(step: Callable[[Event, _Jobs], Answer]) -> Callable[[Event, Any], Answer]:
    """Make a step the handler that Lambda calls: with its context, and errors that help."""

    @wraps(step)
    def handle(event: Event, context: Any) -> Answer:
        try:
            return step(event, _Jobs(context.get_remaining_time_in_millis))
        except Exception as error:
            message = str(error)
            if not isinstance(error, JobError | TransientError):
                advice = ADVICE.get(_kind(error), "").format(getattr(error, "operation_name", ""))
                message = f"{event.get('JobName', '')}: {_kind(error)}: {error}. {advice}"
        # SageMaker and botocore quote what they refuse.
        definition = event.get("ResourceProperties", {}).get("Definition", {})
        environment = map(str, definition.get("Environment", {}).values())
        for value in sorted(environment, key=len, reverse=True):
            message = message.replace(value, "***") if len(value) > 3 else message
        message = _cut(message, MESSAGE_BYTES)
        _log("ERROR", message, event)
        raise JobError(message)

    return handle


@_handler
def on_event(event: Event, jobs: _Jobs) -> Answer:
    """Say which job a request is about; the framework adds the answer to later events."""
    request, properties = event["RequestType"], event["ResourceProperties"]
    if request not in ("Create", "Update", "Delete"):
        raise JobError(f"RequestType must be Create, Update or Delete, not {request!r}")
    now, timeout = int(time.time()), int(properties["TimeoutSeconds"])
    times = {"StartedAt": now, "Deadline": now + timeout - min(MARGIN_SECONDS, timeout // 2)}
    if request == "Delete":
        return {**times, "PhysicalResourceId": event["PhysicalResourceId"], **_to_delete(event)}
    name = job_name(event, properties)
    if not NAME.fullmatch(name):
        raise JobError(f"{name} is no job name: 63 characters at most of a-z, 0-9 and inner '-'")
    plan = {**times, "PhysicalResourceId": name, "JobName": name}
    if request == "Create":
        return {**plan, "Owned": True, "Settled": False, "Orphan": ""}
    job = jobs.describe(name)
    # A run that had ended before is left alone, or no stack could be rolled back to it.
    plan |= {"Owned": job is None, "Settled": job is not None and job["Status"] in ENDED}
    # CloudFormation never learns, and so never deletes, the job of an Update that it cancels. The
    # rollback tells: its old properties name a job that is not the resource's.
    old = job_name(event, event["OldResourceProperties"])
    return {**plan, "Orphan": "" if old in (name, event["PhysicalResourceId"]) else old}


def _to_delete(event: Event) -> Answer:
    physical, properties = event["PhysicalResourceId"], event["ResourceProperties"]
    prefix = re.escape(properties["NamePrefix"])
    if re.fullmatch(rf"{prefix}-[0-9a-f]{{{HASH_LENGTH}}}", physical):
        return {"JobName": physical, "Orphan": ""}
    # When CloudFormation cancels a Create, it invents "{stack}-{logical id}-{suffix}" for the id
    # that it did not get, while is_complete of that Create may be about to start the job.
    invented = f"-{event['LogicalResourceId']}-" in physical
    return {"JobName": "", "Orphan": job_name(event, properties) if invented else ""}


@_handler
def is_complete(event: Event, jobs: _Jobs) -> Answer:
    """Start, watch or stop that job; say whether the request is fulfilled."""
    name, runs = event["JobName"], event["RequestType"] != "Delete"
    try:
        gone = _is_gone(event, jobs, event["Orphan"], cancelled=True)
        if runs:
            answer = _run(event, jobs)
            return answer if gone else {"IsComplete": False}
        return {"IsComplete": _is_gone(event, jobs, name) and gone}
    except JobError:
        raise
    except Exception as error:
        if isinstance(error, TransientError) and time.time() < event["Deadline"]:
            _log("WARNING", "asking again later", event)
            return {"IsComplete": False}
        if runs and event["Owned"]:
            with suppress(Exception):  # what went wrong before is what the user has to know
                jobs.stop(name)
        raise


def _run(event: Event, jobs: _Jobs) -> Answer:
    name, properties = event["JobName"], event["ResourceProperties"]
    elapsed = int(time.time() - event["StartedAt"])
    job = jobs.describe(name)
    if job is None:
        if elapsed > START_SECONDS:
            raise JobError(f"Transform job {name} could not be started in time: deploy again.")
        jobs.start(name, properties)
        _log("INFO", "started", event)
        job = jobs.describe(name)
    if job is None:
        return {"IsComplete": False}
    status = job["Status"]
    _log("INFO", "progress", event, status=status, elapsed_seconds=elapsed)
    waits = str(properties["WaitForCompletion"]).lower() == "true"
    if event["Settled"] or status == "Completed" or (status == RUNNING and not waits):
        data = {"TransformJobName": name, "TransformJobArn": job["TransformJobArn"]}
        return {"IsComplete": True, "Data": data}
    if status in ENDED:
        reason = _cut(str(job.get("FailureReason") or "SageMaker gave no reason"), 1024)
        raise JobError(
            f"Transform job {name} is {status}: {reason}. Its containers' logs are in log group"
            f" /aws/sagemaker/TransformJobs, streams {name}/. {RUN_AGAIN}"
        )
    if time.time() < event["Deadline"]:
        return {"IsComplete": False}
    if event["Owned"] and status == RUNNING and not jobs.stop(name):
        return {"IsComplete": False}  # it has ended just now: the next call sees how
    fate = "was stopped" if event["Owned"] else "goes on, for an earlier deployment started it"
    raise JobError(
        f"Transform job {name} has not finished in {elapsed} seconds and {fate}. Pass a longer"
        f" timeout, or wait_for_completion=None, which starts jobs without waiting. {RUN_AGAIN}"
    )


def _is_gone(event: Event, jobs: _Jobs, name: str, *, cancelled: bool = False) -> bool:
    """Stop a job if it runs; say whether it has ended, or will never begin."""
    elapsed = int(time.time() - event["StartedAt"])
    late: bool = time.time() >= event["Deadline"]
    try:
        job: Mapping[str, Any] | None = jobs.describe(name) if name else {"Status": "Stopped"}
        if job is None:
            return not cancelled or late or elapsed >= PATIENCE_SECONDS
        if job["Status"] in ENDED:
            return True
        if job["Status"] == RUNNING:
            jobs.stop(name)
    except ClientError as error:
        if not cancelled:
            raise
        _log("ERROR", "cannot stop a cancelled job", event, stops=name, error=_kind(error))
        return True  # a rollback must not fail for what was cancelled
    _log("INFO", "stopping", event, stops=name, status=job["Status"], elapsed_seconds=elapsed)
    if late and not cancelled:
        raise JobError(f"Transform job {name} still stops after {elapsed} seconds: delete again.")
    return late
