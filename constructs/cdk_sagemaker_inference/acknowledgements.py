"""What rule packs report of the library's resources although it is right, and why it is right.

The packs are cdk-nag's: AwsSolutions, Serverless, NIST 800-53 revision 5, HIPAA Security and PCI
DSS 3.2.1. ``ACKNOWLEDGEMENTS`` is the whole list. Each is recorded at the resource that it
concerns, for the finding that it concerns and only where a request leads to it, so that whatever a
user adds is still reported. The context value ``"cdk-sagemaker-inference:acknowledge": false``
leaves all of them out.
"""

from .deployer_acknowledgements import IN_DEPLOYER_POLICIES
from .rule_packs import (
    AWS_SOLUTIONS,
    HIPAA,
    NIST,
    PCI,
    SERVERLESS,
    Acknowledgement,
    rules,
    wildcard,
)

CONTEXT_KEY = "cdk-sagemaker-inference:acknowledge"
"""Context of the app; ``false`` shows an auditor what the packs report without the library."""

_EXECUTION_POLICY = "Policy of the execution role"
_PREFIX = "<bucket>/<prefix>/*"

IN_POLICIES = (
    wildcard(
        _EXECUTION_POLICY,
        "*",
        "cloudwatch:PutMetricData takes no resource (Service Authorization Reference); the "
        "condition on cloudwatch:namespace lets it write SageMaker's own namespaces only.",
        statements=("PublishMetrics",),
    ),
    wildcard(
        _EXECUTION_POLICY,
        "*",
        "ecr:GetAuthorizationToken takes no resource (Service Authorization Reference); the token "
        "opens no image, which statement PullImage does for the repositories of the model alone.",
        statements=("LogInToRegistry",),
    ),
    wildcard(
        _EXECUTION_POLICY,
        "*",
        "ec2:Describe… of interfaces, subnets, groups, VPCs, endpoints and DHCP options take no "
        "resource (Service Authorization Reference); they only read, and SageMaker needs them to "
        "place instances in the VPC (Developer Guide, host-vpc).",
        statements=("DescribeNetwork",),
    ),
    wildcard(
        _EXECUTION_POLICY,
        "arn:…:ec2:…:network-interface/*",
        "EC2 gives an interface its id when SageMaker creates it, so that no action on one can "
        "name it before. The subnets and security groups that ec2:CreateNetworkInterface may take "
        "are those of the request.",
        statements=("CreateNetworkInterfaces", "ManageNetworkInterfaces"),
    ),
    wildcard(
        _EXECUTION_POLICY,
        "arn:…:ec2:<region>:*:subnet/<id>",
        "Subnets of an imported VPC may be shared by another account, which CDK does not know; the "
        "ids of subnet and security group are exact, and EC2 gives each of them once.",
        statements=("CreateNetworkInterfaces",),
    ),
    wildcard(
        _EXECUTION_POLICY,
        "arn:…:logs:…:log-group:/aws/sagemaker/…:*",
        "The * stands for the log streams of the one log group that SageMaker writes to; they are "
        "called after instances, whose ids are not known before.",
        statements=("WriteLogs",),
    ),
    wildcard(
        _EXECUTION_POLICY,
        _PREFIX,
        "s3:GetObject below the one prefix that the request names as model data: the model is all "
        "objects there, and those of a multi-model endpoint change while it runs.",
        statements=("ReadModelData",),
    ),
    wildcard(
        _EXECUTION_POLICY,
        _PREFIX,
        "s3:PutObject below the one prefix that the request names for data capture: SageMaker "
        "calls the objects after the time of the request and a random id.",
        statements=("WriteCapturedData",),
    ),
    wildcard(
        _EXECUTION_POLICY,
        _PREFIX,
        "s3:GetObject below the one prefix that the request names as input: callers put objects of "
        "any name there while the endpoint or the schedule of the job runs.",
        statements=("ReadRequests",),
    ),
    wildcard(
        _EXECUTION_POLICY,
        _PREFIX,
        "s3:PutObject and s3:AbortMultipartUpload below the one prefix that the request names as "
        "output: SageMaker calls the objects after requests that are not known before.",
        statements=("WriteResults",),
    ),
    wildcard(
        "Policy of whoever starts batch transform jobs",
        "arn:…:sagemaker:…:transform-job/<prefix>-*",
        "A job's name can be used once, so that each run has a new one behind the prefix of this "
        "construct; sagemaker:CreateTransformJob is bound to its model by sagemaker:ModelArn.",
        statements=("StartJob", "TagJob", "FollowJob", "ReadTags"),
    ),
    wildcard(
        "Policy of the state machine's map",
        "arn:…:states:…:execution:<state machine>/*",
        "Step Functions calls the executions of a map's items after random ids; the * stands for "
        "executions of this one state machine.",
        statements=("FollowItems",),
    ),
)
"""Wildcards in the library's own statements, by statement id."""

STATE_MACHINE_WILDCARD = wildcard(
    "Policy of the state machine",
    "*",
    "The actions of X-Ray and of log delivery (xray:PutTraceSegments, logs:CreateLogDelivery and "
    "others) take no resource, and logs:DescribeLogGroups looks at all groups when the machine is "
    "made (Step Functions Developer Guide, concepts-xray-tracing and cw-logs). They read and write "
    "no log events.",
)

_NO_KEY = rules("SageMakerEndpointConfigurationKMSKeyConfigured", NIST, HIPAA, PCI)

NO_STORAGE_KEY = Acknowledgement(
    rules=_NO_KEY,
    resource="Endpoint config without encryption_key",
    reason="No encryption_key was passed: SageMaker encrypts the storage volumes with a transient "
    "key of its own (Developer Guide, encryption-at-rest). encryption_key puts a customer managed "
    "key in its place, which instances with local NVMe storage do not use.",
)

NO_IMAGE_KEY = Acknowledgement(
    rules=_NO_KEY,
    resource="Endpoint config of a serverless endpoint without encryption_key",
    reason="A serverless endpoint has no storage volumes of its own. No encryption_key was passed, "
    "which would encrypt SageMaker's copy of the image (Developer Guide, "
    "serverless-endpoints-create); no request or answer is in it.",
)

NO_COMPONENT_KEY = Acknowledgement(
    rules=_NO_KEY,
    resource="Endpoint config of inference components without encryption_key",
    reason="Without a key SageMaker encrypts the storage volumes with a transient one of its own "
    "(Developer Guide, encryption-at-rest). Whether encryption_key is used on component endpoints "
    "is not documented, so that the library warns whoever passes it.",
)

NO_ALARM_ACTION = Acknowledgement(
    rules=rules("CloudWatchAlarmAction", NIST, HIPAA),
    resource="Alarms without a topic",
    reason="Neither a topic nor actions for each severity were passed: the alarms show in "
    "CloudWatch and roll back the deployments that they guard, which needs no alarm action. "
    "alarms=Alarms(topic=…) sends them to people.",
)

AMONG_THEMSELVES = Acknowledgement(
    rules=rules("EC2RestrictedCommonPorts", NIST, HIPAA, PCI),
    resource="Security group of a job on several instances, the rule from itself",
    reason="The only source of the rule is the security group itself: instances of one batch "
    "transform job must reach each other on all ports (Developer Guide, batch-vpc); no address "
    "outside of the group is let in.",
)

NO_LOG_KEY = Acknowledgement(
    rules=rules("CloudWatchLogGroupEncrypted", NIST, HIPAA, PCI),
    resource="Log groups of what starts batch transform jobs",
    reason="CloudWatch Logs encrypts the group with a key of its own. It holds names, settings and "
    "states of transform jobs for a month, and nothing of the data that they score; executions of "
    "the state machine are logged without their data.",
)

COUNTING_RULE = Acknowledgement(
    rules=rules("EventBusDLQ", SERVERLESS),
    resource="Event rule that the alarm on failed jobs counts",
    reason="The rule has no target: the alarm reads its metric TriggeredRules, so that there is no "
    "event that could be lost and kept in a dead-letter queue.",
)

DEAD_LETTERS = Acknowledgement(
    rules=(f"{AWS_SOLUTIONS}-SQS3", f"{SERVERLESS}-SQSRedrivePolicy"),
    resource="Dead-letter queue of the schedules",
    reason="It is itself the dead-letter queue of the schedules in this construct: EventBridge "
    "Scheduler puts there what it could not start, for people to read, and nothing takes messages "
    "from it that could fail.",
)

_FUNCTIONS = "Functions of the custom resource"

FUNCTIONS = (
    Acknowledgement(
        rules=rules("LambdaInsideVPC", NIST, HIPAA, PCI),
        resource=_FUNCTIONS,
        reason="The function calls only the APIs of SageMaker, Lambda, Step Functions and "
        "CloudFormation, over TLS; it opens no port and reads nothing in a VPC, where it would "
        "need an endpoint for each of them during a deployment.",
    ),
    Acknowledgement(
        rules=rules("LambdaDLQ", SERVERLESS, NIST, HIPAA),
        resource=_FUNCTIONS,
        reason="A run that fails is answered to CloudFormation, which rolls the deployment back; "
        "an event that a dead-letter queue kept would be of a deployment that is over.",
    ),
    Acknowledgement(
        rules=rules("LambdaConcurrency", NIST, HIPAA),
        resource=_FUNCTIONS,
        reason="CloudFormation invokes it one at a time, during deployments only. A reserved "
        "concurrency would take from all other functions of the account, and cannot be deployed in "
        "accounts with the quota of new ones (Lambda Developer Guide, gettingstarted-limits).",
    ),
    Acknowledgement(
        rules=rules("LambdaTracing", SERVERLESS),
        resource=_FUNCTIONS,
        reason="It runs for seconds with a deployment, and CloudFormation's events and the "
        "function's log tell its story; tracing would add permissions on * to its role.",
    ),
)

PROVIDER = (
    *FUNCTIONS,
    Acknowledgement(
        rules=rules("LambdaDefaultMemorySize", SERVERLESS),
        resource="Functions of CDK's provider framework",
        reason="CDK sets no memory size for them and takes none; they pass events on, for which "
        "Lambda's default of 128 MB is enough.",
    ),
    Acknowledgement(
        rules=rules("IAMNoInlinePolicy", NIST, HIPAA, PCI),
        resource="Roles of CDK's provider framework",
        reason="CDK's provider framework makes these roles; each is for one function or state "
        "machine, and its inline policy is deleted with it and attached to nothing else.",
    ),
    Acknowledgement(
        rules=(f"{AWS_SOLUTIONS}-IAM4",),
        finding="Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
        resource="Roles of CDK's provider framework",
        reason="CDK's provider framework gives its functions AWS's policy for writing logs, which "
        "allows three actions of CloudWatch Logs and nothing else.",
    ),
    Acknowledgement(
        rules=(f"{AWS_SOLUTIONS}-SF1",),
        resource="State machine of CDK's provider framework",
        reason="It only repeats one invocation until the job has ended; the function that it "
        "invokes logs every answer, and CDK switches its own logging off because it needs "
        "permissions on *.",
    ),
    Acknowledgement(
        rules=(f"{AWS_SOLUTIONS}-SF2", f"{SERVERLESS}-StepFunctionStateMachineXray"),
        resource="State machine of CDK's provider framework",
        reason="CDK's provider framework has no argument for tracing; the machine has two states, "
        "runs during deployments only, and its executions are kept by Step Functions for 90 days.",
    ),
)

FUNCTION_VERSIONS = wildcard(
    "Roles of CDK's provider framework",
    "<function.Arn>:*",
    "lambda:InvokeFunction on the versions of the one function in this construct, which CDK's "
    "grant always includes; the function has no versions or aliases.",
)

ACKNOWLEDGEMENTS: tuple[Acknowledgement, ...] = (
    *IN_POLICIES,
    STATE_MACHINE_WILDCARD,
    NO_STORAGE_KEY,
    NO_IMAGE_KEY,
    NO_COMPONENT_KEY,
    NO_ALARM_ACTION,
    AMONG_THEMSELVES,
    NO_LOG_KEY,
    COUNTING_RULE,
    DEAD_LETTERS,
    *PROVIDER,
    FUNCTION_VERSIONS,
    *IN_DEPLOYER_POLICIES.values(),
)
"""All that the library acknowledges."""
