"""SageMaker and CDK's provider framework, as the transform job's Lambda meets them."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from unittest.mock import patch

from botocore.exceptions import ClientError, ReadTimeoutError
from moto.sagemaker.models import SageMakerModelBackend
from mypy_boto3_sagemaker import SageMakerClient

from transform_job import index

Properties = dict[str, Any]
Kind = Literal["Create", "Update", "Delete"]

REGION = "eu-west-1"
ACCOUNT = "123456789012"
LOGICAL_ID = "FraudBatch1A2B3C4D"
PREFIX = "rc-project-a-fraud"
INTERVAL = 30
SECRET = "correct-horse-battery"
INPUT = "s3://data-lake/2026/11/"


def stack_id(number: int = 1) -> str:
    return f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Fraud/{number:08d}-0000-4000-8000"


def properties(model: str = "fraud-v3", **changes: Any) -> Properties:
    """What the construct sends, as CloudFormation passes it on: all text."""
    return {
        "ServiceToken": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:framework",
        "NamePrefix": PREFIX,
        "Definition": {
            "ModelName": model,
            "MaxConcurrentTransforms": "4",
            "MaxPayloadInMB": "6",
            "BatchStrategy": "MultiRecord",
            "Environment": {"WORKERS": "1", "DEBUG": "true", "TOKEN": SECRET},
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": INPUT}},
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            "TransformOutput": {"S3OutputPath": "s3://results/", "AssembleWith": "Line"},
            "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": "2"},
            "ModelClientConfig": {
                "InvocationsTimeoutInSeconds": "600",
                "InvocationsMaxRetries": "0",
            },
            "DataCaptureConfig": {
                "DestinationS3Uri": "s3://captures/",
                "GenerateInferenceId": "true",
            },
        },
        "Tags": [{"Key": "Team", "Value": "rc"}],
        "WaitForCompletion": "true",
        "TimeoutSeconds": "3600",
        **changes,
    }


class Clock:
    """Time that passes only when somebody sleeps or asks SageMaker."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Invocation:
    """Lambda's context of one call of the function."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._ends = clock.now + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._ends - self._clock.now) * 1000)


class CutOff(BaseException):
    """Lambda ends the function; no ``except Exception`` sees it."""


def client_error(operation: str, code: str, message: str, status: int = 400) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        operation,
    )


def throttled(operation: str) -> BaseException:
    return client_error(operation, "ThrottlingException", "Rate exceeded")


def denied(operation: str) -> BaseException:
    text = f"User: role/x is not authorized to perform: sagemaker:{operation}"
    return client_error(operation, "AccessDeniedException", text)


def timed_out(operation: str) -> BaseException:
    return ReadTimeoutError(endpoint_url=f"https://api.sagemaker/{operation}")


def cut_off(operation: str) -> BaseException:
    return CutOff(operation)


@dataclass
class Fault:
    """Something that befalls the next ``times`` calls of an operation, or of any."""

    error: Callable[[str], BaseException]
    operation: str = "any"
    times: int = 1
    after: bool = False  # SageMaker has done it, and the answer is lost


class SageMaker:
    """The three operations as a boto3 client has them, with the states and errors of the service.

    moto completes jobs at once, replaces a job of the same name and cannot stop one. With moto's
    client and backend this class adds only that; without them it holds the jobs itself, which is
    fast enough for thousands of random sequences.
    """

    def __init__(
        self,
        clock: Clock,
        client: SageMakerClient | None = None,
        backend: SageMakerModelBackend | None = None,
    ) -> None:
        self.clock = clock
        self.client = client
        self.backend = backend
        self.faults: list[Fault] = []
        self.calls: list[str] = []
        self.starts: Counter[str] = Counter()
        self.requests: dict[str, dict[str, Any]] = {}
        self._status: dict[str, str] = {}
        self._reason: dict[str, str] = {}
        self.when_described: Callable[[str], None] = lambda name: None
        self.when_started: Callable[[dict[str, Any]], None] = lambda request: None

    def jobs(self) -> list[str]:
        return list(self._status)

    def status(self, name: str) -> str | None:
        return self._status.get(name)

    def running(self) -> list[str]:
        return [name for name, status in self._status.items() if status == "InProgress"]

    def end(self, name: str, status: str = "Completed", reason: str = "") -> None:
        self._status[name] = status
        self._reason[name] = reason
        if self.backend is not None:
            job = self.backend.transform_jobs[name]
            job.transform_job_status, job.failure_reason = status, reason

    def create_transform_job(self, **request: Any) -> dict[str, Any]:
        with self._call("CreateTransformJob"):
            name = request["TransformJobName"]
            if name in self._status:
                text = f"Job name must be unique within an account and region: {name}"
                raise client_error("CreateTransformJob", "ResourceInUse", text)
            if self.client is not None:
                self.client.create_transform_job(**request)
            self.starts[name] += 1
            self.requests[name] = request
            self.end(name, "InProgress")
            self.when_started(request)
            return {"TransformJobArn": self._arn(name)}

    def describe_transform_job(self, *, TransformJobName: str) -> dict[str, Any]:  # noqa: N803 -- boto3's name
        with self._call("DescribeTransformJob"):
            if self.client is not None:
                answer = dict(self.client.describe_transform_job(TransformJobName=TransformJobName))
            elif TransformJobName not in self._status:
                text = f"Could not find requested job with name: {TransformJobName}"
                raise client_error("DescribeTransformJob", "ValidationException", text)
            else:
                answer = {
                    "TransformJobName": TransformJobName,
                    "TransformJobArn": self._arn(TransformJobName),
                    "TransformJobStatus": self._status[TransformJobName],
                    "FailureReason": self._reason[TransformJobName],
                }
            self.when_described(TransformJobName)
            return answer

    def stop_transform_job(self, *, TransformJobName: str) -> dict[str, Any]:  # noqa: N803 -- boto3's name
        with self._call("StopTransformJob"):
            status = self._status.get(TransformJobName)
            if status != "InProgress":
                text = (
                    f"Could not find job to update with name: {TransformJobName}"
                    if status is None
                    else f"The request was rejected because the transform job is in status {status}"
                )
                raise client_error("StopTransformJob", "ValidationException", text)
            self.end(TransformJobName, "Stopping")
            return {}

    @contextmanager
    def _call(self, operation: str) -> Iterator[None]:
        self.calls.append(operation)
        self.clock.sleep(0.1)
        fault = next((f for f in self.faults if f.operation in ("any", operation)), None)
        if fault is not None:
            fault.times -= 1
            if fault.times == 0:
                self.faults.remove(fault)
            if not fault.after:
                raise fault.error(operation)
        yield
        if fault is not None:
            raise fault.error(operation)

    @staticmethod
    def _arn(name: str) -> str:
        return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/{name}"


CREATE_FAILED = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"


@dataclass(frozen=True)
class Response:
    """What CloudFormation is told."""

    status: Literal["SUCCESS", "FAILED"]
    physical_id: str
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


class Framework:
    """What runs the handlers: aws-cdk-lib custom-resources/lib/provider-framework, version 2.275.

    ``runtime/framework.js`` and ``runtime/cfn-response.js`` say: the answer of onEvent is spread
    over the request; an error becomes FAILED with the event's physical id, or with a marker when a
    Create has none yet, and the Delete for that marker never reaches the handlers. An event of
    isComplete always has an id, so the Delete after its failure does. ``waiter-state-machine.js``:
    the same event goes to isComplete again and again, until the attempts are used up, of which the
    handlers are not told.
    """

    def __init__(self, clock: Clock, sagemaker: SageMaker, *, function_seconds: float = 60) -> None:
        self.clock = clock
        self.sagemaker = sagemaker
        self.function_seconds = function_seconds

    def invoke(self, handler: Callable[..., Any], event: Mapping[str, Any]) -> dict[str, Any]:
        """Call a handler as Lambda would: JSON in, JSON out, an end to its time."""
        payload = json.loads(json.dumps(event))
        invocation = Invocation(self.clock, self.function_seconds)
        with (
            patch.object(index, "_client", lambda: self.sagemaker),
            patch.object(index, "time", self.clock),
        ):
            answer: dict[str, Any] = json.loads(json.dumps(handler(payload, invocation)))
        assert invocation.get_remaining_time_in_millis() > 0, "Lambda would have ended the function"
        assert len(json.dumps(answer)) <= 4096
        return answer

    def deliver(self, request: Mapping[str, Any]) -> "Waiter | Response":
        physical = request.get("PhysicalResourceId", "")
        if request["RequestType"] == "Delete" and physical == CREATE_FAILED:
            return Response("SUCCESS", CREATE_FAILED)
        try:
            answer = self.invoke(index.on_event, request)
        except (Exception, CutOff) as error:
            return self._failed(physical or CREATE_FAILED, error)
        if request["RequestType"] == "Delete":
            assert answer["PhysicalResourceId"] == physical
        return Waiter(self, {**request, **answer})

    def _failed(self, physical_id: str, error: BaseException) -> Response:
        # The reason is a Node stack: the message, the log group, lines of the framework.
        assert len(str(error).encode()) <= 2000
        return Response("FAILED", physical_id, str(error))


class Waiter:
    """The state machine that follows one delivery of a request."""

    def __init__(self, framework: Framework, event: dict[str, Any]) -> None:
        self._framework = framework
        self.event = event
        seconds = int(event["ResourceProperties"]["TimeoutSeconds"])
        self._attempts = seconds // INTERVAL + 1

    def poll(self) -> Response | None:
        physical = self.event["PhysicalResourceId"]
        try:
            answer = self._framework.invoke(index.is_complete, self.event)
        except (Exception, CutOff) as error:
            return self._framework._failed(physical, error)
        if answer["IsComplete"]:
            data = {**self.event.get("Data", {}), **answer.get("Data", {})}
            return Response("SUCCESS", physical, data=data)
        assert "Data" not in answer, '"Data" is not allowed if "IsComplete" is "False"'
        self._attempts -= 1
        if self._attempts == 0:
            return Response("FAILED", physical, "Operation timed out")
        self._framework.clock.sleep(INTERVAL)
        return None

    def finish(self, each: Callable[[int], object] = lambda poll: None) -> Response:
        """Poll until there is a response; ``each`` happens before every poll but the first."""
        for number in range(1000):
            if number:
                each(number)
            response = self.poll()
            if response is not None:
                return response
        raise AssertionError("waits for ever")


def request(
    kind: Kind,
    new: Properties,
    *,
    physical: str = "",
    old: Properties | None = None,
    stack: str = "",
    logical_id: str = LOGICAL_ID,
) -> dict[str, Any]:
    event: dict[str, Any] = {
        "RequestType": kind,
        "RequestId": "5f3c3f6e-0000-4000-8000-000000000001",
        "ResponseURL": "https://bucket.s3.amazonaws.com/signed?X-Amz-Signature=0123456789",
        "StackId": stack or stack_id(),
        "LogicalResourceId": logical_id,
        "ResourceType": "Custom::SageMakerTransformJob",
        "ResourceProperties": new,
    }
    if kind != "Create":
        event["PhysicalResourceId"] = physical
    if kind == "Update":
        assert old is not None
        event["OldResourceProperties"] = old
    return event
