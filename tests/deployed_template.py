"""A template as if it were deployed: what its references become, and who may do what."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from policy_evaluation import NO_POLICIES, Call, Policies, Statement, account_of, decide

_HASH = re.compile(r"[0-9A-F]{8}$")

_ARNS: Mapping[str, tuple[str, str, str]] = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "alarm:{}", "AlarmName"),
    "AWS::ECR::Repository": ("ecr", "repository/{}", "RepositoryName"),
    "AWS::Events::Rule": ("events", "rule/{}", "Name"),
    "AWS::IAM::Role": ("iam", "role/{}", "RoleName"),
    "AWS::KMS::Key": ("kms", "key/{}", ""),
    "AWS::Lambda::Function": ("lambda", "function:{}", "FunctionName"),
    "AWS::Logs::LogGroup": ("logs", "log-group:{}:*", "LogGroupName"),
    "AWS::S3::Bucket": ("s3", "{}", "BucketName"),
    "AWS::SageMaker::Endpoint": ("sagemaker", "endpoint/{}", "EndpointName"),
    "AWS::SageMaker::InferenceComponent": (
        "sagemaker",
        "inference-component/{}",
        "InferenceComponentName",
    ),
    "AWS::SageMaker::Model": ("sagemaker", "model/{}", "ModelName"),
    "AWS::SageMaker::ModelPackageGroup": (
        "sagemaker",
        "model-package-group/{}",
        "ModelPackageGroupName",
    ),
    "AWS::SNS::Topic": ("sns", "{}", "TopicName"),
    "AWS::SQS::Queue": ("sqs", "{}", "QueueName"),
    "AWS::StepFunctions::StateMachine": ("states", "stateMachine:{}", "StateMachineName"),
}
"""By type: service, form of the ARN's last part, and the property that holds the name."""

_REFERRED_TO_BY_ARN = ("AWS::SNS::Topic", "AWS::StepFunctions::StateMachine")

_ATTACHED = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}
"""By type of policy: the property that says whose it is."""

_OWN = {
    "AWS::ECR::Repository": "RepositoryPolicyText",
    "AWS::IAM::Role": "AssumeRolePolicyDocument",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::SageMaker::ModelPackageGroup": "ModelPackageGroupPolicy",
}
"""By type of resource: the property that holds its policy."""


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """What of other templates and accounts has a say.

    :param resources: policies of resources, by ARN.
    :param identities: policies of roles, by ARN.
    :param owners: accounts of buckets that are not of this account, by ARN.
    """

    resources: Mapping[str, Sequence[Statement]] = field(default_factory=dict)
    identities: Mapping[str, Sequence[Statement]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)


NOTHING_ELSE = Elsewhere()
LETS_EVERYBODY_IN: Statement = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "*",
    "Resource": "*",
}


@dataclass(frozen=True)
class Deployed:
    """A template whose references are made-up ARNs and names.

    A resource without a name is called like its logical id, without the hash at its end.

    :param template: what was synthesized for a known account and Region.
    """

    template: Mapping[str, Any]
    region: str
    account: str

    @property
    def resources(self) -> Mapping[str, Any]:
        """The template's resources by logical id."""
        resources: Mapping[str, Any] = self.template["Resources"]
        return resources

    def logical_id(self, resource_type: str, name: str) -> str:
        """Logical id of the one resource of a type whose id is this, but for the hash."""
        (found,) = (
            logical_id
            for logical_id, resource in self.resources.items()
            if resource["Type"] == resource_type and _HASH.sub("", logical_id) == name
        )
        return found

    def name(self, logical_id: str) -> str:
        """Physical name of a resource."""
        resource = self.resources[logical_id]
        _, _, argument = _ARNS.get(resource["Type"], ("", "", ""))
        given = resource.get("Properties", {}).get(argument)
        return given if isinstance(given, str) else _HASH.sub("", logical_id)

    def arn(self, logical_id: str) -> str:
        """ARN of a resource."""
        service, form, _ = _ARNS[self.resources[logical_id]["Type"]]
        region = "" if service in ("iam", "s3") else self.region
        account = "" if service == "s3" else self.account
        return f"arn:aws:{service}:{region}:{account}:{form.format(self.name(logical_id))}"

    def resolve(self, value: Any) -> Any:
        """Put in what references refer to."""
        match value:
            case {"Fn::Join": [str(separator), list(parts)]}:
                return separator.join(self.resolve(part) for part in parts)
            case {"Ref": "AWS::Partition"}:
                return "aws"
            case {"Ref": "AWS::URLSuffix"}:
                return "amazonaws.com"
            case {"Ref": str(name)}:
                by_arn = self.resources[name]["Type"] in _REFERRED_TO_BY_ARN
                return self.arn(name) if by_arn else self.name(name)
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                return self.arn(name)
            case {"Fn::GetAtt": [str(name), "GroupId" | "ModelName" | "Name" | "QueueName"]}:
                return self.name(name)
            case {"Fn::ImportValue": str(name)}:
                return name.replace(":", "-")  # a colon would part an ARN
            case {"Fn::GetAtt": _} | {"Fn::Sub": _} | {"Fn::Select": _} | {"Fn::ImportValue": _}:
                raise NotImplementedError(value)
            case dict():
                return {key: self.resolve(item) for key, item in value.items()}
            case list():
                return [self.resolve(item) for item in value]
            case _:
                return value

    def documents(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every policy in the template, by logical id and property."""
        for logical_id, resource in self.resources.items():
            properties = resource.get("Properties", {})
            for key in ("PolicyDocument", *_OWN.values()):
                if key in properties:
                    yield f"{logical_id}.{key}", self.resolve(properties[key])

    def of_role(self, logical_id: str) -> Policies:
        """Everything that a role of the template may do by its own policies."""
        return Policies(self._statements(logical_id, self.name(logical_id)))

    def may(
        self,
        principal: str,
        call: Call,
        elsewhere: Elsewhere = NOTHING_ELSE,
        *,
        strangers_let_in: bool = False,
    ) -> bool:
        """Tell whether a principal may make a call.

        :param principal: ARN of a role, or the name of a service.
        :param strangers_let_in: whether resources of other accounts, of which no policy is known,
            are taken to let everybody in.
        """
        resource = call.resource
        bucket = resource.partition("/")[0] if resource.startswith("arn:aws:s3:::") else None
        policy_of = resource if bucket is None else bucket
        if resource == "*":
            owner = account_of(principal) if principal.startswith("arn:") else self.account
        elif bucket is not None:
            owner = elsewhere.owners.get(bucket, self.account)
        else:
            owner = account_of(resource)
        known = (self._resource_policies, elsewhere.resources)
        statements = [item for policies in known for item in policies.get(policy_of, [])]
        stranger = owner != self.account and policy_of not in elsewhere.resources
        if stranger and strangers_let_in:
            statements = [LETS_EVERYBODY_IN]
        return decide(
            call,
            principal=principal,
            owner=owner,
            identity=self._identity(principal, elsewhere),
            resource=Policies(statements) if statements else None,
        )

    def _identity(self, principal: str, elsewhere: Elsewhere) -> Policies:
        if not principal.startswith("arn:"):
            return NO_POLICIES
        if principal not in self._attached:
            here = account_of(principal) == self.account
            name = principal.rpartition("/")[2]
            self._attached[principal] = (
                list(self._statements(self._roles.get(principal), name)) if here else []
            )
        return Policies([*self._attached[principal], *elsewhere.identities.get(principal, [])])

    @cached_property
    def _attached(self) -> dict[str, list[Statement]]:
        """What the template attaches to roles, by ARN, of those that were asked for."""
        return {}

    def _statements(self, logical_id: str | None, name: str) -> Iterator[Statement]:
        if logical_id is not None:
            role = self.resources[logical_id]["Properties"]
            if unknown := {"ManagedPolicyArns", "PermissionsBoundary"} & role.keys():
                raise NotImplementedError(unknown)
            for policy in role.get("Policies", []):
                yield from self.resolve(policy["PolicyDocument"]["Statement"])
        for resource in self.resources.values():
            if resource["Type"] not in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
                continue
            roles = resource["Properties"].get("Roles", [])
            if name in roles or (logical_id is not None and {"Ref": logical_id} in roles):
                yield from self.resolve(resource["Properties"]["PolicyDocument"]["Statement"])

    @cached_property
    def _roles(self) -> Mapping[str, str]:
        return {
            self.arn(logical_id): logical_id
            for logical_id, resource in self.resources.items()
            if resource["Type"] == "AWS::IAM::Role"
        }

    @cached_property
    def _resource_policies(self) -> Mapping[str, list[Statement]]:
        found: dict[str, list[Statement]] = {}
        for logical_id, resource in self.resources.items():
            properties = resource.get("Properties", {})
            kind = resource["Type"]
            if kind in _OWN and _OWN[kind] in properties:
                statements = self.resolve(properties[_OWN[kind]]["Statement"])
                found.setdefault(self.arn(logical_id), []).extend(statements)
            if kind in _ATTACHED:
                owners = properties[_ATTACHED[kind]]
                statements = self.resolve(properties["PolicyDocument"]["Statement"])
                for owner in owners if isinstance(owners, list) else [owners]:
                    found.setdefault(self._whose(owner), []).extend(statements)
        return found

    def _whose(self, owner: Any) -> str:
        """ARN of what a policy is attached to, which is said by name or reference."""
        match owner:
            case {"Ref": str(logical_id)}:
                return self.arn(logical_id)
            case str():
                return owner if owner.startswith("arn:") else f"arn:aws:s3:::{owner}"
            case _:
                raise NotImplementedError(owner)
