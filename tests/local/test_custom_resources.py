from __future__ import annotations

import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from local.models import UNKNOWN

ROLE = "arn:aws:iam::123456789012:role/functions"
CALLS = "calls"

# Does what the properties say, and writes down what it is asked.
HANDLERS = """
import json
import boto3

def record(step, event):
    s3 = boto3.client("s3")
    number = s3.list_objects_v2(Bucket="calls").get("KeyCount", 0)
    body = json.dumps({"step": step, "event": event})
    s3.put_object(Bucket="calls", Key=f"{number:04}", Body=body)

def on_event(event, context):
    record("on_event", event)
    properties = event["ResourceProperties"]
    if event["RequestType"] in properties.get("FailToBegin", []):
        raise RuntimeError("cannot begin")
    answer = {"Data": {"Size": "x" * int(properties.get("Length", "1")), "Begun": True}}
    if event["RequestType"] != "Delete" and "Id" in properties:
        answer["PhysicalResourceId"] = properties["Id"]
    return answer

seen = {}

def is_complete(event, context):
    record("is_complete", event)
    properties = event["ResourceProperties"]
    if event["RequestType"] in properties.get("FailToEnd", []):
        raise RuntimeError("cannot end")
    request = event["RequestId"]
    seen[request] = seen.get(request, 0) + 1
    looks = 0 if event["RequestType"] == "Delete" else int(properties.get("Looks", "0"))
    done = seen[request] > looks
    return {"IsComplete": done, "Data": {"Ended": "yes"}} if done else {"IsComplete": False}
"""


def packed(cloud: Any, files: Mapping[str, str], key: str) -> dict[str, str]:
    """A function's code, where the CDK CLI would have put it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for name, text in files.items():
            opened.writestr(name, text)
    s3 = cloud.client("s3")
    if not any(bucket["Name"] == "assets" for bucket in s3.list_buckets()["Buckets"]):
        s3.create_bucket(Bucket="assets")
        trust: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole"}
        trust["Principal"] = {"Service": "lambda.amazonaws.com"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        cloud.client("iam").create_role(RoleName="functions", AssumeRolePolicyDocument=document)
    s3.put_object(Bucket="assets", Key=key, Body=archive.getvalue())
    return {"S3Bucket": "assets", "S3Key": key}


def function(code: Mapping[str, str], handler: str, **changes: Any) -> dict[str, Any]:
    properties = {"Code": code, "Handler": handler, "Runtime": "python3.14", "Role": ROLE}
    return {"Type": "AWS::Lambda::Function", "Properties": {**properties, **changes}}


def provider(
    code: Mapping[str, str], *, attempts: int = 10, waits: bool = True, module: str = "index"
) -> dict[str, Any]:
    """The resources of CDK's provider, as far as they matter."""
    variables: dict[str, Any] = {"USER_ON_EVENT_FUNCTION_ARN": {"Fn::GetAtt": ["OnEvent", "Arn"]}}
    resources = {"OnEvent": function(code, f"{module}.on_event")}
    if waits:
        retry = {"IntervalSeconds": 30, "MaxAttempts": attempts, "BackoffRate": 1}
        definition = {"StartAt": "ask", "States": {"ask": {"Type": "Task", "Retry": [retry]}}}
        variables["USER_IS_COMPLETE_FUNCTION_ARN"] = {"Fn::GetAtt": ["IsComplete", "Arn"]}
        variables["WAITER_STATE_MACHINE_ARN"] = {"Ref": "Waiter"}
        resources["IsComplete"] = function(code, f"{module}.is_complete")
        resources["Waiter"] = {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"DefinitionString": json.dumps(definition), "RoleArn": ROLE},
        }
    resources["Framework"] = function(
        code, "framework.onEvent", Runtime="nodejs24.x", Environment={"Variables": variables}
    )
    return resources


def custom(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "Custom::Thing",
        "Properties": {"ServiceToken": {"Fn::GetAtt": ["Framework", "Arn"]}, **properties},
    }


def topic(name: Any, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name}, **more}


# Fails when everything else is done.
BROKEN = {
    "Type": "AWS::SageMaker::Endpoint",
    "DependsOn": "Thing",
    "Properties": {"EndpointConfigName": "none"},
}

Code = dict[str, str]


@pytest.fixture
def code(cloud: Any) -> Code:
    cloud.client("s3").create_bucket(Bucket=CALLS)
    return packed(cloud, {"index.py": HANDLERS}, "handlers.zip")


@pytest.fixture
def calls(cloud: Any) -> Callable[..., list[dict[str, Any]]]:
    """The events that the handlers got since the last time."""
    read = 0

    def take(step: str = "on_event") -> list[dict[str, Any]]:
        nonlocal read
        s3 = cloud.client("s3")
        keys = [o["Key"] for o in s3.list_objects_v2(Bucket=CALLS).get("Contents", [])][read:]
        read += len(keys)
        bodies = [s3.get_object(Bucket=CALLS, Key=key)["Body"].read() for key in keys]
        said = [json.loads(body) for body in bodies]
        return [call["event"] for call in said if call["step"] == step]

    return take


def brief(events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Request type, physical id, and the id that the properties want."""
    return [
        (e["RequestType"], e.get("PhysicalResourceId"), e["ResourceProperties"].get("Id"))
        for e in events
    ]


def test_the_handlers_get_what_cloudformation_sends_and_their_answers_become_attributes(
    cloud: Any, code: Code, calls: Any
) -> None:
    thing = custom(Id="thing-1", Count=4, Wanted=True, Nested={"List": [1.5, False, "text"]})
    resources = provider(code) | {
        "Thing": thing,
        "Topic": topic({"Fn::Join": ["-", [{"Fn::GetAtt": ["Thing", "Ended"]}, {"Ref": "Thing"}]]}),
    }
    assert cloud.deploy(resources) == "CREATE_COMPLETE"
    (event,) = calls()
    stack_id = cloud.client("cloudformation").describe_stacks()["Stacks"][0]["StackId"]
    assert event["RequestType"] == "Create"
    assert "PhysicalResourceId" not in event
    assert (event["StackId"], event["LogicalResourceId"]) == (stack_id, "Thing")
    assert event["ResourceType"] == "Custom::Thing"
    assert event["ServiceToken"] == event["ResourceProperties"].pop("ServiceToken")
    assert event["ResourceProperties"] == {
        "Id": "thing-1",
        "Count": "4",
        "Wanted": "true",
        "Nested": {"List": ["1.5", "false", "text"]},
    }
    assert len(event["RequestId"]) == 36
    assert cloud.physical_id("Thing") == "thing-1"
    sns = cloud.client("sns")
    shown = sns.get_topic_attributes(TopicArn=cloud.physical_id("Topic"))["Attributes"]
    assert shown["DisplayName"] == "yes-thing-1"
    assert UNKNOWN.rows() == []


def test_the_second_handler_gets_the_first_ones_answer_and_is_asked_until_it_says_yes(
    cloud: Any, code: Code, calls: Any
) -> None:
    cloud.deploy(provider(code) | {"Thing": custom(Id="thing-1", Looks=3)})
    asked = calls("is_complete")
    assert len(asked) == 4
    assert {event["PhysicalResourceId"] for event in asked} == {"thing-1"}
    assert asked[0]["Data"] == {"Size": "x", "Begun": True}
    assert len({event["RequestId"] for event in asked}) == 1


def test_without_an_id_the_request_is_the_id_and_without_a_second_handler_the_first_decides(
    cloud: Any, code: Code, calls: Any
) -> None:
    cloud.deploy(provider(code, waits=False) | {"Thing": custom()})
    (event,) = calls()
    assert cloud.physical_id("Thing") == event["RequestId"]
    cloud.deploy(provider(code, waits=False) | {"Thing": custom(Other="x")})
    (update,) = calls()
    assert update["PhysicalResourceId"] == event["RequestId"]
    assert cloud.physical_id("Thing") == event["RequestId"]


def test_an_unchanged_resource_is_not_asked_again(cloud: Any, code: Code, calls: Any) -> None:
    resources = provider(code) | {"Thing": custom(Id="a")}
    cloud.deploy(resources)
    calls()
    cloud.deploy(resources | {"Topic": topic("x")})
    assert calls() == []


def test_who_never_says_yes_times_out_at_once_and_is_told_to_delete(
    cloud: Any, code: Code, calls: Any
) -> None:
    resources = provider(code, attempts=20) | {"Thing": custom(Id="a", Looks=1000)}
    started = time.monotonic()
    assert cloud.deploy(resources) == "ROLLBACK_COMPLETE"
    assert time.monotonic() - started < 60  # the framework would wait ten minutes
    assert "Message returned: Operation timed out (RequestId: " in cloud.reasons()["Thing"]
    asked = brief(calls("is_complete"))
    assert asked == [("Create", "a", "a")] * 21 + [("Delete", "a", "a")]


def test_a_create_that_fails_to_begin_hides_the_delete(cloud: Any, code: Code, calls: Any) -> None:
    resources = provider(code) | {"Thing": custom(Id="a", FailToBegin=["Create"])}
    assert cloud.deploy(resources) == "ROLLBACK_COMPLETE"
    reason = cloud.reasons()["Thing"]
    assert reason.startswith(
        "Received response status [FAILED] from custom resource. "
        "Message returned: Error: cannot begin\n\nLogs: /aws/lambda/stack-OnEvent-"
    )
    assert brief(calls()) == [("Create", None, "a")]
    assert ("Thing", "DELETE_COMPLETE") in cloud.events()


def test_a_create_that_fails_to_end_is_deleted_by_its_id(
    cloud: Any, code: Code, calls: Any
) -> None:
    resources = provider(code) | {"Thing": custom(Id="a", FailToEnd=["Create"])}
    assert cloud.deploy(resources) == "ROLLBACK_COMPLETE"
    assert "Error: cannot end" in cloud.reasons()["Thing"]
    assert brief(calls()) == [("Create", None, "a"), ("Delete", "a", "a")]


def test_a_new_id_is_a_replacement_whose_old_id_is_deleted_at_the_end(
    cloud: Any, code: Code, calls: Any
) -> None:
    cloud.deploy(provider(code) | {"Thing": custom(Id="a")})
    calls()
    before = len(cloud.events())
    changed = {"Thing": custom(Id="b"), "Topic": topic("x", DependsOn="Thing")}
    assert cloud.deploy(provider(code) | changed) == "UPDATE_COMPLETE"
    update, delete = calls()
    assert update["OldResourceProperties"]["Id"] == "a"
    assert brief([update, delete]) == [("Update", "a", "b"), ("Delete", "a", "a")]
    assert cloud.physical_id("Thing") == "b"
    events = cloud.events()[before:]
    cleaning = events.index(("stack", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    assert events.index(("Topic", "CREATE_COMPLETE")) < cleaning
    assert events.index(("Thing", "DELETE_COMPLETE")) > cleaning


def test_a_kept_id_deletes_nothing(cloud: Any, code: Code, calls: Any) -> None:
    cloud.deploy(provider(code) | {"Thing": custom(Id="a")})
    cloud.deploy(provider(code) | {"Thing": custom(Id="a", Other="x")})
    assert brief(calls()) == [("Create", None, "a"), ("Update", "a", "a")]


def test_an_update_that_fails_to_end_is_taken_back_and_its_id_deleted(
    cloud: Any, code: Code, calls: Any
) -> None:
    cloud.deploy(provider(code) | {"Thing": custom(Id="a")})
    calls()
    failing = custom(Id="b", FailToEnd=["Update"])
    assert cloud.deploy(provider(code) | {"Thing": failing}) == "UPDATE_ROLLBACK_COMPLETE"
    forth, back, delete = calls()
    # Even a failed answer's id counts (gh:aws/aws-cdk#13527).
    assert brief([forth, back, delete]) == [
        ("Update", "a", "b"),
        ("Update", "b", "a"),
        ("Delete", "b", "b"),
    ]
    assert back["OldResourceProperties"]["Id"] == "b"
    assert back["RequestId"] != forth["RequestId"]
    assert cloud.physical_id("Thing") == "a"


def test_an_update_that_fails_to_begin_is_taken_back_by_its_old_id(
    cloud: Any, code: Code, calls: Any
) -> None:
    cloud.deploy(provider(code) | {"Thing": custom(Id="a")})
    calls()
    failing = custom(Id="b", FailToBegin=["Update"])
    assert cloud.deploy(provider(code) | {"Thing": failing}) == "UPDATE_ROLLBACK_COMPLETE"
    assert brief(calls()) == [("Update", "a", "b"), ("Update", "a", "a")]


def test_another_resources_failure_takes_a_finished_update_back(
    cloud: Any, code: Code, calls: Any
) -> None:
    cloud.deploy(provider(code) | {"Thing": custom(Id="a")})
    calls()
    broken = {"Thing": custom(Id="b"), "Broken": BROKEN}
    assert cloud.deploy(provider(code) | broken) == "UPDATE_ROLLBACK_COMPLETE"
    assert brief(calls()) == [("Update", "a", "b"), ("Update", "b", "a"), ("Delete", "b", "b")]
    assert cloud.physical_id("Thing") == "a"


def test_a_rollback_that_fails_leaves_the_stack_stuck(cloud: Any, code: Code) -> None:
    cloud.deploy(provider(code) | {"Thing": custom(Id="a", FailToBegin=["Update"])})
    broken = {"Thing": custom(Id="a", Other="x"), "Broken": BROKEN}
    assert cloud.deploy(provider(code) | broken) == "UPDATE_ROLLBACK_FAILED"
    assert "cannot begin" in cloud.reasons()["Thing"]


def test_a_deletion_that_fails_keeps_the_resource_and_all_that_it_needs(
    cloud: Any, code: Code, calls: Any
) -> None:
    stuck = {"Thing": custom(Id="a", FailToEnd=["Delete"])}
    cloud.deploy(provider(code) | stuck)
    cloud.destroy()
    assert cloud.status() == "DELETE_FAILED"
    functions = cloud.client("lambda").list_functions()["Functions"]
    assert cloud.physical_id("Framework") in [f["FunctionName"] for f in functions]
    assert cloud.deploy(provider(code) | stuck | {"Broken": BROKEN}, name="b") == "ROLLBACK_FAILED"
    assert "cannot end" in cloud.reasons("b")["Thing"]


def test_destroying_asks_to_delete_and_leaves_no_function(
    cloud: Any, code: Code, calls: Any
) -> None:
    cloud.deploy(provider(code) | {"Thing": custom(Id="a")})
    calls()
    cloud.destroy()
    assert brief(calls()) == [("Delete", "a", "a")]
    assert cloud.client("lambda").list_functions()["Functions"] == []
    assert cloud.client("stepfunctions").list_state_machines()["stateMachines"] == []


def test_an_answer_of_more_than_4096_bytes_fails(cloud: Any, code: Code) -> None:
    assert cloud.deploy(provider(code) | {"Thing": custom(Id="a", Length=3000)}) == (
        "CREATE_COMPLETE"
    )
    longer = provider(code) | {"Thing": custom(Id="a", Length=4096)}
    assert cloud.deploy(longer) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.reasons()["Thing"] == "Response object is too long."


def test_an_attribute_that_was_not_answered_fails_who_uses_it(cloud: Any, code: Code) -> None:
    uses = topic({"Fn::GetAtt": ["Thing", "Colour"]})
    resources = provider(code) | {"Thing": custom(Id="a"), "Topic": uses}
    assert cloud.deploy(resources) == "ROLLBACK_COMPLETE"
    assert cloud.reasons()["Topic"].startswith(
        "CustomResource attribute error: Vendor response doesn't contain Colour attribute in "
        "object arn:aws:cloudformation:us-east-1:123456789012:stack/stack/"
    )


def test_the_service_token_cannot_change(cloud: Any, code: Code, calls: Any) -> None:
    cloud.deploy(provider(code) | {"Thing": custom(Id="a")})
    calls()
    moved = provider(code)
    moved["Other"] = moved["Framework"]
    token = {"Fn::GetAtt": ["Other", "Arn"]}
    status = cloud.deploy(moved | {"Thing": custom(Id="b", ServiceToken=token)})
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.reasons()["Thing"] == "Modifying service token is not allowed."
    assert calls() == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"Framework": {"Handler": "index.handler"}}, id="no framework"),
        pytest.param({"OnEvent": {"Runtime": "nodejs24.x"}}, id="handlers in JavaScript"),
    ],
)
def test_what_it_cannot_run_is_reported_by_name(
    cloud: Any, code: Code, calls: Any, change: dict[str, Any]
) -> None:
    resources = provider(code) | {"Thing": custom(Id="a")}
    for name, properties in change.items():
        resources[name]["Properties"] |= properties
    assert cloud.deploy(resources) == "CREATE_COMPLETE"
    assert calls() == []
    assert UNKNOWN.rows() == [{"stack": "stack", "logicalId": "Thing", "type": "Custom::Thing"}]
    cloud.destroy()
    assert cloud.client("lambda").list_functions()["Functions"] == []


def simple(**answers: str) -> str:
    """A module whose two handlers are one expression each."""
    said = {"on_event": "{}", "is_complete": "{'IsComplete': True}"} | answers
    start = said.pop("start", "")
    steps = [f"def {name}(event, context):\n    return {text}\n" for name, text in said.items()]
    return "\n".join([start, *steps])


def deployed(cloud: Any, files: Mapping[str, str], module: str = "index") -> str:
    """The reason for which a stack with these handlers fails, or nothing."""
    code = packed(cloud, files, f"{abs(hash(str(files)))}.zip")
    cloud.deploy(provider(code, module=module) | {"Thing": custom()})
    return str(cloud.reasons().get("Thing", ""))


def test_modules_and_variables_of_a_function_are_its_own(cloud: Any) -> None:
    before = dict(os.environ)
    index = simple(
        start="import os, helper, parts.one",
        on_event="{'Data': {'Seen': helper.NAME + parts.one.NAME + os.environ['COLOUR']}}",
    )
    for name in ("first", "second"):
        files = {
            "index.py": index,
            "helper.py": f"NAME = {name!r}",
            "parts/__init__.py": "",
            "parts/one.py": "from helper import NAME",
        }
        resources = provider(packed(cloud, files, f"{name}.zip")) | {"Thing": custom()}
        resources["OnEvent"]["Properties"]["Environment"] = {"Variables": {"COLOUR": "red"}}
        outputs = {"Seen": {"Value": {"Fn::GetAtt": ["Thing", "Seen"]}}}
        # The second handler has no such variable.
        resources["IsComplete"]["Properties"]["Handler"] = "second.is_complete"
        resources["IsComplete"]["Properties"]["Code"] = packed(
            cloud,
            {
                "second.py": simple(
                    start="import os", is_complete="{'IsComplete': 'COLOUR' not in os.environ}"
                )
            },
            "second-handler.zip",
        )
        assert cloud.deploy(resources, name=name, Outputs=outputs) == "CREATE_COMPLETE"
        stacks = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        assert stacks[0]["Outputs"][0]["OutputValue"] == f"{name}{name}red"
    assert not {"index", "helper", "parts", "parts.one"} & sys.modules.keys()
    assert dict(os.environ) == before


def test_modules_stay_loaded_until_the_code_changes(cloud: Any) -> None:
    counting = "count = 0\ndef on_event(event, context):\n    global count\n    count += 1\n"
    counting += "    return {'PhysicalResourceId': 'VERSION-' + str(count)}\n"
    for version, change, expected in (("a", "1", "a-1"), ("a", "2", "a-2"), ("b", "3", "b-1")):
        index = counting.replace("VERSION", version) + simple(on_event="{}").replace(
            "def on_event", "def unused"
        )
        code = packed(cloud, {"index.py": index}, f"{version}.zip")
        cloud.deploy(provider(code) | {"Thing": custom(Change=change)})
        assert cloud.physical_id("Thing") == expected


def test_sleeping_takes_no_time_and_counts(cloud: Any) -> None:
    index = """
import time
from time import sleep

def on_event(event, context):
    started, left = time.time(), context.get_remaining_time_in_millis()
    sleep(1)
    time.sleep(1)
    left -= context.get_remaining_time_in_millis()
    return {"Slept": round(time.time() - started), "Less": round(left / 1000), "At": time.time()}

def is_complete(event, context):
    waited = time.time() - event["At"]
    if waited < 60:
        return {"IsComplete": False}
    print("waited")
    data = {"Slept": event["Slept"], "Less": event["Less"], "Waited": round(waited)}
    return {"IsComplete": True, "Data": data}
"""
    code = packed(cloud, {"index.py": index}, "sleeping.zip")
    names = ("Slept", "Less", "Waited")
    outputs = {name: {"Value": {"Fn::GetAtt": ["Thing", name]}} for name in names}
    started = time.monotonic()
    assert cloud.deploy(provider(code) | {"Thing": custom()}, Outputs=outputs) == "CREATE_COMPLETE"
    assert time.monotonic() - started < 60
    shown = cloud.client("cloudformation").describe_stacks()["Stacks"][0]["Outputs"]
    assert {o["OutputKey"]: int(o["OutputValue"]) for o in shown} == {
        "Slept": 2,
        "Less": 2,
        "Waited": 60,
    }


END_FAILURES = (
    '"Data" is not allowed if "IsComplete" is "False"',
    "Cannot read properties of null (reading 'IsComplete')",
)


@pytest.mark.parametrize(
    ("files", "module", "reason"),
    [
        pytest.param(
            {"index.py": "import nothing_of_that_name"},
            "index",
            "Unable to import module 'index': No module named 'nothing_of_that_name'",
            id="import",
        ),
        pytest.param(
            {"other.py": simple()},
            "index",
            "Unable to import module 'index': No module named 'index'",
            id="module",
        ),
        pytest.param(
            {"index.py": simple(start="import sys", on_event="sys.exit(3)")},
            "index",
            "Error: Runtime exited",
            id="exit",
        ),
        pytest.param(
            {"index.py": "is_complete = None"},
            "index",
            "Handler 'on_event' missing on module 'index'",
            id="handler",
        ),
        pytest.param(
            {"index.py": simple(on_event="object()")},
            "index",
            "Unable to marshal response: Object of type object is not JSON serializable",
            id="answer",
        ),
        pytest.param(
            {"index.py": simple(start="import time", on_event="time.sleep(5)")},
            "index",
            "Task timed out after 3.00 seconds",
            id="timeout",
        ),
        pytest.param(
            {"index.py": simple(is_complete="{'IsComplete': False, 'Data': {'A': 1}}")},
            "index",
            END_FAILURES[0],
            id="early data",
        ),
        pytest.param(
            {"index.py": simple(is_complete="None")},
            "index",
            END_FAILURES[1],
            id="nothing",
        ),
        pytest.param({"a/b.py": simple()}, "a/b", "", id="folder"),
    ],
)
def test_what_goes_wrong_in_a_function_is_the_reason(
    cloud: Any, files: dict[str, str], module: str, reason: str
) -> None:
    assert reason in deployed(cloud, files, module)
    # The deletion that follows fails in the same way, once the resource has an id.
    ended = {"": "CREATE_COMPLETE"} | dict.fromkeys(END_FAILURES, "ROLLBACK_FAILED")
    assert cloud.status() == ended.get(reason, "ROLLBACK_COMPLETE")


def test_a_deletion_cannot_change_the_id(cloud: Any) -> None:
    answer = "{'PhysicalResourceId': event['RequestType']}"
    assert deployed(cloud, {"index.py": simple(on_event=answer)}) == ""
    cloud.destroy()
    assert (
        'DELETE: cannot change the physical resource ID from "Create" to "Delete" during deletion'
        in cloud.reasons()["Thing"]
    )
