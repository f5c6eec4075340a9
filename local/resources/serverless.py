"""What surrounds a batch job: functions, state machines, schedules and event rules.

moto's own handlers drop properties of functions and state machines, rewrite those of event rules,
cannot remove permissions and versions, and do not know schedules.
"""

from __future__ import annotations

from collections.abc import Callable

from local.models import NotSupportedError
from local.providers import Made, Properties, ResourceType, Tagging
from local.resources.serverless_changes import packed_code, rule_request, state_machine_request


def _answered(member: str) -> Callable[[Made], str]:
    return lambda made: str(made.answer[member])


def _own(member: str) -> Callable[[Made], str]:
    return lambda made: str(made.properties[member])


def _function(properties: Properties) -> Properties:
    return properties | {"Code": packed_code(properties)}


def _state_machine(properties: Properties) -> Properties:
    if "DefinitionS3Location" in properties:
        raise NotSupportedError("DefinitionS3Location")
    return state_machine_request(properties)


def _rule(properties: Properties) -> Properties:
    request: Properties = rule_request(properties)
    if "Tags" in properties:
        request["Tags"] = properties["Tags"]
    return request


def _schedule_id(made: Made) -> Properties:
    group = {k: made.properties[k] for k in ("GroupName",) if k in made.properties}
    return {"Name": made.properties["Name"], **group}


TYPES = (
    ResourceType(
        type="AWS::Lambda::Function",
        service="lambda",
        create="CreateFunction",
        delete="DeleteFunction",
        name="FunctionName",
        longest_name=64,
        ref=_own("FunctionName"),
        arn=_answered("FunctionArn"),
        identity=lambda made: {"FunctionName": made.properties["FunctionName"]},
        attributes={"Arn": _answered("FunctionArn")},
        tagging=Tagging(
            add="TagResource", remove="UntagResource", arn_member="Resource", as_map=True
        ),
        # Calls of their own, which change nothing that can be read back here.
        update_only=frozenset(
            {
                "FunctionScalingConfig",
                "KmsKeyArn",
                "RecursiveLoop",
                "ReservedConcurrentExecutions",
                "RuntimeManagementConfig",
                "SnapStartResponse",
            }
        ),
        prepare=_function,
        gone=frozenset({"ResourceNotFoundException"}),
    ),
    ResourceType(
        type="AWS::Lambda::Permission",
        service="lambda",
        create="AddPermission",
        delete="RemovePermission",
        # CloudFormation invents the statement's id like a name.
        name="StatementId",
        longest_name=100,
        ref=_own("StatementId"),
        identity=lambda made: {k: made.properties[k] for k in ("FunctionName", "StatementId")},
        attributes={"Id": _own("StatementId")},
        gone=frozenset({"ResourceNotFoundException"}),
    ),
    ResourceType(
        type="AWS::Lambda::Version",
        service="lambda",
        create="PublishVersion",
        delete="DeleteFunction",
        ref=_answered("FunctionArn"),
        identity=lambda made: {
            "FunctionName": made.properties["FunctionName"],
            "Qualifier": made.answer["Version"],
        },
        attributes={"FunctionArn": _answered("FunctionArn"), "Version": _answered("Version")},
        update_only=frozenset(
            {"FunctionScalingConfig", "ProvisionedConcurrencyConfig", "RuntimePolicy"}
        ),
        gone=frozenset({"ResourceNotFoundException"}),
    ),
    ResourceType(
        type="AWS::StepFunctions::StateMachine",
        service="stepfunctions",
        create="CreateStateMachine",
        delete="DeleteStateMachine",
        name="StateMachineName",
        longest_name=80,
        ref=_answered("stateMachineArn"),
        identity=lambda made: {"stateMachineArn": made.answer["stateMachineArn"]},
        attributes={"Arn": _answered("stateMachineArn"), "Name": _own("StateMachineName")},
        prepare=_state_machine,
    ),
    ResourceType(
        type="AWS::Scheduler::Schedule",
        service="scheduler",
        create="CreateSchedule",
        update="UpdateSchedule",
        delete="DeleteSchedule",
        name="Name",
        longest_name=64,
        ref=_own("Name"),
        identity=_schedule_id,
        attributes={"Arn": _answered("ScheduleArn")},
        gone=frozenset({"ResourceNotFoundException"}),
    ),
    ResourceType(
        type="AWS::Events::Rule",
        service="events",
        create="PutRule",
        delete="DeleteRule",
        name="Name",
        longest_name=64,
        ref=_own("Name"),
        identity=lambda made: {"Name": made.properties["Name"]},
        attributes={"Arn": _answered("RuleArn")},
        prepare=_rule,
    ),
)
