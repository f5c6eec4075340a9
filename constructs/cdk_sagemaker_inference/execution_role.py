"""The execution role: one statement per need of a request; no need, no statement."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from aws_cdk import aws_iam as iam
from constructs import Construct

from .acknowledging import acknowledge_wildcards, wildcards
from .environment import StackEnvironment
from .model import BoundModel
from .model_data import BucketListing
from .network import BoundNetwork
from .storage import BoundPrefix

MAX_POLICY_LENGTH = 6144
"""Characters of a managed policy (IAM quotas)."""

PSEUDO_PARAMETER_LENGTH = 14
"""A long name of a Region, such as ``ap-northeast-1``; an account's number has 12 digits."""

TOKEN_LENGTH = 100
"""An ARN with a long name in it."""

_PSEUDO_PARAMETER = re.compile(r"\$\{Token\[AWS\.[^]]*\]\}")
_EMPTY_POLICY = '{"Statement":[],"Version":"2012-10-17"}'
_TOKEN = re.compile(r"\$\{Token\[[^]]*\]\}")


@dataclass(frozen=True, kw_only=True)
class ModelNeeds:
    """What models are made of.

    :param object_arns: S3 objects that are read.
    :param listings: what of buckets is listed.
    :param decrypt_key_arns: KMS keys of those objects.
    :param repository_arns: ECR repositories that images are pulled from.
    :param function_arns: Lambda functions that hand out registry credentials.
    """

    object_arns: Sequence[str] = ()
    listings: Sequence[BucketListing] = ()
    decrypt_key_arns: Sequence[str] = ()
    repository_arns: Sequence[str] = ()
    function_arns: Sequence[str] = ()

    @classmethod
    def of(cls, models: Iterable[BoundModel]) -> "ModelNeeds":
        """What these models need."""
        models = list(models)
        artifacts = [artifact for model in models for artifact in model.all_artifacts]
        providers = [
            container.image.credentials_provider_arn
            for model in models
            for container in model.containers
        ]
        return cls(
            object_arns=[artifact.object_arn for artifact in artifacts],
            listings=[artifact.listing for artifact in artifacts if artifact.listing is not None],
            decrypt_key_arns=[key for artifact in artifacts for key in artifact.key_arns],
            repository_arns=[arn for model in models for arn in model.all_repository_arns],
            function_arns=[provider for provider in providers if provider is not None],
        )


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """What requests and answers go through S3, and who hears of it.

    :param read: prefixes that requests are read below.
    :param written: prefixes that answers are written below.
    :param object_arns: objects that are read beside.
    :param object_key_arns: KMS keys of those objects.
    :param listings: what of buckets is listed.
    :param topic_arns: topics that are published to.
    :param topic_key_arns: customer managed KMS keys of those topics.
    """

    read: Sequence[BoundPrefix]
    written: Sequence[BoundPrefix]
    object_arns: Sequence[str] = ()
    object_key_arns: Sequence[str] = ()
    listings: Sequence[BucketListing] = ()
    topic_arns: Sequence[str] = ()
    topic_key_arns: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What the service does for one endpoint under the endpoint's role.

    :param log_group: log group that the containers' output goes to.
    :param metric_namespaces: CloudWatch namespace of the instances' metrics.
    :param models: what the models are made of.
    :param exchange: where requests and answers are, if they go through S3.
    :param volume_key_arn: KMS key of the instances' volumes.
    :param write_object_arns: S3 objects that are written.
    :param encrypt_key_arns: KMS keys that those objects are encrypted with.
    :param alarm_arns: alarms that deployments look at.
    :param network: subnets and security groups, if the endpoint is in a VPC.
    """

    log_group: str
    metric_namespaces: str | list[str]
    models: ModelNeeds
    exchange: Exchange | None = None
    volume_key_arn: str | None = None
    write_object_arns: Sequence[str] = ()
    encrypt_key_arns: Sequence[str] = ()
    alarm_arns: Sequence[str] = ()
    network: BoundNetwork | None = None


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))


def _allow(
    sid: str,
    actions: Sequence[str],
    resources: Iterable[str],
    conditions: dict[str, Any] | None = None,
) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": _unique(resources),
    }
    if conditions is not None:
        statement["Condition"] = conditions
    return statement


def policy_statements(needs: Needs, environment: StackEnvironment) -> list[dict[str, Any]]:
    """Say the needs as IAM statements.

    Sources: Developer Guide, sagemaker-roles (S3, ECR, KMS), host-vpc (EC2) and
    deployment-guardrails-configuration (alarms); Service
    Authorization Reference for which resources each action takes.
    """
    log_group = environment.arn("logs", f"log-group:{needs.log_group}")
    statements = [
        _write_logs(log_group),
        _allow(
            "PublishMetrics",
            ["cloudwatch:PutMetricData"],
            ["*"],  # the action takes no resource; the namespace narrows it
            {"StringEquals": {"cloudwatch:namespace": needs.metric_namespaces}},
        ),
    ]
    statements += model_statements(needs.models)
    if needs.volume_key_arn is not None:
        statements.append(
            _allow("UseVolumeKey", ["kms:CreateGrant", "kms:DescribeKey"], [needs.volume_key_arn])
        )
    if needs.exchange is not None:
        statements += exchange_statements(needs.exchange)
    if needs.write_object_arns:
        statements.append(_allow("WriteCapturedData", ["s3:PutObject"], needs.write_object_arns))
    if needs.encrypt_key_arns:
        statements.append(
            _allow("EncryptCapturedData", ["kms:GenerateDataKey"], needs.encrypt_key_arns)
        )
    if needs.alarm_arns:
        statements.append(_watch_alarms(needs.alarm_arns))
    if needs.network is not None:
        statements += _network_statements(needs.network, environment)
    return statements


def model_statements(needs: ModelNeeds) -> list[dict[str, Any]]:
    """Say what models need as IAM statements."""
    statements = []
    if needs.object_arns:
        statements.append(_allow("ReadModelData", ["s3:GetObject"], needs.object_arns))
    statements += _listing_statements("ListModelData", needs.listings)
    if needs.decrypt_key_arns:
        statements.append(_allow("DecryptModelData", ["kms:Decrypt"], needs.decrypt_key_arns))
    if needs.repository_arns:
        statements += [
            _allow(
                "PullImage",
                [
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ],
                needs.repository_arns,
            ),
            # The action takes no resource.
            _allow("LogInToRegistry", ["ecr:GetAuthorizationToken"], ["*"]),
        ]
    if needs.function_arns:
        statements.append(
            _allow("GetRegistryCredentials", ["lambda:InvokeFunction"], needs.function_arns)
        )
    return statements


def without_ids(statements: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Let statements stand in a policy several times, in which ids must be unique."""
    return [{key: value for key, value in item.items() if key != "Sid"} for item in statements]


def component_statements(
    needs: ModelNeeds,
    environment: StackEnvironment,
    *,
    component_name: str,
    alarm_names: Sequence[str],
) -> list[dict[str, Any]]:
    """Say what one inference component needs beside the others.

    Its containers write to a log group of its own.
    """
    log_group = environment.arn(
        "logs", f"log-group:/aws/sagemaker/InferenceComponents/{component_name}"
    )
    statements = [_write_logs(log_group), *model_statements(needs)]
    if alarm_names:
        statements.append(
            _watch_alarms([environment.arn("cloudwatch", f"alarm:{name}") for name in alarm_names])
        )
    return statements


def _write_logs(log_group: str) -> dict[str, Any]:
    return _allow(
        "WriteLogs",
        [
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ],
        # Not <name>*, which would open the groups of endpoints whose names begin alike.
        [log_group, f"{log_group}:*"],
    )


def _watch_alarms(alarm_arns: Sequence[str]) -> dict[str, Any]:
    return _allow("WatchDeploymentAlarms", ["cloudwatch:DescribeAlarms"], alarm_arns)


def exchange_statements(exchange: Exchange) -> list[dict[str, Any]]:
    """Say what requests and answers in S3 need as IAM statements.

    Source: Developer Guide, async-inference-create-endpoint-prerequisites; for batch transform
    inferred from it.
    """
    decrypt = [
        *(key for prefix in exchange.read for key in prefix.key_arns),
        *exchange.object_key_arns,
    ]
    encrypt = [key for prefix in exchange.written for key in prefix.key_arns]
    statements = [
        _allow(
            "ReadRequests",
            ["s3:GetObject"],
            [*(prefix.object_arns for prefix in exchange.read), *exchange.object_arns],
        ),
        _allow(
            "WriteResults",
            ["s3:AbortMultipartUpload", "s3:PutObject"],
            [prefix.object_arns for prefix in exchange.written],
        ),
        *_listing_statements("ListRequests", exchange.listings),
    ]
    if decrypt:
        statements.append(_allow("DecryptRequests", ["kms:Decrypt"], decrypt))
    if encrypt:
        # An upload in parts is decrypted to be put together.
        statements.append(_allow("EncryptResults", ["kms:Decrypt", "kms:GenerateDataKey"], encrypt))
    if exchange.topic_arns:
        statements.append(_allow("PublishNotifications", ["sns:Publish"], exchange.topic_arns))
    if exchange.topic_key_arns:
        statements.append(
            _allow(
                "EncryptNotifications",
                ["kms:Decrypt", "kms:GenerateDataKey"],
                exchange.topic_key_arns,
            )
        )
    return statements


def _listing_statements(sid: str, listings: Iterable[BucketListing]) -> list[dict[str, Any]]:
    by_bucket: dict[str, list[str]] = {}
    for listing in listings:
        by_bucket.setdefault(listing.bucket_arn, []).append(f"{listing.prefix}*")
    return [
        _allow(
            f"{sid}{index or ''}",
            ["s3:ListBucket"],
            [bucket_arn],
            {"StringLike": {"s3:prefix": _unique(prefixes)}},
        )
        for index, (bucket_arn, prefixes) in enumerate(by_bucket.items())
    ]


def _network_statements(
    network: BoundNetwork, environment: StackEnvironment
) -> list[dict[str, Any]]:
    interfaces = environment.arn("ec2", "network-interface/*")

    def owned(resource: str, account: str) -> str:
        return environment.arn("ec2", resource, account=account)

    return [
        _allow(
            "CreateNetworkInterfaces",
            ["ec2:CreateNetworkInterface"],
            [
                interfaces,
                *(
                    owned(f"subnet/{subnet}", network.subnet_account)
                    for subnet in network.subnet_ids
                ),
                *(
                    owned(f"security-group/{group}", network.group_account)
                    for group in network.security_group_ids
                ),
            ],
        ),
        _allow(
            "ManageNetworkInterfaces",
            [
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
            ],
            [interfaces],
        ),
        _allow(
            "DescribeNetwork",
            [
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcEndpoints",
                "ec2:DescribeVpcs",
            ],
            ["*"],  # EC2's Describe actions take no resource
        ),
    ]


@cache
def sagemaker_principal(environment: StackEnvironment) -> iam.IPrincipal:
    """SageMaker on behalf of this account only.

    A narrower ``aws:SourceArn`` than the whole account's breaks endpoints (Developer Guide,
    security-confused-deputy-prevention).
    """
    principal = iam.ServicePrincipal(
        "sagemaker.amazonaws.com",
        conditions={
            "StringEquals": {"aws:SourceAccount": environment.account},
            "ArnLike": {"aws:SourceArn": environment.arn("sagemaker", "*")},
        },
    )
    # jsii's types name a parameter otherwise than the protocol does.
    return cast(iam.IPrincipal, principal)


class ExecutionRole(iam.Role):
    """A role whose permissions, also those of later grants, are in customer managed policies.

    CDK's own role puts grants into an inline policy, which rule packs such as NIST 800-53 refuse.
    """

    policy: iam.ManagedPolicy
    grants_policy: iam.ManagedPolicy | None

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        description: str,
        assumed_by: iam.IPrincipal,
    ) -> None:
        """Make the role; :meth:`attach` gives it its policy."""
        super().__init__(scope, construct_id, assumed_by=assumed_by, description=description)
        self.grants_policy = None
        self._acknowledged: set[str] = set()

    def attach(self, policy: iam.ManagedPolicy) -> None:
        """Let this policy take the grants to come."""
        self.policy = policy

    def keep_apart(self, resources: Iterable[str]) -> None:
        """Keep grants of these resources out of the policy, where they are acknowledged.

        They would not be found there.
        """
        self._acknowledged.update(resources)

    def add_to_principal_policy(
        self, statement: iam.PolicyStatement
    ) -> iam.AddToPrincipalPolicyResult:
        """Add a grant's statement to a customer managed policy."""
        policy = self.policy
        if not self._acknowledged.isdisjoint(statement.resources):
            policy = self._grants()
        policy.add_statements(statement)
        return iam.AddToPrincipalPolicyResult(statement_added=True, policy_dependable=policy)

    def _grants(self) -> iam.ManagedPolicy:
        if self.grants_policy is None:
            # jsii's types name a parameter otherwise in Role than in the protocol.
            role = cast(iam.IRole, self)
            self.grants_policy = emit_policy(
                self, "Grants", role=role, statements=[], minimize=True
            )
            # What waits for the one waits for both.
            self.policy.node.add_dependency(self.grants_policy)
        return self.grants_policy


def policy_length(statements: Iterable[Mapping[str, Any]]) -> int:
    """How many characters a policy of these statements has once those of equal actions are merged.

    What a token becomes is not known, and is taken to be long.
    """
    resources: dict[str, dict[str, None]] = {}
    for statement in statements:
        rest = {key: value for key, value in statement.items() if key != "Resource"}
        arns = statement.get("Resource", [])
        resources.setdefault(json.dumps(rest, sort_keys=True), {}).update(
            dict.fromkeys([arns] if isinstance(arns, str) else arns)
        )
    # IAM does not count white space (IAM quotas).
    text = ",".join(
        json.dumps({**json.loads(rest), "Resource": list(arns)}, separators=(",", ":"))
        for rest, arns in resources.items()
    )
    text = _PSEUDO_PARAMETER.sub("x" * PSEUDO_PARAMETER_LENGTH, text)
    return len(_TOKEN.sub("x" * TOKEN_LENGTH, text)) + len(_EMPTY_POLICY)


def emit_policy(
    scope: Construct,
    construct_id: str,
    *,
    role: iam.IRole,
    statements: Sequence[dict[str, Any]],
    minimize: bool = False,
) -> iam.ManagedPolicy:
    """Emit the statements as one customer managed policy of the role.

    :param minimize: merge statements of the same actions, whatever the app's feature flags say: a
        managed policy may have 6144 characters (IAM quotas).
    """
    if minimize:
        made = [iam.PolicyStatement.from_json(statement) for statement in statements]
        document = iam.PolicyDocument(statements=made, minimize=True)
    else:
        # One call for all statements.
        document = iam.PolicyDocument.from_json({"Statement": statements})
    return iam.ManagedPolicy(scope, construct_id, document=document, roles=[role])


def emit_role(
    scope: Construct,
    *,
    given: "iam.IRole | iam.Role | None",
    attach_policy: bool,
    description: str,
    environment: StackEnvironment,
    needs: Needs,
    minimize: bool = False,
) -> tuple[iam.IRole, iam.ManagedPolicy | None]:
    """Emit a role, unless the user has given one, and its policy, unless it is to have none.

    :param minimize: others will add statements of the same actions to the policy.
    """
    own = None
    if given is None:
        own = ExecutionRole(
            scope, "Role", description=description, assumed_by=sagemaker_principal(environment)
        )
    # jsii's types name a parameter otherwise in Role than in the protocol.
    role = cast(iam.IRole, given if own is None else own)
    if not attach_policy:
        return role, None
    statements = policy_statements(needs, environment)
    policy = emit_policy(scope, "Policy", role=role, statements=statements, minimize=minimize)
    if own is not None:
        own.attach(policy)
    acknowledge_statements(policy, role, environment, statements)
    return role, policy


def acknowledge_statements(
    policy: iam.ManagedPolicy,
    role: iam.IRole,
    environment: StackEnvironment,
    statements: Sequence[Mapping[str, Any]],
) -> None:
    """Tell rule packs why the wildcards of the library's own statements are right."""
    acknowledge_wildcards(policy, environment, statements)
    if isinstance(role, ExecutionRole):
        role.keep_apart(wildcards(statements))
