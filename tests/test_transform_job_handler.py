"""The transform job's Lambda against SageMaker, with everything that goes wrong in between."""

import ast
import itertools
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from moto import mock_aws
from moto.sagemaker.models import SageMakerModelBackend, sagemaker_backends
from mypy_boto3_sagemaker import SageMakerClient

from transform_job import index
from transform_job_support import (
    ACCOUNT,
    CREATE_FAILED,
    INPUT,
    INTERVAL,
    LOGICAL_ID,
    PREFIX,
    REGION,
    SECRET,
    Clock,
    Fault,
    Framework,
    Invocation,
    Properties,
    Response,
    SageMaker,
    Waiter,
    client_error,
    cut_off,
    denied,
    properties,
    request,
    stack_id,
    throttled,
    timed_out,
)

HANDLER = Path(index.__file__)
FAULTY = [
    pytest.param(throttled, id="throttled"),
    pytest.param(timed_out, id="timed-out"),
    pytest.param(lambda o: client_error(o, "InternalFailure", "", 500), id="internal-failure"),
    pytest.param(lambda o: client_error(o, "Unheard", "", 503), id="unavailable"),
    pytest.param(lambda o: EndpointConnectionError(endpoint_url=o), id="no-connection"),
]
OPERATIONS = ["CreateTransformJob", "DescribeTransformJob", "StopTransformJob"]


@pytest.fixture(scope="module")
def moto(plain_sagemaker: None) -> Iterator[tuple[SageMakerClient, SageMakerModelBackend]]:
    with mock_aws():
        yield (
            boto3.client("sagemaker", region_name=REGION),
            sagemaker_backends[ACCOUNT][REGION],
        )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sagemaker(clock: Clock, moto: tuple[SageMakerClient, SageMakerModelBackend]) -> SageMaker:
    moto[1].transform_jobs.clear()
    return SageMaker(clock, *moto)


@pytest.fixture
def framework(clock: Clock, sagemaker: SageMaker) -> Framework:
    return Framework(clock, sagemaker)


def accepted(framework: Framework, event: dict[str, Any]) -> Waiter:
    waiter = framework.deliver(event)
    assert isinstance(waiter, Waiter), waiter
    return waiter


def started(framework: Framework, new: Properties | None = None, **where: Any) -> str:
    """Create a job and leave it running; its name."""
    waiter = accepted(framework, request("Create", new or properties(), **where))
    waiter.poll()
    name: str = waiter.event["PhysicalResourceId"]
    assert framework.sagemaker.status(name) == "InProgress"
    return name


def ended(framework: Framework, new: Properties, status: str = "Completed") -> str:
    name = started(framework, new)
    framework.sagemaker.end(name, status)
    return name


def succeeded(response: Response | Waiter | None) -> Response:
    assert isinstance(response, Response)
    assert response.status == "SUCCESS", response.reason
    return response


def failed(response: Response | Waiter | None) -> Response:
    assert isinstance(response, Response)
    assert response.status == "FAILED"
    return response


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


# --- Create ---------------------------------------------------------------------------------------


def test_create_waits_until_the_job_completes(framework: Framework, sagemaker: SageMaker) -> None:
    waiter = accepted(framework, request("Create", properties()))
    name = waiter.event["PhysicalResourceId"]

    response = succeeded(waiter.finish(lambda poll: sagemaker.end(name) if poll == 5 else None))

    assert re.fullmatch(rf"{PREFIX}-[0-9a-f]{{10}}", name)
    assert response.physical_id == name
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/{name}"
    assert response.data == {"TransformJobName": name, "TransformJobArn": arn}
    assert sagemaker.calls == [
        "DescribeTransformJob",
        "CreateTransformJob",
        *["DescribeTransformJob"] * 6,
    ]


def test_without_waiting_a_running_job_is_enough(
    framework: Framework, sagemaker: SageMaker
) -> None:
    waiter = accepted(framework, request("Create", properties(WaitForCompletion="false")))

    response = succeeded(waiter.poll())  # at once, and not one interval later

    assert sagemaker.running() == [response.physical_id]


def test_without_waiting_a_job_that_fails_at_once_fails_the_stack(
    framework: Framework, sagemaker: SageMaker
) -> None:
    waiter = accepted(framework, request("Create", properties(WaitForCompletion="false")))
    sagemaker.when_started = lambda sent: sagemaker.end(
        sent["TransformJobName"], "Failed", "No space"
    )

    assert "No space" in failed(waiter.finish()).reason


def test_a_job_that_is_not_visible_yet_is_looked_for_later(
    framework: Framework, sagemaker: SageMaker
) -> None:
    waiter = accepted(framework, request("Create", properties(WaitForCompletion="false")))
    unseen = client_error("DescribeTransformJob", "ResourceNotFound", "not yet")
    sagemaker.faults = [Fault(lambda operation: unseen, "DescribeTransformJob", times=2)]

    assert waiter.poll() is None
    name = succeeded(waiter.poll()).physical_id
    assert sagemaker.starts == {name: 1}


def test_numbers_and_booleans_get_their_types_back_by_their_place(
    framework: Framework, sagemaker: SageMaker
) -> None:
    definition = properties()["Definition"]
    definition["Environment"] |= {"MaxPayloadInMB": "6", "InstanceCount": "2"}
    definition["DataProcessing"] = {"InputFilter": "1", "JoinSource": "Input"}
    name = started(framework, properties(Definition=definition))

    sent = sagemaker.requests[name]

    assert sent["MaxConcurrentTransforms"] == 4
    assert sent["MaxPayloadInMB"] == 6
    assert sent["TransformResources"]["InstanceCount"] == 2
    assert sent["ModelClientConfig"] == {
        "InvocationsTimeoutInSeconds": 600,
        "InvocationsMaxRetries": 0,
    }
    assert sent["DataCaptureConfig"]["GenerateInferenceId"] is True
    assert sent["Environment"] == {
        "WORKERS": "1",
        "DEBUG": "true",
        "TOKEN": SECRET,
        "MaxPayloadInMB": "6",
        "InstanceCount": "2",
    }
    assert sent["DataProcessing"]["InputFilter"] == "1"
    assert sent["Tags"] == [{"Key": "Team", "Value": "rc"}]
    assert set(sent) == {*definition, "Tags", "TransformJobName"}  # and nothing that is ours


@pytest.mark.parametrize(
    ("place", "value"),
    [("MaxPayloadInMB", "a lot"), ("MaxConcurrentTransforms", "-1"), ("MaxPayloadInMB", "1.5")],
)
def test_what_is_no_number_is_refused_by_name(framework: Framework, place: str, value: str) -> None:
    definition = properties()["Definition"] | {place: value}
    waiter = accepted(framework, request("Create", properties(Definition=definition)))

    reason = failed(waiter.finish()).reason

    assert place in reason
    assert value in reason


# --- Names ----------------------------------------------------------------------------------------


def name_of(new: Properties, **where: Any) -> str:
    return index.job_name(request("Create", new, **where), new)


def test_the_hash_is_a_contract() -> None:
    """Another name for the same run would start all jobs of all users anew."""
    assert name_of(properties()) == f"{PREFIX}-de4614aa98"


def test_only_what_defines_the_run_is_in_its_name() -> None:
    name = name_of(properties())

    assert name_of(properties(Tags=[])) == name
    assert name_of(properties(TimeoutSeconds="60")) == name
    assert name_of(properties(WaitForCompletion="false")) == name
    assert name_of(properties(ServiceToken="another")) == name
    assert name_of(properties(RunId="")) == name
    typed = properties()["Definition"] | {"MaxPayloadInMB": 6, "MaxConcurrentTransforms": 4}
    assert name_of(properties(Definition=typed)) == name

    others = [
        name_of(properties("fraud-v4")),
        name_of(properties(RunId="2026-11-01")),
        name_of(properties(RunId="2026-11-02")),
        name_of(properties(), logical_id="Other"),
        name_of(properties(), stack=stack_id(2)),
        name_of(properties(NamePrefix="other")),
    ]
    assert len({name, *others}) == 7


def test_two_stacks_with_the_same_construct_never_meet(
    framework: Framework, sagemaker: SageMaker
) -> None:
    first = started(framework, stack=stack_id(1))
    second = started(framework, stack=stack_id(2))

    delete = request("Delete", properties(), physical=first, stack=stack_id(1))
    accepted(framework, delete).poll()

    assert sagemaker.running() == [second]


def test_a_stack_that_was_deleted_and_made_anew_runs_again(
    framework: Framework, sagemaker: SageMaker
) -> None:
    ended(framework, properties())

    again = accepted(framework, request("Create", properties(), stack=stack_id(2)))
    again.poll()

    assert sagemaker.running() == [again.event["PhysicalResourceId"]]


def test_names_may_be_63_characters_long(framework: Framework) -> None:
    name = started(framework, properties(NamePrefix="p" * 52))

    assert len(name) == 63
    delete = request("Delete", properties(NamePrefix="p" * 52), physical=name)
    assert accepted(framework, delete).event["JobName"] == name


@pytest.mark.parametrize("prefix", ["p" * 53, "", "-fraud", "Fraud", "fraud_batch", "fraud\n"])
def test_other_names_are_refused_before_anything_starts(
    framework: Framework, sagemaker: SageMaker, prefix: str
) -> None:
    response = failed(framework.deliver(request("Create", properties(NamePrefix=prefix))))

    assert response.physical_id == CREATE_FAILED
    assert "63 characters at most" in response.reason
    assert sagemaker.calls == []


# --- Failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "given", "told"),
    [
        ("Failed", "ClientError: See job logs for more information", "See job logs"),
        ("Failed", "", "SageMaker gave no reason"),
        ("Stopped", "", "is Stopped"),  # by hand
        ("Failed", "x" * 5000, "xxx"),
        ("Failed", "€" * 1000, "€€€"),  # of which CloudFormation takes bytes
    ],
)
def test_a_job_that_ends_badly_fails_the_stack_with_the_reason(
    framework: Framework, sagemaker: SageMaker, status: str, given: str, told: str
) -> None:
    waiter = accepted(framework, request("Create", properties()))
    name = waiter.event["PhysicalResourceId"]

    response = failed(waiter.finish(lambda poll: sagemaker.end(name, status, given)))

    assert told in response.reason
    assert name in response.reason
    assert "/aws/sagemaker/TransformJobs" in response.reason
    assert "run_id" in response.reason
    assert response.physical_id == name  # CloudFormation's Delete will reach us
    assert "StopTransformJob" not in sagemaker.calls


def test_a_job_that_is_stopped_by_hand_is_waited_for(
    framework: Framework, sagemaker: SageMaker
) -> None:
    waiter = accepted(framework, request("Create", properties()))
    name = waiter.event["PhysicalResourceId"]
    statuses = iter(["InProgress", "Stopping", "Stopping", "Stopped"])

    response = failed(waiter.finish(lambda poll: sagemaker.end(name, next(statuses))))

    assert next(statuses, None) is None
    assert "is Stopped" in response.reason


@pytest.mark.parametrize(
    ("code", "text", "told"),
    [
        ("AccessDeniedException", "not authorized", "sagemaker:CreateTransformJob"),
        ("AccessDeniedException", "not authorized", "sagemaker:AddTags"),
        ("ResourceLimitExceeded", "The account-level limit is 0", "Service Quotas"),
        ("ValidationException", "Could not find model fraud-v3", "Could not find model fraud-v3"),
        ("ResourceNotFound", "No such experiment", "No such experiment"),
        ("ValidationException", "x" * 3000, ""),
    ],
)
def test_a_refusal_is_not_repeated_and_says_what_to_do(
    framework: Framework, sagemaker: SageMaker, code: str, text: str, told: str
) -> None:
    error = client_error("CreateTransformJob", code, text)
    sagemaker.faults = [Fault(lambda operation: error, "CreateTransformJob")]

    response = failed(accepted(framework, request("Create", properties())).finish())

    assert sagemaker.calls.count("CreateTransformJob") == 1
    assert told in response.reason
    assert text[:1000] in response.reason


def test_an_unknown_request_type_is_refused(framework: Framework, sagemaker: SageMaker) -> None:
    event = {**request("Create", properties()), "RequestType": "Migrate"}

    reason = failed(framework.deliver(event)).reason

    assert "'Migrate'" in reason
    assert sagemaker.calls == []


def test_is_complete_raising_once_leaves_nothing_running(
    framework: Framework, sagemaker: SageMaker
) -> None:
    """The framework makes one error final."""
    waiter = accepted(framework, request("Create", properties()))
    name = waiter.event["PhysicalResourceId"]
    waiter.poll()
    sagemaker.faults = [Fault(denied)]

    response = failed(waiter.poll())

    assert "sagemaker:DescribeTransformJob" in response.reason
    assert sagemaker.status(name) == "Stopping"
    delete = request("Delete", properties(), physical=response.physical_id)
    succeeded(accepted(framework, delete).finish(lambda poll: sagemaker.end(name, "Stopped")))


def test_the_first_error_is_told_when_stopping_fails_too(
    framework: Framework, sagemaker: SageMaker
) -> None:
    waiter = accepted(framework, request("Create", properties()))
    waiter.poll()
    sagemaker.faults = [Fault(denied, times=2)]

    response = failed(waiter.poll())

    assert "DescribeTransformJob" in response.reason
    assert sagemaker.running() == [response.physical_id]  # the Delete that follows stops it
    delete = request("Delete", properties(), physical=response.physical_id)
    accepted(framework, delete).poll()
    assert sagemaker.running() == []


# --- Repeated, throttled, cut off -----------------------------------------------------------------


def test_every_event_delivered_twice(framework: Framework, sagemaker: SageMaker) -> None:
    def twice(event: dict[str, Any]) -> list[Waiter]:
        return [accepted(framework, event), accepted(framework, event)]

    def polled(waiters: list[Waiter]) -> list[Response | None]:
        return [waiter.poll() for waiter in waiters for _ in range(2)]

    old, new = properties(), properties("fraud-v4")
    create = twice(request("Create", old))
    name = create[0].event["PhysicalResourceId"]
    assert polled(create) == [None] * 4
    sagemaker.end(name)
    assert {succeeded(answer).physical_id for answer in polled(create)} == {name}

    update = twice(request("Update", new, physical=name, old=old))
    other = update[0].event["PhysicalResourceId"]
    assert polled(update) == [None] * 4
    sagemaker.end(other)
    assert {succeeded(answer).physical_id for answer in polled(update)} == {other}

    newest = properties("fraud-v5", WaitForCompletion="false")
    last = started(framework, newest)
    delete = twice(request("Delete", newest, physical=last))
    assert polled(delete) == [None] * 4
    sagemaker.end(last, "Stopped")
    assert {succeeded(answer).physical_id for answer in polled(delete)} == {last}

    assert sagemaker.starts == {name: 1, other: 1, last: 1}


def test_two_deliveries_that_race_start_one_job(framework: Framework, sagemaker: SageMaker) -> None:
    first = accepted(framework, request("Create", properties()))
    second = accepted(framework, request("Create", properties()))
    raced: list[Response | None] = []

    class Late(SageMaker):
        """Starts the job of the other delivery before ours."""

        def create_transform_job(self, **request: Any) -> dict[str, Any]:
            framework.sagemaker = sagemaker
            raced.append(second.poll())
            return sagemaker.create_transform_job(**request)

        def describe_transform_job(self, **request: Any) -> dict[str, Any]:
            return sagemaker.describe_transform_job(**request)

    framework.sagemaker = Late(framework.clock)

    assert [first.poll(), *raced] == [None, None]
    assert sum(sagemaker.starts.values()) == 1
    assert sagemaker.calls.count("CreateTransformJob") == 2


@pytest.mark.parametrize("error", FAULTY)
@pytest.mark.parametrize("after", [False, True], ids=["asked", "answer-lost"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_errors_that_pass_are_waited_out_on_each_call(
    framework: Framework,
    sagemaker: SageMaker,
    operation: str,
    after: bool,
    error: Callable[[str], BaseException],
) -> None:
    sagemaker.faults = [Fault(error, operation, times=4, after=after)]
    name = started(framework)
    waiter = accepted(framework, request("Delete", properties(), physical=name))
    assert waiter.poll() is None

    assert sagemaker.status(name) == "Stopping"
    assert sagemaker.starts[name] == 1
    assert sagemaker.faults == [] or operation != "DescribeTransformJob"
    assert sagemaker.calls.count(operation) >= (2 if after else 5)


def test_updates_wait_for_the_first_look_too(framework: Framework, sagemaker: SageMaker) -> None:
    name = ended(framework, properties())
    sagemaker.faults = [Fault(throttled, times=4)]

    update = request("Update", properties(Tags=[]), physical=name, old=properties())

    succeeded(accepted(framework, update).finish())


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_long_outage_is_asked_about_later(
    framework: Framework, sagemaker: SageMaker, operation: str
) -> None:
    """One call ends in time, the next goes on, and the job is not given up."""
    outage = [Fault(throttled, operation, times=10_000)]
    create = accepted(framework, request("Create", properties()))
    if operation != "StopTransformJob":
        sagemaker.faults = list(outage)
    assert create.poll() is None
    sagemaker.faults = []
    assert create.poll() is None
    name = create.event["PhysicalResourceId"]
    assert sagemaker.running() == [name]

    sagemaker.faults = list(outage)
    delete = accepted(framework, request("Delete", properties(), physical=name))
    assert delete.poll() is None
    sagemaker.faults = []
    assert delete.poll() is None
    assert sagemaker.status(name) == "Stopping"


def test_pauses_grow_and_differ(framework: Framework, sagemaker: SageMaker) -> None:
    moments: list[float] = []

    def noted(operation: str) -> BaseException:
        moments.append(framework.clock.now)
        return throttled(operation)

    framework.function_seconds = 120
    sagemaker.faults = [Fault(noted, times=10_000)]
    accepted(framework, request("Create", properties())).poll()

    pauses = [round(b - a - 0.1, 3) for a, b in itertools.pairwise(moments)]
    assert len(pauses) >= 6
    assert len(set(pauses)) == len(pauses)
    for number, pause in enumerate(pauses):
        assert pause <= min(20, 0.5 * 2**number)


def test_botocore_does_not_repeat_behind_our_back(
    framework: Framework, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    index._client.cache_clear()
    sent: list[str] = []

    def answer(request: AWSRequest, **_: Any) -> Any:
        target: Any = request.headers["X-Amz-Target"]
        sent.append(target.decode())
        body = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"}).encode()
        raw = type("Raw", (), {"stream": lambda self, **_: iter([body])})()
        return AWSResponse(str(request.url), 400, HTTPHeaders(), raw)

    with mock_aws():
        client = index._client()
        client.meta.events.register_first("before-send.sagemaker.*", answer)
        monkeypatch.setattr(index, "time", clock)
        event = accepted(framework, request("Create", properties())).event
        no_time = Invocation(clock, index.RESERVE_SECONDS)
        assert index.is_complete(event, no_time) == {"IsComplete": False}
    index._client.cache_clear()

    assert sent == ["SageMaker.DescribeTransformJob"]
    config: Any = client.meta.config
    assert config.connect_timeout + config.read_timeout < index.RESERVE_SECONDS


@pytest.mark.parametrize("again", ["step functions", "event"])
def test_a_function_that_is_cut_off_after_the_start_goes_on(
    framework: Framework, sagemaker: SageMaker, again: str
) -> None:
    waiter = accepted(framework, request("Create", properties()))
    sagemaker.faults = [Fault(cut_off, "CreateTransformJob", after=True)]
    failed(waiter.poll())
    name = waiter.event["PhysicalResourceId"]
    assert sagemaker.running() == [name]

    if again == "event":
        waiter = accepted(framework, request("Create", properties()))

    succeeded(waiter.finish(lambda poll: sagemaker.end(name)))
    assert sagemaker.starts == {name: 1}


def test_after_a_cut_off_the_delete_reaches_the_job(
    framework: Framework, sagemaker: SageMaker
) -> None:
    """What the framework really does: it fails the Create, with the id that on_event gave."""
    waiter = accepted(framework, request("Create", properties()))
    sagemaker.faults = [Fault(cut_off, "CreateTransformJob", after=True)]
    response = failed(waiter.poll())

    delete = request("Delete", properties(), physical=response.physical_id)
    accepted(framework, delete).poll()

    assert sagemaker.running() == []


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_on_event_changes_nothing(framework: Framework, sagemaker: SageMaker, kind: Any) -> None:
    """The framework swallows the Delete after a failed on_event: nothing may be left by one."""
    name = started(framework)
    sagemaker.calls.clear()

    accepted(framework, request(kind, properties("fraud-v4"), physical=name, old=properties()))

    assert set(sagemaker.calls) <= {"DescribeTransformJob"}


# --- Deadline -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [300, 1800, 3600])
def test_a_job_that_takes_too_long_is_stopped_before_the_framework_gives_up(
    framework: Framework, sagemaker: SageMaker, seconds: int
) -> None:
    new = properties(TimeoutSeconds=str(seconds))
    waiter = accepted(framework, request("Create", new))
    begun = framework.clock.now

    response = failed(waiter.finish())

    assert seconds - 150 < framework.clock.now - begun < seconds - INTERVAL
    assert sagemaker.status(response.physical_id) == "Stopping"
    assert "wait_for_completion=None" in response.reason
    assert "longer timeout" in response.reason
    assert "was stopped" in response.reason


def test_a_short_timeout_still_waits_for_half_of_it(framework: Framework) -> None:
    waiter = accepted(framework, request("Create", properties(TimeoutSeconds="120")))

    assert [waiter.poll(), waiter.poll()] == [None, None]
    assert "was stopped" in failed(waiter.poll()).reason


def test_a_job_that_completes_at_the_last_moment_is_a_success(
    framework: Framework, sagemaker: SageMaker
) -> None:
    waiter = accepted(framework, request("Create", properties()))
    name = waiter.event["PhysicalResourceId"]
    waiter.poll()
    framework.clock.sleep(3500)
    sagemaker.when_described = lambda name: sagemaker.end(name)

    assert waiter.poll() is None
    succeeded(waiter.poll())
    assert sagemaker.status(name) == "Completed"


def test_an_outage_until_the_deadline_fails_and_the_delete_stops_the_job(
    framework: Framework, sagemaker: SageMaker
) -> None:
    waiter = accepted(framework, request("Create", properties()))
    name = waiter.event["PhysicalResourceId"]
    waiter.poll()
    sagemaker.faults = [Fault(throttled, times=100_000)]

    response = failed(waiter.finish())

    assert "ThrottlingException" in response.reason
    assert sagemaker.calls[-1] == "StopTransformJob"
    sagemaker.faults = []
    accepted(framework, request("Delete", properties(), physical=name)).poll()
    assert sagemaker.running() == []


def test_a_request_starts_no_job_long_after_it_was_made(
    framework: Framework, sagemaker: SageMaker
) -> None:
    """By then CloudFormation may have cancelled it and asked for the Delete."""
    waiter = accepted(framework, request("Create", properties()))
    framework.clock.sleep(index.START_SECONDS + 1)

    assert "in time" in failed(waiter.poll()).reason
    assert sagemaker.starts == {}


def test_a_job_that_will_not_stop_fails_the_delete_in_words(
    framework: Framework, sagemaker: SageMaker
) -> None:
    name = started(framework)
    waiter = accepted(framework, request("Delete", properties(), physical=name))

    response = failed(waiter.finish())

    assert "delete again" in response.reason
    assert sagemaker.calls.count("StopTransformJob") == 1


# --- Update and rollback --------------------------------------------------------------------------

OLD, NEW = properties("fraud-v3"), properties("fraud-v4")


@pytest.mark.parametrize(
    "changed",
    [properties("fraud-v4"), properties("fraud-v3", RunId="again")],
    ids=["definition", "run-id"],
)
def test_an_update_of_the_run_starts_a_new_job(
    framework: Framework, sagemaker: SageMaker, changed: Properties
) -> None:
    name = ended(framework, OLD)
    waiter = accepted(framework, request("Update", changed, physical=name, old=OLD))
    other = waiter.event["PhysicalResourceId"]

    succeeded(waiter.finish(lambda poll: sagemaker.end(other)))

    assert other != name
    assert sagemaker.starts == {name: 1, other: 1}


@pytest.mark.parametrize("status", index.ENDED)
@pytest.mark.parametrize(
    "changed",
    [properties(Tags=[]), properties(TimeoutSeconds="600"), properties(WaitForCompletion="false")],
    ids=["tags", "timeout", "waiting"],
)
def test_an_update_of_anything_else_starts_nothing(
    framework: Framework, sagemaker: SageMaker, changed: Properties, status: str
) -> None:
    name = ended(framework, properties(), status)
    waiter = accepted(framework, request("Update", changed, physical=name, old=properties()))

    response = succeeded(waiter.poll())

    assert response.physical_id == name
    assert response.data["TransformJobArn"].endswith(name)
    assert sum(sagemaker.starts.values()) == 1


def test_an_update_waits_for_a_job_that_runs(framework: Framework, sagemaker: SageMaker) -> None:
    name = started(framework, properties(WaitForCompletion="false"))
    update = request("Update", properties(Tags=[]), physical=name, old=properties())
    waiter = accepted(framework, update)

    assert waiter.poll() is None
    sagemaker.end(name, "Failed", "bad record")
    assert "bad record" in failed(waiter.poll()).reason


def test_an_update_that_only_waits_too_long_spares_the_job(
    framework: Framework, sagemaker: SageMaker
) -> None:
    """It runs because an earlier deployment wanted it, and the rollback wants it to go on."""
    name = started(framework, properties(WaitForCompletion="false"))
    update = request("Update", properties(Tags=[]), physical=name, old=properties())

    response = failed(accepted(framework, update).finish())

    assert "earlier deployment" in response.reason
    assert sagemaker.running() == [name]


def test_an_update_that_raises_spares_a_job_that_it_found(
    framework: Framework, sagemaker: SageMaker
) -> None:
    name = started(framework, properties(WaitForCompletion="false"))
    update = request("Update", properties(Tags=[]), physical=name, old=properties())
    waiter = accepted(framework, update)
    sagemaker.faults = [Fault(denied)]

    failed(waiter.poll())

    assert sagemaker.running() == [name]


@pytest.mark.parametrize("status", index.ENDED)
@pytest.mark.parametrize("recorded", ["new", "old"])
def test_a_rollback_finds_the_earlier_run_and_leaves_it_alone(
    framework: Framework, sagemaker: SageMaker, status: str, recorded: str
) -> None:
    """Whichever id CloudFormation keeps after the failed Update, and however the old run ended."""
    old = ended(framework, OLD, status)
    update = accepted(framework, request("Update", NEW, physical=old, old=OLD))
    new = update.event["PhysicalResourceId"]
    failed(update.finish(lambda poll: sagemaker.end(new, "Failed", "bad model")))

    physical = new if recorded == "new" else old
    rollback = accepted(framework, request("Update", OLD, physical=physical, old=NEW))
    assert succeeded(rollback.poll()).physical_id == old
    if recorded == "new":
        cleanup = accepted(framework, request("Delete", NEW, physical=new))
        succeeded(cleanup.poll())

    assert sagemaker.starts == {old: 1, new: 1}
    assert sagemaker.status(old) == status
    assert "StopTransformJob" not in sagemaker.calls


def test_a_rollback_after_completion_runs_nothing_again(
    framework: Framework, sagemaker: SageMaker
) -> None:
    """Both runs completed; another resource of the stack failed."""
    old = ended(framework, OLD)
    update = accepted(framework, request("Update", NEW, physical=old, old=OLD))
    new = update.event["PhysicalResourceId"]
    succeeded(update.finish(lambda poll: sagemaker.end(new)))

    rollback = accepted(framework, request("Update", OLD, physical=new, old=NEW))
    assert succeeded(rollback.poll()).physical_id == old
    succeeded(accepted(framework, request("Delete", NEW, physical=new)).poll())

    assert sagemaker.starts == {old: 1, new: 1}
    assert {sagemaker.status(old), sagemaker.status(new)} == {"Completed"}


def test_a_rollback_to_a_running_job_spares_it_and_stops_the_new_one(
    framework: Framework, sagemaker: SageMaker
) -> None:
    old_properties = properties("fraud-v3", WaitForCompletion="false")
    new_properties = properties("fraud-v4", WaitForCompletion="false")
    old = started(framework, old_properties)
    update = request("Update", new_properties, physical=old, old=old_properties)
    new = succeeded(accepted(framework, update).finish()).physical_id
    assert set(sagemaker.running()) == {old, new}

    rollback = request("Update", old_properties, physical=new, old=new_properties)
    assert succeeded(accepted(framework, rollback).finish()).physical_id == old
    accepted(framework, request("Delete", new_properties, physical=new)).poll()

    assert sagemaker.running() == [old]


def test_the_cleanup_after_an_update_stops_the_old_job(
    framework: Framework, sagemaker: SageMaker
) -> None:
    old = started(framework, OLD)
    update = accepted(framework, request("Update", NEW, physical=old, old=OLD))
    new = update.event["PhysicalResourceId"]
    succeeded(update.finish(lambda poll: sagemaker.end(new)))

    accepted(framework, request("Delete", OLD, physical=old)).poll()

    assert sagemaker.status(old) == "Stopping"
    assert sagemaker.status(new) == "Completed"


def test_an_update_that_cannot_start_its_job_rolls_back(
    framework: Framework, sagemaker: SageMaker
) -> None:
    old = ended(framework, OLD)
    sagemaker.faults = [Fault(denied, "CreateTransformJob")]
    update = accepted(framework, request("Update", NEW, physical=old, old=OLD))

    response = failed(update.finish())

    rollback = request("Update", OLD, physical=response.physical_id, old=NEW)
    succeeded(accepted(framework, rollback).finish())
    delete = request("Delete", NEW, physical=response.physical_id)
    succeeded(accepted(framework, delete).poll())
    assert sum(sagemaker.starts.values()) == 1


def test_an_update_that_raises_stops_the_job_that_it_started(
    framework: Framework, sagemaker: SageMaker
) -> None:
    old = ended(framework, OLD)
    update = accepted(framework, request("Update", NEW, physical=old, old=OLD))
    update.poll()
    sagemaker.faults = [Fault(denied)]

    new = failed(update.poll()).physical_id

    assert sagemaker.status(new) == "Stopping"


# --- Cancelled by CloudFormation ------------------------------------------------------------------

# aws-cdk-lib's custom-resources README: when another resource fails meanwhile, CloudFormation does
# not wait for the Create, and sends a Delete with an id of this form, which it made up.
INVENTED = f"Fraud-{LOGICAL_ID}-1XK2M3N4P5Q6R"


def test_the_delete_of_a_cancelled_create_stops_its_job(
    framework: Framework, sagemaker: SageMaker
) -> None:
    name = started(framework)

    delete = accepted(framework, request("Delete", properties(), physical=INVENTED))
    response = delete.finish(lambda poll: sagemaker.end(name, "Stopped"))

    assert sagemaker.calls.count("StopTransformJob") == 1
    assert succeeded(response).physical_id == INVENTED


def test_the_delete_of_a_cancelled_create_outwaits_it(
    framework: Framework, sagemaker: SageMaker
) -> None:
    """The Create's own waiter goes on, and is just about to start the job."""
    create = accepted(framework, request("Create", properties()))
    delete = accepted(framework, request("Delete", properties(), physical=INVENTED))
    assert delete.poll() is None
    create.poll()
    name = create.event["PhysicalResourceId"]
    assert sagemaker.running() == [name]

    assert delete.poll() is None
    assert sagemaker.status(name) == "Stopping"
    sagemaker.end(name, "Stopped")
    succeeded(delete.poll())
    failed(create.poll())


def test_the_delete_of_a_cancelled_create_that_never_starts_ends(
    framework: Framework, sagemaker: SageMaker
) -> None:
    begun = framework.clock.now
    delete = accepted(framework, request("Delete", properties(), physical=INVENTED))

    succeeded(delete.finish())

    waited = framework.clock.now - begun
    # A request of that age, and the call that it may just be in, cannot start a job any more.
    assert index.START_SECONDS + framework.function_seconds <= waited < 300
    assert "StopTransformJob" not in sagemaker.calls


@pytest.mark.parametrize("before", [True, False], ids=["running", "about-to-run"])
def test_the_rollback_of_a_cancelled_update_stops_its_job(
    framework: Framework, sagemaker: SageMaker, before: bool
) -> None:
    """CloudFormation never got the new id, and sends no Delete for it."""
    old = ended(framework, OLD)
    update = accepted(framework, request("Update", NEW, physical=old, old=OLD))
    new = update.event["PhysicalResourceId"]
    if before:
        update.poll()

    rollback = accepted(framework, request("Update", OLD, physical=old, old=NEW))
    assert rollback.poll() is None
    if not before:
        update.poll()
        assert rollback.poll() is None
    assert sagemaker.status(new) == "Stopping"
    sagemaker.end(new, "Stopped")

    assert succeeded(rollback.poll()).physical_id == old
    assert sagemaker.status(old) == "Completed"


def test_a_rollback_succeeds_even_when_it_may_not_stop_the_cancelled_job(
    framework: Framework, sagemaker: SageMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    old = ended(framework, OLD)
    update = accepted(framework, request("Update", NEW, physical=old, old=OLD))
    update.poll()
    rollback = accepted(framework, request("Update", OLD, physical=old, old=NEW))
    sagemaker.faults = [Fault(denied, "StopTransformJob")]

    succeeded(rollback.finish())

    errors = [line for line in lines(capsys.readouterr().out) if line["level"] == "ERROR"]
    assert errors[0]["stops"] == update.event["PhysicalResourceId"]


# --- Delete ---------------------------------------------------------------------------------------


def test_delete_stops_a_running_job_and_waits_for_it(
    framework: Framework, sagemaker: SageMaker
) -> None:
    name = started(framework)
    waiter = accepted(framework, request("Delete", properties(), physical=name))

    def later(poll: int) -> None:
        assert sagemaker.status(name) == "Stopping"
        if poll == 4:
            sagemaker.end(name, "Stopped")

    succeeded(waiter.finish(later))

    assert sagemaker.calls.count("StopTransformJob") == 1


@pytest.mark.parametrize("status", index.ENDED)
def test_delete_leaves_a_finished_job_alone(
    framework: Framework, sagemaker: SageMaker, status: str
) -> None:
    name = ended(framework, properties(), status)

    succeeded(accepted(framework, request("Delete", properties(), physical=name)).poll())

    assert "StopTransformJob" not in sagemaker.calls


def test_delete_of_a_job_that_never_started_is_done_at_once(
    framework: Framework, sagemaker: SageMaker
) -> None:
    delete = request("Delete", properties(), physical=name_of(properties()))

    succeeded(accepted(framework, delete).poll())

    assert sagemaker.calls == ["DescribeTransformJob"]


@pytest.mark.parametrize(
    "physical",
    [
        CREATE_FAILED,
        "AWSCDK::CustomResourceProviderFramework::MISSING_PHYSICAL_ID",
        "another-prefix-0123456789",
        f"{PREFIX}-0123456789abcdef",
        f"{PREFIX}-nothexatal",
        f"x{PREFIX}-0123456789",
        "",
    ],
)
def test_delete_ignores_what_is_not_ours(
    framework: Framework, sagemaker: SageMaker, physical: str
) -> None:
    running = started(framework)
    sagemaker.calls.clear()
    event = framework.invoke(index.on_event, request("Delete", properties(), physical=physical))
    event = {**request("Delete", properties(), physical=physical), **event}

    assert framework.invoke(index.is_complete, event) == {"IsComplete": True}

    assert sagemaker.calls == []
    assert sagemaker.running() == [running]


# --- Logs -----------------------------------------------------------------------------------------


def test_logs_are_json_and_hold_no_values(
    framework: Framework, sagemaker: SageMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    echo = f"1 validation error detected: Value '{{TOKEN={SECRET}}}' at 'environment' failed"
    waiter = accepted(framework, request("Create", properties()))
    name = waiter.event["PhysicalResourceId"]
    waiter.poll()
    waiter.poll()
    sagemaker.end(name, "Failed", f"the container said {SECRET}")
    reasons = [failed(waiter.poll()).reason]
    other = accepted(framework, request("Create", properties("fraud-v4")))
    error = client_error("CreateTransformJob", "ValidationException", echo)
    sagemaker.faults = [Fault(lambda operation: error, "CreateTransformJob")]
    reasons.append(failed(other.poll()).reason)
    wrong = properties()["Definition"] | {"MaxPayloadInMB": SECRET}
    third = accepted(framework, request("Create", properties(Definition=wrong)))
    reasons.append(failed(third.poll()).reason)
    accepted(framework, request("Delete", properties(), physical=name)).poll()
    output = capsys.readouterr()

    logged = lines(output.out)
    assert output.err == ""
    for text in (output.out, *reasons):
        assert SECRET not in text
        assert INPUT not in text
        assert "X-Amz-Signature" not in text
    assert {line["level"] for line in logged} == {"INFO", "ERROR"}
    assert all(line["request_id"] and line["message"] for line in logged)
    progress = [line for line in logged if line["message"] == "progress"]
    assert progress[1] == {
        "level": "INFO",
        "message": "progress",
        "job": name,
        "request": "Create",
        "request_id": "5f3c3f6e-0000-4000-8000-000000000001",
        "status": "InProgress",
        "elapsed_seconds": INTERVAL,
    }


def test_an_error_carries_no_other_error_for_the_runtime_to_log(
    framework: Framework, sagemaker: SageMaker
) -> None:
    """Lambda logs the whole chain, and the cause would quote the values that we hide."""
    waiter = accepted(framework, request("Create", properties()))
    sagemaker.faults = [Fault(denied)]

    with pytest.raises(index.JobError) as caught:
        framework.invoke(index.is_complete, waiter.event)

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


# --- The file -------------------------------------------------------------------------------------


def test_the_handler_is_small_and_needs_only_what_lambda_has() -> None:
    source = HANDLER.read_text()
    nodes = list(ast.walk(ast.parse(source)))
    imported = {a.name.split(".")[0] for n in nodes if isinstance(n, ast.Import) for a in n.names}
    imported |= {str(n.module).split(".")[0] for n in nodes if isinstance(n, ast.ImportFrom)}

    assert len(source.splitlines()) < 300
    # mypy_boto3_sagemaker is for type checkers, and not imported at runtime.
    assert imported - sys.stdlib_module_names == {"boto3", "botocore", "mypy_boto3_sagemaker"}
    calls = {n.attr for n in nodes if isinstance(n, ast.Attribute) and "_transform_job" in n.attr}
    assert calls == {"create_transform_job", "describe_transform_job", "stop_transform_job"}


# --- Any order of events and faults ---------------------------------------------------------------


@dataclass
class Flight:
    """A request that CloudFormation waits for, with all its deliveries."""

    event: dict[str, Any]
    rollback_to: tuple[str, Properties] | None  # what the resource is if this fails
    cleanup: bool
    waiters: list[Waiter] = field(default_factory=list)


MODELS = ["fraud-v3", "fraud-v4"]
WANTED = st.builds(
    properties,
    st.sampled_from(MODELS),
    WaitForCompletion=st.sampled_from(["true", "false"]),
    RunId=st.sampled_from(["", "again"]),
    Tags=st.sampled_from([[], [{"Key": "Team", "Value": "rc"}]]),
    TimeoutSeconds=st.sampled_from(["600", "3600"]),
)
FAULTS: st.SearchStrategy[list[Fault]] = st.just([]) | st.lists(
    st.builds(
        Fault,
        st.sampled_from([throttled, throttled, timed_out, cut_off, denied]),
        st.sampled_from(["any", *OPERATIONS]),
        st.sampled_from([1, 2, 30]),
        st.booleans(),
    ),
    min_size=1,
    max_size=2,
)


class Deployments(RuleBasedStateMachine):
    """A stack with one transform job, deployed, changed, cancelled and deleted at will.

    CloudFormation here: a failed Create is followed by a Delete with the id that it was given, a
    failed Update by an Update back, with either id, and a changed id by a Delete of the old one.
    A cancelled Create gets a Delete with an invented id, a cancelled Update none. It takes the
    first answer; waiters of other deliveries and of cancelled requests go on.
    """

    @initialize()
    def begin(self) -> None:
        self.clock = Clock()
        self.sagemaker = SageMaker(self.clock)
        self.framework = Framework(self.clock, self.sagemaker)
        self.stack = 1
        self.resource: tuple[str, Properties] | None = None
        self.flight: Flight | None = None
        self.stale: list[Waiter] = []
        self.past: list[dict[str, Any]] = []
        self.runs: Counter[str] = Counter()
        self.sagemaker.when_started = self.note

    def note(self, sent: dict[str, Any]) -> None:
        """Count runs by what was asked for, not by the name that the handler gave them."""
        asked = self.asking["ResourceProperties"]
        same = [self.asking["StackId"], sent["ModelName"], asked["RunId"]]
        self.runs[json.dumps(same)] += 1

    # What the user does.

    @precondition(lambda self: self.flight is None)
    @rule(wanted=WANTED, faults=FAULTS)
    def deploy(self, wanted: Properties, faults: list[Fault]) -> None:
        if self.resource is None:
            self.send(self.event("Create", wanted), None, faults)
        elif wanted != self.resource[1]:
            physical, old = self.resource
            event = self.event("Update", wanted, physical=physical, old=old)
            self.send(event, self.resource, faults)

    @precondition(lambda self: self.flight is None and self.resource is not None)
    @rule(new_stack=st.booleans())
    def delete(self, new_stack: bool) -> None:
        assert self.resource is not None
        self.send(self.event("Delete", self.resource[1], physical=self.resource[0]), None, [])
        self.stack += new_stack

    # What the world does.

    @precondition(lambda self: self.sagemaker.jobs())
    @rule(data=st.data(), status=st.sampled_from(["Completed", "Failed", "Stopped"]))
    def job_ends(self, data: st.DataObject, status: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.sagemaker.jobs())))
        before = self.sagemaker.status(name)
        if before not in index.ENDED:
            self.sagemaker.end(name, "Stopped" if before == "Stopping" else status)

    @precondition(lambda self: self.flight is not None or self.stale)
    @rule(data=st.data(), faults=FAULTS)
    def poll(self, data: st.DataObject, faults: list[Fault]) -> None:
        waiters = [*(self.flight.waiters if self.flight else []), *self.stale]
        self.advance(data.draw(st.sampled_from(waiters)), faults, data.draw(st.booleans()))

    @precondition(lambda self: self.flight is not None)
    @rule()
    def all_goes_well(self) -> None:
        for _ in range(20):
            if self.flight is None:
                break
            if not self.flight.waiters:
                self.deliver(self.flight, [])
                continue
            waiter = self.flight.waiters[0]
            self.advance(waiter, [], True)
            for name in self.sagemaker.jobs():
                if self.sagemaker.status(name) == "Stopping":
                    self.sagemaker.end(name, "Stopped")
                elif name == waiter.event["JobName"] and name in self.sagemaker.running():
                    self.sagemaker.end(name)

    @precondition(lambda self: self.flight is not None)
    @rule(faults=FAULTS)
    def deliver_again(self, faults: list[Fault]) -> None:
        assert self.flight is not None
        self.deliver(self.flight, faults)

    @precondition(lambda self: self.past)
    @rule(data=st.data())
    def deliver_late(self, data: st.DataObject) -> None:
        """An old event again; a job that it is about has had its only run."""
        event = data.draw(st.sampled_from(self.past))
        self.sagemaker.faults = []
        delivered = self.framework.deliver(event)
        if isinstance(delivered, Waiter) and self.sagemaker.status(delivered.event["JobName"]):
            self.stale.append(delivered)

    @precondition(lambda self: self.flight is not None)
    @rule()
    def another_resource_fails(self) -> None:
        """CloudFormation cancels what it waits for and goes back."""
        assert self.flight is not None
        flight = self.flight
        kind = flight.event["RequestType"]
        if kind == "Delete" or (kind == "Update" and flight.rollback_to is None):
            return
        self.stale += flight.waiters
        self.past.append(flight.event)
        failed_properties = flight.event["ResourceProperties"]
        if kind == "Create":
            event = self.event("Delete", failed_properties, physical=INVENTED)
            self.send(event, None, [])
        else:
            assert flight.rollback_to is not None
            physical, old = flight.rollback_to
            event = self.event("Update", old, physical=physical, old=failed_properties)
            self.send(event, None, [])

    @rule(seconds=st.sampled_from([10, 100, 1000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.sleep(seconds)

    # What must hold.

    @invariant()
    def no_run_is_started_twice(self) -> None:
        assert all(count == 1 for count in self.runs.values()), self.runs

    @invariant()
    def between_deployments_only_the_stack_s_own_job_runs(self) -> None:
        if self.flight is None:
            own = {self.resource[0]} if self.resource else set()
            assert set(self.sagemaker.running()) <= own

    def teardown(self) -> None:
        for _ in range(1000):
            if self.flight is None:
                break
            if not self.flight.waiters:
                self.deliver(self.flight, [])
            for waiter in [*(self.flight.waiters if self.flight else []), *self.stale]:
                self.advance(waiter, [], True)
            for name in self.sagemaker.jobs():
                if self.sagemaker.status(name) == "Stopping":
                    self.sagemaker.end(name, "Stopped")
        assert self.flight is None, "a deployment never ends"
        if self.resource is not None:
            self.delete(False)
            self.teardown()
        assert self.sagemaker.running() == []
        self.no_run_is_started_twice()

    # CloudFormation.

    def event(self, kind: Any, new: Properties, **more: Any) -> dict[str, Any]:
        return request(kind, new, stack=stack_id(self.stack), **more)

    def send(
        self,
        event: dict[str, Any],
        rollback_to: tuple[str, Properties] | None,
        faults: list[Fault],
        *,
        cleanup: bool = False,
    ) -> None:
        self.flight = Flight(event, rollback_to, cleanup)
        self.deliver(self.flight, faults)

    def deliver(self, flight: Flight, faults: list[Fault]) -> None:
        self.sagemaker.faults = faults
        delivered = self.framework.deliver(flight.event)
        self.sagemaker.faults = []
        if isinstance(delivered, Waiter):
            flight.waiters.append(delivered)
        else:
            self.answered(flight, delivered, keep_old=True)

    def advance(self, waiter: Waiter, faults: list[Fault], keep_old: bool) -> None:
        if waiter.event.get("Orphan"):
            faults = [fault for fault in faults if fault.error is not denied]  # leaves it, in words
        self.sagemaker.faults = faults
        self.asking = waiter.event
        response = waiter.poll()
        self.sagemaker.faults = []
        if response is None:
            return
        if waiter in self.stale:
            self.stale.remove(waiter)
        elif self.flight is not None and waiter in self.flight.waiters:
            self.flight.waiters.remove(waiter)
            self.answered(self.flight, response, keep_old)

    def answered(self, flight: Flight, response: Response, keep_old: bool) -> None:
        event = flight.event
        kind, new = event["RequestType"], event["ResourceProperties"]
        # What refused to start a job for one delivery refuses it for the others, too.
        self.stale += [w for w in flight.waiters if self.sagemaker.status(w.event["JobName"])]
        self.past.append(event)
        self.flight = None
        if kind == "Delete":
            if response.status == "FAILED":  # the user, or the cleanup, tries again
                self.send(event, None, [], cleanup=flight.cleanup)
            elif not flight.cleanup:
                self.resource = None
        elif response.status == "SUCCESS":
            self.resource = (response.physical_id, new)
            before = event.get("PhysicalResourceId", response.physical_id)
            if before != response.physical_id:
                delete = self.event("Delete", event["OldResourceProperties"], physical=before)
                self.send(delete, None, [], cleanup=True)
        elif kind == "Create":
            self.send(self.event("Delete", new, physical=response.physical_id), None, [])
        elif flight.rollback_to is None:  # continue-update-rollback
            self.send(event, None, [])
        else:
            physical, old = flight.rollback_to
            recorded = physical if keep_old else response.physical_id
            self.send(self.event("Update", old, physical=recorded, old=new), None, [])


def test_any_order_of_events_and_faults_runs_each_definition_once() -> None:
    run_state_machine_as_test(
        Deployments,
        settings=settings(
            max_examples=150,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
