"""What the stacks are made of beside endpoints, in the form that the rule packs ask for."""

from typing import cast

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

COMPLIANCE_PACKS = ("NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321")

OLD_VERSIONS_KEPT = Duration.days(30)


def acknowledge(construct: Construct, reason: str, *rules: str) -> None:
    """Tell the rule packs why what they report of a construct is right.

    :param rules: their ids; those without a pack's name are of all compliance packs.
    """
    for rule in rules:
        ids = [rule] if "-" in rule else [f"{pack}-{rule}" for pack in COMPLIANCE_PACKS]
        Validations.of(construct).acknowledge(
            *(Acknowledgment(id=identifier, reason=reason) for identifier in ids)
        )


def encryption_key(scope: Construct, description: str) -> kms.Key:
    """Make a key that outlives the stack, as what it encrypts does."""
    return kms.Key(
        scope,
        "Key",
        description=description,
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN,
    )


def operations_topic(scope: Construct, key: kms.Key, *services: str) -> sns.Topic:
    """Make a topic that alarms publish to.

    :param services: more services that do and that CDK lets in.
    """
    topic = sns.Topic(
        scope,
        "Operations",
        enforce_ssl=True,
        # jsii's types name a parameter otherwise in Key than in the protocol.
        master_key=cast(kms.IKey, key),
    )
    alarms = iam.ServicePrincipal("cloudwatch.amazonaws.com")
    publishers = [cast(iam.IPrincipal, iam.ServicePrincipal(service)) for service in services]
    # A topic with a policy, as TLS needs one, lets in only whom it names.
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["sns:Publish"],
            principals=[cast(iam.IPrincipal, alarms)],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
        )
    )
    # Whoever publishes uses the key (SNS Developer Guide, sns-key-management).
    key.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            principals=[cast(iam.IPrincipal, alarms), *publishers],
            resources=["*"],  # the key that the policy is of
        )
    )
    return topic


def dead_letter_queue(scope: Construct, construct_id: str) -> sqs.Queue:
    """Make a queue for what could not be delivered."""
    queue = sqs.Queue(
        scope,
        construct_id,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(14),
    )
    acknowledge(
        queue,
        "It is itself the dead-letter queue of an event rule, of which the rule packs see only "
        "those of queues and functions.",
        "AwsSolutions-SQS3",
        "Serverless-SQSRedrivePolicy",
    )
    return queue


def files_bucket(
    scope: Construct,
    construct_id: str,
    *,
    key: kms.Key,
    access_logs: s3.IBucket,
    keep: Duration | None = None,
) -> s3.Bucket:
    """Make a private bucket that outlives the stack.

    :param access_logs: bucket that its access logs go to.
    :param keep: time after which its objects are deleted. Default: never.
    """
    bucket = s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        bucket_key_enabled=True,
        encryption=s3.BucketEncryption.KMS,
        # jsii's types name a parameter otherwise in Key than in the protocol.
        encryption_key=cast(kms.IKey, key),
        enforce_ssl=True,
        lifecycle_rules=[
            s3.LifecycleRule(expiration=keep, noncurrent_version_expiration=OLD_VERSIONS_KEPT)
        ],
        removal_policy=RemovalPolicy.RETAIN,
        server_access_logs_bucket=access_logs,
        server_access_logs_prefix=f"{Stack.of(scope).stack_name}/",
        versioned=True,
    )
    acknowledge(
        bucket,
        "Models and scores can be made again from the data that they were made of, which is kept "
        "elsewhere; versions protect them from being overwritten or deleted by mistake.",
        "S3BucketReplicationEnabled",
    )
    return bucket


def logs_bucket(scope: Construct, construct_id: str) -> s3.Bucket:
    """Make a bucket for access logs and flow logs, kept for a year."""
    bucket = s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        lifecycle_rules=[
            s3.LifecycleRule(
                expiration=Duration.days(365), noncurrent_version_expiration=OLD_VERSIONS_KEPT
            )
        ],
        removal_policy=RemovalPolicy.RETAIN,
        versioned=True,
    )
    acknowledge(
        bucket,
        "It holds the access logs of the other buckets; logging access to itself would log each "
        "delivery of a log, without end.",
        "S3BucketLoggingEnabled",
        "AwsSolutions-S1",
    )
    acknowledge(
        bucket,
        "S3 delivers access logs only to buckets whose default encryption is SSE-S3 (S3 User "
        "Guide, ServerLogs).",
        "S3DefaultEncryptionKMS",
    )
    acknowledge(
        bucket,
        "Logs of a reference app are read where they are written; whoever must keep them in a "
        "second Region adds the replication with a bucket there.",
        "S3BucketReplicationEnabled",
    )
    return bucket
