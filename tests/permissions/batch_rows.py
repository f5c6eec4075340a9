"""What the roles around batch transform jobs do, and what they may not.

Sources: Service Authorization Reference; Step Functions Developer Guide, connect-sagemaker and
iam-policies-eg-dist-map; SQS Developer Guide, sqs-key-management.
"""

from permissions.common import (
    ENDPOINT_LOGS,
    JOB_LOGS,
    LOGS,
    NAMESPACE,
    NETWORK,
    OTHER_IMAGES,
    PULL_IMAGE,
    ROLE,
)
from permissions.rows import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, Row, Rows, arn

PREFIX = "rc-project-a-fraud-transform"
JOB = arn("sagemaker", f"transform-job/{PREFIX}-0123abcd")
MODEL = arn("sagemaker", "model/<JobModel>")
MODEL_ARN = "sagemaker:ModelArn"
JOB_OF_OTHERS = {
    "a prefix that begins alike": arn("sagemaker", f"transform-job/{PREFIX}ed-1"),
    "the prefix alone": arn("sagemaker", f"transform-job/{PREFIX}"),
    "another model's": arn("sagemaker", "transform-job/rc-project-a-churn-transform-1"),
    "a longer prefix": arn("sagemaker", f"transform-job/x-{PREFIX}-1"),
    "upper case": arn("sagemaker", f"transform-job/{PREFIX.upper()}-1"),
    "another account's": arn("sagemaker", f"transform-job/{PREFIX}-1", account=OTHER_ACCOUNT),
    "another Region's": arn("sagemaker", f"transform-job/{PREFIX}-1", region=OTHER_REGION),
}
RULE = arn("events", "rule/StepFunctionsGetEventsForSageMakerTransformJobsRule")
ALERTS, DEAD_LETTERS = arn("sqs", "alerts"), arn("sqs", "JobSchedulesDeadLetters")
MACHINE, WAITER = (
    arn("states", f"stateMachine:{name}")
    for name in ("JobOnDemand", "JobAtDeploymentProviderwaiterstatemachine")
)
EXECUTION = arn("states", "execution:JobOnDemand")
FUNCTION_LOGS = arn("logs", "log-group:JobAtDeploymentLogGroup")
MACHINE_LOGS = arn("logs", f"log-group:/aws/vendedlogs/states/{PREFIX}")
METRICS = {NAMESPACE: "/aws/sagemaker/TransformJobs"}
FILES, GIVEN, WRITTEN, CAPTURED, VOLUME, QUEUE, FOREIGN = (
    arn("kms", f"key/{number}0000000-1111-1111-1111-111111111111") for number in range(1, 8)
)
CLAIM = "arn:aws:s3:::files/claims/2026/1.csv"
ARTIFACT = "arn:aws:s3:::others/models/3/model.tar.gz"
SCORE = "arn:aws:s3:::others/scores/1.csv.out"
CAPTURE = "arn:aws:s3:::others/captured/1.jsonl"


def start(model: str = MODEL, note: str = "", *, job: str = JOB) -> Row:
    return Row("sagemaker:CreateTransformJob", job, note, {MODEL_ARN: model})


STARTS = [start(), Row("sagemaker:AddTags", JOB, "CreateTransformJob with tags needs it")]
FOLLOWS = [Row("sagemaker:DescribeTransformJob", JOB), Row("sagemaker:StopTransformJob", JOB)]
# What a starter may not do, whatever it is.
STARTS_NOTHING_ELSE = [
    start(f"{MODEL}-2", "a model whose name begins alike"),
    start(MODEL.replace(ACCOUNT, OTHER_ACCOUNT), "another account's model"),
    start(arn("sagemaker", "model/<JobModel>", region=OTHER_REGION), "another Region's model"),
    start(arn("sagemaker", "model/churn"), "another model"),
    start("*", "any model"),
    Row("sagemaker:CreateTransformJob", JOB, "a model that is not said"),
    *(
        Row(f"sagemaker:{action}", job, note, {MODEL_ARN: MODEL})
        for note, job in JOB_OF_OTHERS.items()
        for action in (
            "CreateTransformJob",
            "AddTags",
            "DescribeTransformJob",
            "StopTransformJob",
            "ListTags",
        )
    ),
    Row("sagemaker:AddTags", arn("sagemaker", f"training-job/{PREFIX}-1"), "no transform job"),
    Row("sagemaker:ListTags", arn("sagemaker", f"endpoint/{PREFIX}-1"), "no transform job"),
    *(Row(f"sagemaker:{action}", MODEL) for action in ("DeleteModel", "DescribeModel", "AddTags")),
    Row("iam:PassRole", f"{ROLE}JobRole", "no call takes a role"),
    Row("iam:PassRole", f"{ROLE}Admin"),
    Row("sts:AssumeRole", f"{ROLE}JobRole"),
    Row("sagemaker:CreateModel", arn("sagemaker", "model/new")),
    Row("sagemaker:CreateTrainingJob", arn("sagemaker", "training-job/new")),
    Row("sagemaker:CreateEndpoint", arn("sagemaker", "endpoint/new")),
    Row("sagemaker:InvokeEndpoint", arn("sagemaker", "endpoint/fraud")),
    Row("sagemaker:ListTransformJobs"),
    Row("sagemaker:DeleteTags", JOB),
    Row("s3:GetObject", CLAIM, "the model reads"),
    Row("s3:PutObject", SCORE, "the model writes"),
    Row("s3:DeleteObject", SCORE),
    Row("kms:Decrypt", FILES),
    Row("kms:CreateGrant", VOLUME),
    Row("sns:Publish", arn("sns", "alerts")),
    Row("lambda:InvokeFunction", arn("lambda", "function:any")),
    Row("logs:CreateLogGroup", f"{LOGS}any"),
    Row("logs:PutLogEvents", f"{LOGS}any:log-stream:any"),
    Row("events:DeleteRule", RULE),
    Row("events:RemoveTargets", RULE),
    Row("ecr:GetAuthorizationToken"),
]

LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
OF_THE_FUNCTION = [*STARTS, *FOLLOWS, *(Row(each, f"{FUNCTION_LOGS}:log-stream:1") for each in LOG)]
NOT_OF_THE_FUNCTION = [
    *STARTS_NOTHING_ELSE,
    *(Row(each, f"{FUNCTION_LOGS}-2:log-stream:1", "begins alike") for each in LOG),
    *(Row(each, f"{MACHINE_LOGS}:log-stream:1", "the machine's") for each in LOG),
    *(Row(each, f"{JOB_LOGS}:log-stream:1", "the containers'") for each in LOG),
    Row("logs:CreateLogGroup", FUNCTION_LOGS),
    Row("logs:DeleteLogGroup", FUNCTION_LOGS),
    Row("logs:GetLogEvents", f"{FUNCTION_LOGS}:log-stream:1"),
    Row("sqs:SendMessage", DEAD_LETTERS),
    Row("events:PutRule", RULE),
    Row("states:StartExecution", MACHINE),
]

OF_THE_SCHEDULER = [
    *STARTS,
    Row("sqs:SendMessage", DEAD_LETTERS),
    Row("sqs:SendMessage", ALERTS),
    # SQS Developer Guide, sqs-key-management.
    Row("kms:Decrypt", QUEUE),
    Row("kms:GenerateDataKey", QUEUE),
]
NOT_OF_THE_SCHEDULER = [
    *STARTS_NOTHING_ELSE,
    *(Row(row.action, row.resource, "it starts and forgets") for row in FOLLOWS),
    *(
        Row(f"sqs:{action}", queue)
        for action in ("ReceiveMessage", "DeleteMessage", "PurgeQueue", "SetQueueAttributes")
        for queue in (DEAD_LETTERS, ALERTS)
    ),
    Row("sqs:SendMessage", f"{ALERTS}-2", "a queue whose name begins alike"),
    Row("sqs:SendMessage", ALERTS.replace(ACCOUNT, OTHER_ACCOUNT), "another account's"),
    Row("sqs:SendMessage", DEAD_LETTERS, "without TLS", {"aws:SecureTransport": "false"}),
    Row("kms:Decrypt", FOREIGN),
    Row("kms:GenerateDataKey", FOREIGN),
    Row("kms:CreateGrant", QUEUE),
    Row("events:PutRule", RULE),
    Row("states:StartExecution", MACHINE),
]

OF_THE_MACHINE = [
    *STARTS,
    *FOLLOWS,
    # Step Functions Developer Guide, connect-sagemaker and iam-policies-eg-dist-map.
    Row("sagemaker:ListTags", JOB),
    *(Row(f"events:{action}", RULE) for action in ("DescribeRule", "PutRule", "PutTargets")),
    Row("states:StartExecution", MACHINE),
    *(
        Row(f"states:{action}", f"{EXECUTION}{rest}")
        for action in ("DescribeExecution", "StopExecution")
        for rest in ("/Label:0a1b", ":0a1b")
    ),
]
NOT_OF_THE_MACHINE = [
    *STARTS_NOTHING_ELSE,
    *(
        Row(f"events:{action}", other, "another rule")
        for action in ("DescribeRule", "PutRule", "PutTargets")
        for other in (
            arn("events", "rule/any"),
            RULE.replace("Transform", "Training"),
            RULE.replace(ACCOUNT, OTHER_ACCOUNT),
        )
    ),
    Row("states:StartExecution", f"{MACHINE}-2", "a machine whose name begins alike"),
    Row("states:StartExecution", MACHINE[:-1], "a machine whose name is shorter"),
    *(
        Row(f"states:{action}", f"{EXECUTION}-2{rest}", "another machine's")
        for action in ("DescribeExecution", "StopExecution")
        for rest in ("/Label:0a1b", ":0a1b")
    ),
    Row("states:UpdateStateMachine", MACHINE),
    Row("states:DeleteStateMachine", MACHINE),
    Row("sqs:SendMessage", DEAD_LETTERS),
]

OF_THE_MODEL = [
    *PULL_IMAGE,
    Row("s3:GetObject", ARTIFACT),
    Row("s3:GetObject", CLAIM),
    Row("s3:ListBucket", "arn:aws:s3:::files", "", {"s3:prefix": "claims/"}),
    Row("s3:PutObject", SCORE),
    Row("s3:AbortMultipartUpload", SCORE),
    Row("s3:PutObject", CAPTURE),
    Row("kms:Decrypt", FILES),
    Row("kms:Decrypt", GIVEN),
    Row("kms:GenerateDataKey", WRITTEN),
    Row("kms:Decrypt", WRITTEN, "parts of an upload are put together"),
    Row("kms:GenerateDataKey", CAPTURED),
    Row("kms:CreateGrant", VOLUME),
    Row("kms:DescribeKey", VOLUME),
    Row("logs:CreateLogGroup", JOB_LOGS),
    Row("logs:CreateLogStream", f"{JOB_LOGS}:log-stream:{PREFIX}-1/i-1"),
    Row("logs:PutLogEvents", f"{JOB_LOGS}:log-stream:{PREFIX}-1/i-1"),
    Row("cloudwatch:PutMetricData", "*", "", METRICS),
]
NOT_OF_THE_MODEL = [
    *OTHER_IMAGES,
    *NETWORK,
    Row("s3:GetObject", "arn:aws:s3:::files/claims-secret/1.csv", "a sibling prefix"),
    Row("s3:GetObject", "arn:aws:s3:::files/other/claims/1.csv", "a longer prefix"),
    Row("s3:GetObject", "arn:aws:s3:::files-2/claims/1.csv", "another bucket"),
    Row("s3:GetObject", "arn:aws:s3:::others/models/4/model.tar.gz", "another artifact"),
    Row("s3:GetObject", SCORE, "reading scores"),
    Row("s3:GetObject", CAPTURE, "reading what was captured"),
    Row("s3:GetObjectVersion", CLAIM),
    Row("s3:PutObject", CLAIM),
    Row("s3:PutObject", ARTIFACT),
    Row("s3:PutObject", "arn:aws:s3:::others/scores-2/1.csv.out", "a sibling prefix"),
    Row("s3:PutObject", "arn:aws:s3:::others/captured-2/1.jsonl", "a sibling prefix"),
    Row("s3:PutObject", "arn:aws:s3:::files/scores/1.csv.out", "another bucket"),
    Row("s3:PutObjectAcl", SCORE),
    Row("s3:DeleteObject", CLAIM),
    Row("s3:DeleteObject", SCORE),
    Row("s3:ListBucket", "arn:aws:s3:::files", "the whole bucket"),
    Row("s3:ListBucket", "arn:aws:s3:::files", "the whole bucket", {"s3:prefix": ""}),
    Row("s3:ListBucket", "arn:aws:s3:::files", "a sibling", {"s3:prefix": "claims-secret/"}),
    Row("s3:ListBucket", "arn:aws:s3:::others", "another bucket", {"s3:prefix": "claims/"}),
    Row("kms:Decrypt", FOREIGN),
    Row("kms:Decrypt", VOLUME),
    Row("kms:GenerateDataKey", GIVEN),
    Row("kms:GenerateDataKey", FILES),
    Row("kms:CreateGrant", WRITTEN),
    Row("kms:ScheduleKeyDeletion", WRITTEN),
    Row("logs:PutLogEvents", f"{JOB_LOGS}-2:log-stream:1", "a log group that begins alike"),
    Row("logs:PutLogEvents", f"{ENDPOINT_LOGS}:log-stream:1", "an endpoint's log group"),
    Row("logs:DeleteLogGroup", JOB_LOGS),
    Row("cloudwatch:PutMetricData", "*", "metrics of requests", {NAMESPACE: "AWS/SageMaker"}),
    Row("cloudwatch:PutMetricData", "*", "no namespace"),
    Row("iam:PassRole", f"{ROLE}JobRole"),
    start(note="the model starts no job"),
    Row("sagemaker:StopTransformJob", JOB),
    Row("sagemaker:AddTags", JOB),
    Row("sagemaker:DeleteModel", arn("sagemaker", "model/any")),
    Row("sns:Publish", arn("sns", "alerts")),
    Row("sqs:SendMessage", ALERTS),
    Row("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:any")),
    Row("states:StartExecution", arn("states", "stateMachine:any")),
]

ASKS: Rows = {
    "caller": [
        Row("states:StartExecution", MACHINE),
        Row("s3:GetObject", SCORE),
        Row("kms:Decrypt", WRITTEN),
    ]
}
ASKS_NOTHING_ELSE: Rows = {
    "caller": [
        Row("states:StartExecution", WAITER, "what waits for a deployment's job"),
        Row("states:StopExecution", f"{EXECUTION}:0a1b"),
        Row("states:UpdateStateMachine", MACHINE),
        Row("s3:GetObject", CLAIM),
        Row("s3:GetObject", CAPTURE),
        Row("s3:GetObject", "arn:aws:s3:::others/scores-2/1.csv.out", "a sibling prefix"),
        Row("s3:PutObject", SCORE),
        Row("s3:DeleteObject", SCORE),
        Row("kms:GenerateDataKey", WRITTEN),
        Row("kms:Decrypt", FILES),
        start(note="only the machine starts jobs"),
        Row("sagemaker:StopTransformJob", JOB),
        Row("iam:PassRole", f"{ROLE}JobOnDemandRole"),
    ]
}
