"""A template that the APIs accept, of every type that is checked, and ways to break it."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Place = tuple[str | int, ...]

REMOVED = object()
ROLE = "arn:aws:iam::123456789012:role/fraud"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fraud:1"
TARGET = "endpoint/fraud/variant/main"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"


def resource(resource_type: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{resource_type}", "Properties": properties}


VALID: dict[str, Any] = {
    "Model": resource(
        "SageMaker::Model",
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": IMAGE,
            "ModelDataUrl": "s3://models/fraud/model.tar.gz",
            "Environment": {"LEVEL": "20"},
        },
        VpcConfig={"Subnets": ["subnet-0a"], "SecurityGroupIds": ["sg-0a"]},
        Tags=[{"Key": "Team", "Value": "rc"}],
    ),
    "Config": resource(
        "SageMaker::EndpointConfig",
        ProductionVariants=[
            {
                "VariantName": "main",
                "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": 1,
                "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
            }
        ],
        DataCaptureConfig={
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": "s3://captured/fraud",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        },
    ),
    "Endpoint": resource(
        "SageMaker::Endpoint",
        EndpointName="fraud",
        EndpointConfigName={"Fn::GetAtt": ["Config", "EndpointConfigName"]},
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
        DeploymentConfig={
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": {"Ref": "Alarm"}}]},
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
            },
        },
    ),
    "Component": resource(
        "SageMaker::InferenceComponent",
        EndpointName={"Fn::GetAtt": ["Endpoint", "EndpointName"]},
        VariantName="main",
        Specification={
            "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
            "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024},
        },
        RuntimeConfig={"CopyCount": 1},
        DeploymentConfig={
            "RollingUpdatePolicy": {
                "MaximumBatchSize": {"Type": "COPY_COUNT", "Value": 1},
                "WaitIntervalInSeconds": 60,
            }
        },
    ),
    "Group": resource(
        "SageMaker::ModelPackageGroup",
        ModelPackageGroupName="fraud",
        ModelPackageGroupPolicy={"Version": "2012-10-17", "Statement": []},
    ),
    "Package": resource(
        "SageMaker::ModelPackage",
        ModelPackageGroupName={"Ref": "Group"},
        ModelApprovalStatus="Approved",
        ApprovalDescription="scores well",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://models/fraud/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    ),
    "Target": resource(
        "ApplicationAutoScaling::ScalableTarget",
        ServiceNamespace="sagemaker",
        ScalableDimension=DIMENSION,
        ResourceId={"Fn::Sub": "endpoint/${Endpoint.EndpointName}/variant/main"},
        MinCapacity=1,
        MaxCapacity="4",  # CloudFormation takes a number as text
        Tags=[{"Key": "Team", "Value": "rc"}],
        ScheduledActions=[
            {
                "ScheduledActionName": "nightly",
                "Schedule": "cron(0 20 * * ? *)",
                "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 1},
            }
        ],
    ),
    "Policy": resource(
        "ApplicationAutoScaling::ScalingPolicy",
        PolicyName="follow",
        PolicyType="TargetTrackingScaling",
        ScalingTargetId={"Ref": "Target"},
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": "70.5",
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        },
    ),
    "Alarm": resource(
        "CloudWatch::Alarm",
        AlarmName="fraud-errors",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[
            {"Name": "EndpointName", "Value": "fraud"},
            {"Name": "VariantName", "Value": "main"},
        ],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=3,
        Threshold=0.01,
        ComparisonOperator="GreaterThanThreshold",
    ),
    "Composite": resource(
        "CloudWatch::CompositeAlarm",
        AlarmName="fraud",
        AlarmRule={"Fn::Sub": "ALARM(${Alarm})"},
    ),
    "Dashboard": resource(
        "CloudWatch::Dashboard",
        DashboardName="fraud",
        DashboardBody={"Fn::Sub": '{"widgets":[{"type":"text","x":${AWS::AccountId}}]}'},
    ),
}


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong, and what the check says.

    Attributes:
        name: What is wrong.
        resource: The logical id in ``VALID``.
        place: The property.
        value: What is there instead; ``REMOVED`` for nothing.
        says: Part of the finding's problem.
        at: The finding's path, if it is another than the property's.
    """

    name: str
    resource: str
    place: Place
    value: Any
    says: str
    at: str | None = None

    @property
    def path(self) -> str:
        steps = (f"[{s}]" if isinstance(s, int) else f".{s}" for s in self.place)
        return "Properties" + "".join(steps) if self.at is None else self.at


def template(**resources: Any) -> dict[str, Any]:
    return {"Resources": {**VALID, **resources}}


def changed(logical_id: str, place: Place, value: Any) -> dict[str, Any]:
    """The valid template with another value at a place."""
    body = deepcopy(template())
    *path, last = place
    holder: Any = body["Resources"][logical_id]["Properties"]
    for step in path:
        holder = holder[step]
    if value is REMOVED:
        del holder[last]
    else:
        holder[last] = value
    return body


_VARIANT: Place = ("ProductionVariants", 0)
_GUARD: Place = ("DeploymentConfig", "AutoRollbackConfiguration", "Alarms")
_ROUTING: Place = ("DeploymentConfig", "BlueGreenUpdatePolicy", "TrafficRoutingConfiguration")
_SPEC: Place = ("Specification", "ComputeResourceRequirements", "MinMemoryRequiredInMb")
_TRACKING = "TargetTrackingScalingPolicyConfiguration"
_PATTERN = "regular expression pattern"
_ENUM = "enum value set"
_NULL = "must not be null"
_AN_ARN = "like 'arn:aws:sagemaker:"

# What the API requires and limits: sagemaker-rules.md, sections 1, 3, 5 and 10.
MISTAKES = [
    Mistake("model name with an underscore", "Model", ("ModelName",), "my_model", _PATTERN),
    Mistake("model name of 64", "Model", ("ModelName",), "a" * 64, "less than or equal to 63"),
    Mistake("image with a blank", "Model", ("PrimaryContainer", "Image"), "my image", _PATTERN),
    Mistake(
        "artifact at a path", "Model", ("PrimaryContainer", "ModelDataUrl"), "/m.tar.gz", _PATTERN
    ),
    Mistake(
        "environment key with a dash",
        "Model",
        ("PrimaryContainer", "Environment"),
        {"LOG-LEVEL": "20"},
        "Map keys",
    ),
    Mistake(
        "environment value of 1025",
        "Model",
        ("PrimaryContainer", "Environment"),
        {"A": "x" * 1025},
        "Map value must satisfy constraint: [Member must have length less than or equal to 1024]",
    ),
    Mistake(
        "environment of 101",
        "Model",
        ("PrimaryContainer", "Environment"),
        {f"A{n}": "" for n in range(101)},
        "less than or equal to 100",
    ),
    Mistake(
        "environment as a list",
        "Model",
        ("PrimaryContainer", "Environment"),
        [{"Name": "A", "Value": "b"}],
        "START_ARRAY can not be converted to a Map",
    ),
    Mistake("role by name", "Model", ("ExecutionRoleArn",), "my-role-of-twenty-and", _PATTERN),
    Mistake(
        "six security groups",
        "Model",
        ("VpcConfig", "SecurityGroupIds"),
        [f"sg-{n}" for n in range(6)],
        "less than or equal to 5",
    ),
    Mistake("no subnets", "Model", ("VpcConfig", "Subnets"), [], "greater than or equal to 1"),
    Mistake("sixteen containers", "Model", ("Containers",), [{}] * 16, "less than or equal to 15"),
    Mistake("fifty-one tags", "Model", ("Tags",), [{"Key": "a", "Value": ""}] * 51, "to 50"),
    Mistake("unknown property", "Model", ("Role",), ROLE, "CreateModel takes no such member"),
    Mistake("no variants", "Config", ("ProductionVariants",), REMOVED, _NULL),
    Mistake("empty variants", "Config", ("ProductionVariants",), [], "greater than or equal to 1"),
    Mistake(
        "a variant for the list",
        "Config",
        ("ProductionVariants",),
        {"VariantName": "main"},
        "can not be converted to a List",
    ),
    Mistake(
        "eleven variants",
        "Config",
        ("ProductionVariants",),
        [{"VariantName": f"v{n}"} for n in range(11)],
        "less than or equal to 10",
    ),
    Mistake("bad name!!", "Config", (*_VARIANT, "VariantName"), "bad name!!", _PATTERN),
    Mistake("variant without name", "Config", (*_VARIANT, "VariantName"), REMOVED, _NULL),
    Mistake("negative weight", "Config", (*_VARIANT, "InitialVariantWeight"), -1, "or equal to 0"),
    Mistake("no instance", "Config", (*_VARIANT, "InitialInstanceCount"), 0, "or equal to 1"),
    Mistake(
        "half an instance",
        "Config",
        (*_VARIANT, "InitialInstanceCount"),
        1.5,
        "can not be converted to an Integer",
    ),
    Mistake("instance type of EC2", "Config", (*_VARIANT, "InstanceType"), "m5.large", "ml.m5.la"),
    Mistake("volume of 513 GB", "Config", (*_VARIANT, "VolumeSizeInGB"), 513, "or equal to 512"),
    Mistake(
        "routing without strategy",
        "Config",
        (*_VARIANT, "RoutingConfig", "RoutingStrategy"),
        REMOVED,
        _NULL,
    ),
    Mistake(
        "start-up within 30 s",
        "Config",
        (*_VARIANT, "ContainerStartupHealthCheckTimeoutInSeconds"),
        30,
        "greater than or equal to 60",
    ),
    Mistake(
        "Ref for the model's name", "Config", (*_VARIANT, "ModelName"), {"Ref": "Model"}, _AN_ARN
    ),
    Mistake(
        "sampling of 101",
        "Config",
        ("DataCaptureConfig", "InitialSamplingPercentage"),
        101,
        "less than or equal to 100",
    ),
    Mistake(
        "capture mode in capitals",
        "Config",
        ("DataCaptureConfig", "CaptureOptions", 0, "CaptureMode"),
        "INPUT",
        _ENUM,
    ),
    Mistake(
        "memory of 1000",
        "Config",
        (*_VARIANT, "ServerlessConfig"),
        {"MemorySizeInMB": 1000, "MaxConcurrency": 1},
        "greater than or equal to 1024",
        "Properties.ProductionVariants[0].ServerlessConfig.MemorySizeInMB",
    ),
    Mistake("endpoint name with a dot", "Endpoint", ("EndpointName",), "fraud.ep", _PATTERN),
    Mistake(
        "Ref for the config's name",
        "Endpoint",
        ("EndpointConfigName",),
        {"Ref": "Config"},
        _AN_ARN,
    ),
    Mistake("endpoint without config", "Endpoint", ("EndpointConfigName",), REMOVED, _NULL),
    Mistake(
        "twenty alarms", "Endpoint", _GUARD, [{"AlarmName": f"a{n}"} for n in range(20)], "to 10"
    ),
    Mistake("no alarms", "Endpoint", _GUARD, [], "greater than or equal to 1"),
    Mistake("alarm as text", "Endpoint", (*_GUARD, 0), "fraud-errors", "to a Structure"),
    Mistake("shift without wait", "Endpoint", (*_ROUTING, "WaitIntervalInSeconds"), REMOVED, _NULL),
    Mistake(
        "wait of 3601 s", "Endpoint", (*_ROUTING, "WaitIntervalInSeconds"), 3601, "equal to 3600"
    ),
    Mistake("unknown shift", "Endpoint", (*_ROUTING, "Type"), "BLUE_GREEN", _ENUM),
    Mistake(
        "retaining sometimes",
        "Endpoint",
        ("RetainAllVariantProperties",),
        "sometimes",
        "can not be converted to a Boolean",
    ),
    Mistake(
        "excluding four",
        "Endpoint",
        ("ExcludeRetainedVariantProperties",),
        [{"VariantPropertyType": "DesiredWeight"}] * 4,
        "less than or equal to 3",
    ),
    Mistake("component without endpoint", "Component", ("EndpointName",), REMOVED, _NULL),
    Mistake("component without memory", "Component", _SPEC, REMOVED, _NULL),
    Mistake("component of 127 MB", "Component", _SPEC, 127, "greater than or equal to 128"),
    Mistake("minus one copy", "Component", ("RuntimeConfig", "CopyCount"), -1, "or equal to 0"),
    Mistake(
        "batches of copies in percent",
        "Component",
        ("DeploymentConfig", "RollingUpdatePolicy", "MaximumBatchSize", "Type"),
        "PERCENT",
        _ENUM,
    ),
    Mistake(
        "component update without a batch",
        "Component",
        ("DeploymentConfig", "RollingUpdatePolicy", "MaximumBatchSize"),
        REMOVED,
        _NULL,
    ),
    Mistake("group without a name", "Group", ("ModelPackageGroupName",), REMOVED, _NULL),
    Mistake(
        "group policy that is too long",
        "Group",
        ("ModelPackageGroupPolicy",),
        {"Statement": "x" * 20481},
        "less than or equal to 20480",
    ),
    Mistake("approved by hand", "Package", ("ModelApprovalStatus",), "Yes", _ENUM),
    Mistake("approval of 1025", "Package", ("ApprovalDescription",), "x" * 1025, "equal to 1024"),
    Mistake(
        "package without containers",
        "Package",
        ("InferenceSpecification", "Containers"),
        REMOVED,
        _NULL,
    ),
    Mistake("unknown service", "Target", ("ServiceNamespace",), "SageMaker", _ENUM),
    Mistake("unknown dimension", "Target", ("ScalableDimension",), "variant", _ENUM),
    Mistake("target without resource", "Target", ("ResourceId",), REMOVED, _NULL),
    Mistake("maximum in words", "Target", ("MaxCapacity",), "four", "converted to an Integer"),
    Mistake(
        "Ref in the resource id",
        "Target",
        ("ResourceId",),
        {"Fn::Sub": "endpoint/${Endpoint}/variant/main"},
        "Ref yields an ARN",
    ),
    Mistake("resource id without variant", "Target", ("ResourceId",), "endpoint/fraud", "<name>"),
    Mistake(
        "schedule with a colon",
        "Target",
        ("ScheduledActions", 0, "ScheduledActionName"),
        "nightly:1",
        _PATTERN,
    ),
    Mistake(
        "schedule's bounds in words",
        "Target",
        ("ScheduledActions", 0, "ScalableTargetAction", "MinCapacity"),
        "one",
        "converted to an Integer",
    ),
    Mistake("policy without a name", "Policy", ("PolicyName",), REMOVED, _NULL),
    Mistake("target in words", "Policy", (_TRACKING, "TargetValue"), "seventy", "to a Double"),
    Mistake(
        "metric of the guide",
        "Policy",
        (_TRACKING, "PredefinedMetricSpecification", "PredefinedMetricType"),
        "InvocationsPerInstance",
        _ENUM,
    ),
    Mistake("target by name", "Policy", ("ScalingTargetId",), TARGET, "resource id|dimension"),
    Mistake("alarm that compares", "Alarm", ("ComparisonOperator",), ">", _ENUM),
    Mistake("alarm of 256", "Alarm", ("AlarmName",), "a" * 256, "less than or equal to 255"),
    Mistake("threshold in words", "Alarm", ("Threshold",), "1 %", "converted to a Double"),
    Mistake("alarm over no period", "Alarm", ("EvaluationPeriods",), 0, "or equal to 1"),
    Mistake("alarm in seconds and more", "Alarm", ("Unit",), "seconds", _ENUM),
    Mistake("Ref in a metric", "Alarm", ("Dimensions", 0, "Value"), {"Ref": "Endpoint"}, _AN_ARN),
    Mistake("composite alarm without rule", "Composite", ("AlarmRule",), REMOVED, _NULL),
    Mistake(
        "dashboard that is not JSON",
        "Dashboard",
        ("DashboardBody",),
        {"Fn::Join": ["", ['{"widgets":', {"Ref": "AWS::Region"}, "]}"]]},
        "Is not JSON",
    ),
    Mistake("dashboard without body", "Dashboard", ("DashboardBody",), REMOVED, _NULL),
]
