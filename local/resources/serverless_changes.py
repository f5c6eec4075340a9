"""Changes in place for functions, state machines, event rules and queues, where one resource takes
several calls.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from local.resources.amendments import Amendment, Properties, Target

_CONFIGURATION: Mapping[str, Any] = {
    "Description": "",
    "Environment": {"Variables": {}},
    "Handler": None,
    "Layers": [],
    "LoggingConfig": None,
    "MemorySize": 128,
    "Role": None,
    "Runtime": None,
    "Timeout": 3,
    "TracingConfig": None,
    "VpcConfig": None,
}
"""What UpdateFunctionConfiguration takes, with what stands for nothing said."""

_QUEUE: Mapping[str, Any] = {
    "ContentBasedDeduplication": False,
    "DelaySeconds": 0,
    "KmsDataKeyReusePeriodSeconds": 300,
    "KmsMasterKeyId": "",
    "MaximumMessageSize": 262144,
    "MessageRetentionPeriod": 345600,
    "ReceiveMessageWaitTimeSeconds": 0,
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": True,
    "VisibilityTimeout": 30,
}
"""The attributes of a queue, with their defaults (SetQueueAttributes)."""


def _changed(old: Properties, new: Properties, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What differs between two sets of properties, with defaults for what is gone."""
    changed = {
        name: new.get(name, default)
        for name, default in defaults.items()
        if new.get(name) != old.get(name)
    }
    return {name: value for name, value in changed.items() if value is not None}


def _tags(properties: Properties) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags") or []}


def _tag_changes(old: Properties, new: Properties) -> tuple[list[str], dict[str, str]]:
    """The keys that go, and the tags that are set."""
    before, after = _tags(old), _tags(new)
    return [key for key in before if key not in after], {} if before == after else after


def _update_function(target: Target, old: Properties, new: Properties) -> None:
    name = {"FunctionName": target.physical_id}
    changes = _changed(old, new, _CONFIGURATION)
    for number in ("MemorySize", "Timeout"):
        if number in changes:
            changes[number] = int(changes[number])
    if changes:
        target.call("lambda", "update_function_configuration", **name, **changes)
    if old["Code"] != new["Code"]:
        target.call("lambda", "update_function_code", **name, **packed_code(new))
    gone, come = _tag_changes(old, new)
    arn = target.model.get_cfn_attribute("Arn")
    if gone:
        target.call("lambda", "untag_resource", Resource=arn, TagKeys=gone)
    if come:
        target.call("lambda", "tag_resource", Resource=arn, Tags=come)


def packed_code(properties: Properties) -> dict[str, Any]:
    """A function's code as the API wants it: a template may hold the text of the module `index`."""
    code = dict(properties["Code"])
    if "ZipFile" in code:
        suffix = "py" if str(properties.get("Runtime", "")).startswith("python") else "js"
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(f"index.{suffix}", code["ZipFile"])
        code["ZipFile"] = packed.getvalue()
    return code


def state_machine_request(properties: Properties) -> dict[str, Any]:
    """A template's state machine as CreateStateMachine wants it."""
    definition = properties.get("DefinitionString")
    text = json.dumps(properties["Definition"]) if definition is None else str(definition)
    for name, value in (properties.get("DefinitionSubstitutions") or {}).items():
        text = text.replace(f"${{{name}}}", str(value))
    renamed = {
        "name": properties.get("StateMachineName"),
        "definition": text,
        "roleArn": properties["RoleArn"],
        "type": properties.get("StateMachineType"),
        "loggingConfiguration": _lower(properties.get("LoggingConfiguration")),
        "tracingConfiguration": _lower(properties.get("TracingConfiguration")),
        "encryptionConfiguration": _lower(properties.get("EncryptionConfiguration")),
        "tags": _lower(properties.get("Tags")),
    }
    return {name: value for name, value in renamed.items() if value is not None}


def _lower(value: Any) -> Any:
    """Step Functions' members begin in lower case."""
    if isinstance(value, Mapping):
        return {name[0].lower() + name[1:]: _lower(item) for name, item in value.items()}
    return [_lower(item) for item in value] if isinstance(value, list) else value


def _update_state_machine(target: Target, old: Properties, new: Properties) -> None:
    arn = target.physical_id
    request = state_machine_request(new)
    own = ("name", "type", "tags")
    changes = {name: value for name, value in request.items() if name not in own}
    target.call("stepfunctions", "update_state_machine", stateMachineArn=arn, **changes)
    gone, come = _tag_changes(old, new)
    if gone:
        target.call("stepfunctions", "untag_resource", resourceArn=arn, tagKeys=gone)
    if come:
        tags = [{"key": key, "value": value} for key, value in come.items()]
        target.call("stepfunctions", "tag_resource", resourceArn=arn, tags=tags)


def rule_request(properties: Properties) -> dict[str, Any]:
    """A template's event rule as PutRule wants it, without tags."""
    request = {k: v for k, v in properties.items() if k not in ("Targets", "Tags")}
    pattern = request.get("EventPattern")
    if pattern is not None and not isinstance(pattern, str):
        request["EventPattern"] = json.dumps(pattern)
    return request


def _of_bus(properties: Properties) -> dict[str, Any]:
    return {k: properties[k] for k in ("EventBusName",) if k in properties}


def _put_targets(target: Target, properties: Properties) -> None:
    if properties.get("Targets"):
        rule = {"Rule": target.physical_id, **_of_bus(properties)}
        target.call("events", "put_targets", **rule, Targets=properties["Targets"])


def _remove_targets(target: Target, properties: Properties, keep: Properties) -> None:
    kept = {item["Id"] for item in keep.get("Targets") or []}
    gone = [item["Id"] for item in properties.get("Targets") or [] if item["Id"] not in kept]
    if gone:
        rule = {"Rule": target.physical_id, **_of_bus(properties)}
        target.call("events", "remove_targets", **rule, Ids=gone)


def _update_rule(target: Target, old: Properties, new: Properties) -> None:
    target.call("events", "put_rule", **rule_request(new) | {"Name": target.physical_id})
    _remove_targets(target, old, new)
    _put_targets(target, new)
    gone, come = _tag_changes(old, new)
    arn = target.model.get_cfn_attribute("Arn")
    if gone:
        target.call("events", "untag_resource", ResourceARN=arn, TagKeys=gone)
    if come:
        tags = [{"Key": key, "Value": value} for key, value in come.items()]
        target.call("events", "tag_resource", ResourceARN=arn, Tags=tags)


def _delete_rule(target: Target, properties: Properties) -> None:
    _remove_targets(target, properties, {})
    target.call("events", "delete_rule", Name=target.physical_id, **_of_bus(properties))


def _update_queue(target: Target, old: Properties, new: Properties) -> None:
    url = target.physical_id
    changes = {name: _text(value) for name, value in _changed(old, new, _QUEUE).items()}
    if changes:
        target.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes=changes)
    gone, come = _tag_changes(old, new)
    if gone:
        target.call("sqs", "untag_queue", QueueUrl=url, TagKeys=gone)
    if come:
        target.call("sqs", "tag_queue", QueueUrl=url, Tags=come)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


CHANGES: Mapping[str, Amendment] = {
    "AWS::Lambda::Function": Amendment(update=_update_function),
    "AWS::StepFunctions::StateMachine": Amendment(update=_update_state_machine),
    "AWS::Events::Rule": Amendment(_update_rule, _delete_rule, _put_targets),
    "AWS::SQS::Queue": Amendment(update=_update_queue),
}
