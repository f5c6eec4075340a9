"""What the APIs show of an endpoint and all that belongs to it, and how two of such views differ.

Models and configs are shown as part of what uses them, without their names, which change with
whatever they hold.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.bed import Bed

ADDED, REMOVED, CHANGED = "(added)", "(removed)", "(changed)"
"""Differences whose value is not looked at: a path that came, went, or holds something else."""

_HIDDEN = ("ResponseMetadata", "Arn", "Time", "Timestamp")
_MISSING = object()
# What CloudFormation makes of the logical id.
_SCHEDULE = re.compile(r".*Named(\w+)[0-9A-F]{8}-\w+$")

View = dict[str, Any]


def view(bed: Bed) -> View:
    """Everything, by kind and name; asked for once after each deployment."""
    if bed.view is None:
        bed.view = _view(bed)
    return bed.view


def _view(bed: Bed) -> View:
    sagemaker = bed.client("sagemaker")
    models = {
        item["ModelName"]: _shown(
            sagemaker.describe_model(ModelName=item["ModelName"]), "ModelName"
        )
        for item in sagemaker.list_models()["Models"]
    }
    configs = {
        item["EndpointConfigName"]: sagemaker.describe_endpoint_config(
            EndpointConfigName=item["EndpointConfigName"]
        )
        for item in sagemaker.list_endpoint_configs()["EndpointConfigs"]
    }
    used: set[str] = set()
    shown: View = {}
    endpoints = sagemaker.list_endpoints()["Endpoints"]
    assert len(endpoints) <= 1, f"endpoints left over: {endpoints}"
    for item in endpoints:
        endpoint = sagemaker.describe_endpoint(EndpointName=item["EndpointName"])
        config = configs.pop(endpoint["EndpointConfigName"])
        tags = sagemaker.list_tags(ResourceArn=endpoint["EndpointArn"])["Tags"]
        assert tags == sagemaker.list_tags(ResourceArn=config["EndpointConfigArn"])["Tags"]
        shown = _endpoint(endpoint, config, models, used)
        shown["endpoint"]["tags"] = {tag["Key"]: tag["Value"] for tag in tags}
    components = {}
    listed = _if(bed, "AWS::SageMaker::InferenceComponent", sagemaker.list_inference_components)
    for item in listed.get("InferenceComponents", []):
        name = item["InferenceComponentName"]
        found = sagemaker.describe_inference_component(InferenceComponentName=name)
        used.add(found["Specification"]["ModelName"])
        found["model"] = models[found["Specification"].pop("ModelName")]
        components[name] = _shown(found, "InferenceComponentName")
    assert not configs, f"configs that no endpoint runs: {sorted(configs)}"
    # A batch job's model is used by no endpoint.
    idle = {name: model for name, model in models.items() if name not in used}
    shown |= {
        "component": components,
        "idle model": {name.rpartition("-")[0]: model for name, model in idle.items()},
        **_scaling(bed),
        **_surroundings(bed),
    }
    name = shown.get("endpoint", {}).get("name", "(no endpoint)")
    words = {model: f"<{model.rpartition('-')[0]}>" for model in models}
    words |= {value: f"<{key}>" for key, value in bed.neighbours.items()}
    words |= dict.fromkeys(shown["group"], "<made group>")
    words |= dict.fromkeys(shown["topic"], "<made topic>")
    roles = bed.client("iam").list_roles()["Roles"]
    words |= {role["Arn"]: "<made role>" for role in roles if role["Arn"] not in words}
    words |= {name: "<endpoint>"}
    named = {kind: _named(items, words) for kind, items in shown.items()}
    if "endpoint" in named:
        named["endpoint"]["name"] = name
    return named


def _named(items: View, words: Mapping[str, str]) -> View:
    """The same with names in place of ids, and without the endpoint's, which many begin with."""
    text = json.dumps(items, default=str)
    for name, word in words.items():
        text = text.replace(name, word)
    named: View = json.loads(text)
    return {
        key.removeprefix("endpoint/<endpoint>/").removeprefix("<endpoint>-"): item
        for key, item in named.items()
    }


def _endpoint(
    endpoint: Mapping[str, Any],
    config: Mapping[str, Any],
    models: Mapping[str, Any],
    used: set[str],
) -> View:
    running = {variant["VariantName"]: variant for variant in endpoint["ProductionVariants"]}
    hidden = ("EndpointConfigName", "ProductionVariants", "ShadowProductionVariants")
    about_endpoint = {
        "name": endpoint["EndpointName"],
        "status": endpoint["EndpointStatus"],
        "deployment": endpoint.get("LastDeploymentConfig"),
        **_shown(config, *hidden),
    }
    shown: View = {"endpoint": about_endpoint, "variant": {}, "shadow": {}}
    for member, key in (("ProductionVariants", "variant"), ("ShadowProductionVariants", "shadow")):
        for variant in config.get(member, []):
            about = dict(variant)
            name = about.pop("VariantName")
            if "ModelName" in about:
                used.add(about["ModelName"])
                about["model"] = models[about.pop("ModelName")]
            if member == "ProductionVariants":
                now = running[name]
                about["now"] = {
                    what: now[what]
                    for what in ("DesiredInstanceCount", "DesiredWeight", "DesiredServerlessConfig")
                    if what in now
                }
            shown[key][name] = about
    return shown


def _shown(answer: Mapping[str, Any], *hidden: str) -> View:
    return {
        key: value
        for key, value in answer.items()
        if key not in hidden and (not key.endswith(_HIDDEN) or key == "ExecutionRoleArn")
    }


def _if(bed: Bed, resource_type: str, ask: Callable[..., Any], **request: Any) -> Any:
    """What an API answers, unless the stack never had such a resource."""
    return ask(**request) if resource_type in bed.types else {}


def _scaling(bed: Bed) -> View:
    scaling = bed.client("application-autoscaling")
    hidden = ("ServiceNamespace", "ResourceId", "ScalableDimension")

    def listed(ask: Callable[..., Any], member: str) -> list[dict[str, Any]]:
        kind = "AWS::ApplicationAutoScaling::ScalableTarget"
        answer = _if(bed, kind, ask, ServiceNamespace="sagemaker")
        items: list[dict[str, Any]] = answer.get(member, [])
        return items

    return {
        "target": {
            target["ResourceId"]: _shown(
                target, *hidden, "RoleARN", "ScalableTargetARN", "SuspendedState"
            )
            for target in listed(scaling.describe_scalable_targets, "ScalableTargets")
        },
        "policy": {
            policy["PolicyName"]: _shown(policy, "PolicyName", "PolicyARN", "Alarms")
            for policy in listed(scaling.describe_scaling_policies, "ScalingPolicies")
        },
        "schedule": {
            action["ScheduledActionName"]: _shown(action, "ScheduledActionARN")
            for action in listed(scaling.describe_scheduled_actions, "ScheduledActions")
        },
    }


def _surroundings(bed: Bed) -> View:
    cloudwatch, known = bed.client("cloudwatch"), bed.neighbours.values()
    alarms = _if(bed, "AWS::CloudWatch::Alarm", cloudwatch.describe_alarms)
    boards = _if(bed, "AWS::CloudWatch::Dashboard", cloudwatch.list_dashboards)
    groups = _if(bed, "AWS::EC2::SecurityGroup", bed.client("ec2").describe_security_groups)
    topics = _if(bed, "AWS::SNS::Topic", bed.client("sns").list_topics)
    return {
        "alarm": {alarm["AlarmName"]: _alarm(alarm) for alarm in alarms.get("MetricAlarms", [])},
        "dashboard": {
            board["DashboardName"]: board["Size"] for board in boards.get("DashboardEntries", [])
        },
        "group": {
            group["GroupId"]: True
            for group in groups.get("SecurityGroups", [])
            if group["GroupId"] not in known and group["GroupName"] != "default"
        },
        "topic": {
            topic["TopicArn"]: True
            for topic in topics.get("Topics", [])
            if topic["TopicArn"] not in known
        },
        "permission": _permissions(bed),
        "job": _job_schedules(bed),
        "machine": _machines(bed),
    }


def _alarm(alarm: Mapping[str, Any]) -> View:
    hidden = ("AlarmName", "StateReason", "StateReasonData", "StateValue", "AlarmDescription")
    return {
        key: value
        for key, value in _shown(alarm, *hidden).items()
        # Of policies, whose ARNs are made at deployment.
        if not (key in ("AlarmActions", "OKActions") and any("scalingPolicy" in v for v in value))
    }


def _permissions(bed: Bed) -> View:
    """The statements of each role's customer managed policies, by the statement's id."""
    iam = bed.client("iam")
    shown: View = {}
    for policy in iam.list_policies(Scope="Local", OnlyAttached=True)["Policies"]:
        arn = policy["Arn"]
        version = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])
        document = version["PolicyVersion"]["Document"]
        body = document if isinstance(document, dict) else json.loads(document)
        for role in iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]:
            kind = "own role" if role["RoleName"] == "own-execution" else "made role"
            shown.setdefault(kind, {}).update(
                (statement.pop("Sid", _first_action(statement)), statement)
                for statement in body["Statement"]
            )
    return shown


def _first_action(statement: Mapping[str, Any]) -> str:
    """What names a statement without an id, as CDK merges them."""
    actions = statement["Action"]
    first: str = actions if isinstance(actions, str) else actions[0]
    return first


def _job_schedules(bed: Bed) -> View:
    scheduler = bed.client("scheduler")
    shown: View = {}
    schedules = _if(bed, "AWS::Scheduler::Schedule", scheduler.list_schedules)
    for listed in schedules.get("Schedules", []):
        schedule = scheduler.get_schedule(Name=listed["Name"])
        shown[_SCHEDULE.sub(r"\1", listed["Name"])] = {
            "when": schedule["ScheduleExpression"],
            "state": schedule["State"],
            "job": json.loads(schedule["Target"]["Input"]),
        }
    return shown


def _machines(bed: Bed) -> View:
    machines = bed.client("stepfunctions")
    found = _if(bed, "AWS::StepFunctions::StateMachine", machines.list_state_machines)
    # The one that items run by has no choice to begin with.
    definitions = [
        json.loads(
            machines.describe_state_machine(stateMachineArn=item["stateMachineArn"])["definition"]
        )
        for item in found.get("stateMachines", [])
    ]
    return {definition.pop("StartAt"): definition for definition in definitions}


def differences(before: Any, after: Any, path: str = "") -> dict[str, Any]:
    """What changed, as paths with their new values; a path that came or went is told as such."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        found: dict[str, Any] = {}
        for key in sorted(before.keys() | after.keys()):
            below = f"{path}.{key}" if path else key
            was, becomes = before.get(key, _MISSING), after.get(key, _MISSING)
            found |= differences(was, becomes, below)
        return found
    if before == after:
        return {}
    if before is _MISSING:
        return {path: _Came(after)}
    return {path: REMOVED if after is _MISSING else after}


class _Came:
    """A value where there was none: equal to itself, and to ``ADDED``."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return other == ADDED or other == self.value

    __hash__ = None  # type: ignore[assignment]  # equality is not an equivalence

    def __repr__(self) -> str:
        return f"{ADDED} {self.value!r}"


def unexpected(found: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    """What changed otherwise than it should have; nothing, if exactly that changed."""
    return {
        path: {"seen": found.get(path), "expected": expected.get(path)}
        for path in found.keys() | expected.keys()
        if path not in found
        or path not in expected
        or (expected[path] != CHANGED and found[path] != expected[path])
    }
