"""In-place updates and deletions for types that moto creates, but changes by re-creation or not
at all.

moto's own update of a security group, a topic or a parameter deletes it and makes a new one,
which loses its id, tags, subscriptions and relations; several EC2 types and managed policies
cannot be updated or deleted at all. Each function here does what CloudFormation does, by the API.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.calls import call
from local.reasons import CallFailedError
from local.services.iam import know_aws_policy

Properties = Mapping[str, Any]
Update = Callable[["Target", Properties, Properties], None]
Delete = Callable[["Target", Properties], None]


@dataclass(frozen=True)
class Target:
    """A resource that moto made, and where it is."""

    model: Any
    physical_id: str
    region: str

    def call(self, service: str, operation: str, **request: Any) -> dict[str, Any]:
        """One API call; a refusal becomes the resource's reason."""
        try:
            return call(service, operation, self.region, **request)
        except ClientError as error:
            raise CallFailedError(service, error) from error


@dataclass(frozen=True)
class Amendment:
    """What is done differently from moto for one type."""

    update: Update | None = None
    delete: Delete | None = None
    complete: Delete | None = None
    """Runs after moto created the resource, for properties that moto's handler drops."""


def _document(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _difference(old: Any, new: Any) -> tuple[list[Any], list[Any]]:
    """What has to go and what has to come, keeping the order."""
    before, after = list(old or []), list(new or [])
    return [x for x in before if x not in after], [x for x in after if x not in before]


def _tag_dict(properties: Properties) -> dict[str, str]:
    tags = properties.get("Tags") or []
    return dict(tags) if isinstance(tags, dict) else {t["Key"]: t["Value"] for t in tags}


def _tag_list(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[Any]:
    return [{key: k, value: v} for k, v in tags.items()]


def _update_role(target: Target, old: Properties, new: Properties) -> None:
    name = {"RoleName": target.physical_id}
    if old.get("AssumeRolePolicyDocument") != new.get("AssumeRolePolicyDocument"):
        document = _document(new["AssumeRolePolicyDocument"])
        target.call("iam", "update_assume_role_policy", **name, PolicyDocument=document)
    limits = {k: new[k] for k in ("Description", "MaxSessionDuration") if k in new}
    if any(old.get(k) != new.get(k) for k in ("Description", "MaxSessionDuration")):
        target.call("iam", "update_role", **name, **limits)
    gone, come = _difference(old.get("ManagedPolicyArns"), new.get("ManagedPolicyArns"))
    for arn in gone:
        target.call("iam", "detach_role_policy", **name, PolicyArn=arn)
    _attach(target, come)
    gone, come = _difference(old.get("Policies"), new.get("Policies"))
    for policy in gone:
        target.call("iam", "delete_role_policy", **name, PolicyName=policy["PolicyName"])
    for policy in come:
        document = _document(policy["PolicyDocument"])
        inline = {"PolicyName": policy["PolicyName"], "PolicyDocument": document}
        target.call("iam", "put_role_policy", **name, **inline)
    before, after = _tag_dict(old), _tag_dict(new)
    if before != after:
        gone = [key for key in before if key not in after]
        if gone:
            target.call("iam", "untag_role", **name, TagKeys=gone)
        target.call("iam", "tag_role", **name, Tags=_tag_list(after))


def _complete_role(target: Target, properties: Properties) -> None:
    """moto's handler drops attached policies."""
    _attach(target, properties.get("ManagedPolicyArns") or [])


def _attach(target: Target, arns: Iterable[str]) -> None:
    for arn in arns:
        know_aws_policy(target.model.account_id, target.region, arn)
        target.call("iam", "attach_role_policy", RoleName=target.physical_id, PolicyArn=arn)


def _delete_role(target: Target, properties: Properties) -> None:
    """Takes off what the template put on; anything else attached makes IAM refuse, as in AWS."""
    name = {"RoleName": target.physical_id}
    listed = target.call("iam", "list_attached_role_policies", **name)["AttachedPolicies"]
    attached = [policy["PolicyArn"] for policy in listed]
    for arn in properties.get("ManagedPolicyArns") or []:
        if arn in attached:
            target.call("iam", "detach_role_policy", **name, PolicyArn=arn)
    for policy in properties.get("Policies") or []:
        target.call("iam", "delete_role_policy", **name, PolicyName=policy["PolicyName"])
    target.call("iam", "delete_role", **name)


_HOLDERS = (
    ("Roles", "role", "RoleName"),
    ("Users", "user", "UserName"),
    ("Groups", "group", "GroupName"),
)


def _update_managed_policy(target: Target, old: Properties, new: Properties) -> None:
    arn = {"PolicyArn": target.model.arn}
    if old.get("PolicyDocument") != new.get("PolicyDocument"):
        versions = target.call("iam", "list_policy_versions", **arn)["Versions"]
        # IAM keeps five versions; CloudFormation drops the oldest that is not in force.
        spare = [v for v in versions if not v["IsDefaultVersion"]]
        if len(versions) >= 5:
            oldest = min(spare, key=lambda v: int(v["VersionId"][1:]))
            target.call("iam", "delete_policy_version", **arn, VersionId=oldest["VersionId"])
        document = _document(new["PolicyDocument"])
        target.call(
            "iam", "create_policy_version", **arn, PolicyDocument=document, SetAsDefault=True
        )
    for members, noun, name in _HOLDERS:
        gone, come = _difference(old.get(members), new.get(members))
        for holder in come:
            target.call("iam", f"attach_{noun}_policy", **arn, **{name: holder})
        for holder in gone:
            target.call("iam", f"detach_{noun}_policy", **arn, **{name: holder})


def _delete_managed_policy(target: Target, properties: Properties) -> None:
    arn = {"PolicyArn": target.model.arn}
    for members, noun, name in _HOLDERS:
        for holder in properties.get(members) or []:
            target.call("iam", f"detach_{noun}_policy", **arn, **{name: holder})
    for version in target.call("iam", "list_policy_versions", **arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            target.call("iam", "delete_policy_version", **arn, VersionId=version["VersionId"])
    target.call("iam", "delete_policy", **arn)


def _update_inline_policy(target: Target, old: Properties, new: Properties) -> None:
    document = _document(new["PolicyDocument"])
    for members, noun, name in _HOLDERS:
        for holder in new.get(members) or []:
            inline = {name: holder, "PolicyName": new["PolicyName"], "PolicyDocument": document}
            target.call("iam", f"put_{noun}_policy", **inline)
        kept = new.get(members) or []
        for holder in old.get(members) or []:
            if holder not in kept or old["PolicyName"] != new["PolicyName"]:
                inline = {name: holder, "PolicyName": old["PolicyName"]}
                target.call("iam", f"delete_{noun}_policy", **inline)


def _delete_inline_policy(target: Target, properties: Properties) -> None:
    for members, noun, name in _HOLDERS:
        for holder in properties.get(members) or []:
            inline = {name: holder, "PolicyName": properties["PolicyName"]}
            target.call("iam", f"delete_{noun}_policy", **inline)


def permission(rule: Properties) -> dict[str, Any]:
    """A security group rule of a template as EC2's API wants it."""
    described = {k: rule[k] for k in ("Description",) if k in rule}
    permission: dict[str, Any] = {"IpProtocol": str(rule["IpProtocol"])}
    permission |= {k: int(rule[k]) for k in ("FromPort", "ToPort") if k in rule}
    if "CidrIp" in rule:
        permission["IpRanges"] = [{"CidrIp": rule["CidrIp"]} | described]
    if "CidrIpv6" in rule:
        permission["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"]} | described]
    for member in ("SourceSecurityGroupId", "DestinationSecurityGroupId"):
        if member in rule:
            permission["UserIdGroupPairs"] = [{"GroupId": rule[member]} | described]
    for member in ("SourcePrefixListId", "DestinationPrefixListId"):
        if member in rule:
            permission["PrefixListIds"] = [{"PrefixListId": rule[member]} | described]
    return permission


# A group whose template says nothing about egress allows everything out.
_OPEN_EGRESS: list[Any] = [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]


def _update_security_group(target: Target, old: Properties, new: Properties) -> None:
    _change_rules(target, "ingress", *_difference(*_rules("SecurityGroupIngress", [], old, new)))
    egress = _rules("SecurityGroupEgress", _OPEN_EGRESS, old, new)
    _change_rules(target, "egress", *_difference(*egress))
    _update_ec2_tags(target, old, new)


def _complete_security_group(target: Target, properties: Properties) -> None:
    """moto gives every group an open egress and drops the template's rules for it."""
    egress = _rules("SecurityGroupEgress", _OPEN_EGRESS, {}, properties)
    _change_rules(target, "egress", *_difference(*egress))


def _rules(
    member: str, default: list[Any], old: Properties, new: Properties
) -> tuple[list[Any], list[Any]]:
    return old.get(member, default), new.get(member, default)


def _change_rules(target: Target, noun: str, gone: list[Any], come: list[Any]) -> None:
    group = {"GroupId": target.physical_id}
    for rule in gone:
        _rule_call(target, "revoke", noun, group, rule)
    for rule in come:
        _rule_call(target, "authorize", noun, group, rule)


def _rule_call(
    target: Target, verb: str, noun: str, group: dict[str, Any], rule: Properties
) -> None:
    # A rule is found by what it permits; its description is not part of that.
    named = rule if verb == "authorize" else {k: v for k, v in rule.items() if k != "Description"}
    operation = f"{verb}_security_group_{noun}"
    target.call("ec2", operation, **group, IpPermissions=[permission(named)])


def _delete_rule(noun: str) -> Delete:
    def delete(target: Target, properties: Properties) -> None:
        group = {"GroupId": properties["GroupId"]}
        _rule_call(target, "revoke", noun, group, properties)

    return delete


def _update_ec2_tags(target: Target, old: Properties, new: Properties) -> None:
    before, after = _tag_dict(old), _tag_dict(new)
    gone = [{"Key": key} for key in before if key not in after]
    if gone:
        target.call("ec2", "delete_tags", Resources=[target.physical_id], Tags=gone)
    if after and before != after:
        target.call("ec2", "create_tags", Resources=[target.physical_id], Tags=_tag_list(after))


def _update_vpc(target: Target, old: Properties, new: Properties) -> None:
    for member in ("EnableDnsHostnames", "EnableDnsSupport"):
        if old.get(member) != new.get(member):
            value = {member: {"Value": str(new.get(member, False)).lower() == "true"}}
            target.call("ec2", "modify_vpc_attribute", VpcId=target.physical_id, **value)
    _update_ec2_tags(target, old, new)


def _update_subnet(target: Target, old: Properties, new: Properties) -> None:
    member = "MapPublicIpOnLaunch"
    if old.get(member) != new.get(member):
        value = {member: {"Value": str(new.get(member, False)).lower() == "true"}}
        target.call("ec2", "modify_subnet_attribute", SubnetId=target.physical_id, **value)
    _update_ec2_tags(target, old, new)


def _by_id(service: str, operation: str, member: str, *, many: bool = False) -> Delete:
    """Deletes by the physical id alone."""

    def delete(target: Target, _properties: Properties) -> None:
        value = [target.physical_id] if many else target.physical_id
        target.call(service, operation, **{member: value})

    return delete


def _delete_route(target: Target, properties: Properties) -> None:
    names = ("RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock")
    target.call("ec2", "delete_route", **{k: properties[k] for k in names if k in properties})


def _delete_table_association(target: Target, properties: Properties) -> None:
    tables = target.call("ec2", "describe_route_tables", RouteTableIds=[properties["RouteTableId"]])
    for association in tables["RouteTables"][0]["Associations"]:
        if association.get("SubnetId") == properties["SubnetId"]:
            known = {"AssociationId": association["RouteTableAssociationId"]}
            target.call("ec2", "disassociate_route_table", **known)


def _delete_gateway_attachment(target: Target, properties: Properties) -> None:
    names = ("InternetGatewayId", "VpcId")
    target.call("ec2", "detach_internet_gateway", **{k: properties[k] for k in names})


def _delete_address(target: Target, _properties: Properties) -> None:
    target.call("ec2", "release_address", AllocationId=target.model.allocation_id)


def _update_key(target: Target, old: Properties, new: Properties) -> None:
    key = {"KeyId": target.model.id}
    if old.get("KeyPolicy") != new.get("KeyPolicy"):
        policy = _document(new["KeyPolicy"])
        target.call("kms", "put_key_policy", **key, PolicyName="default", Policy=policy)
    if old.get("Description") != new.get("Description"):
        target.call("kms", "update_key_description", **key, Description=new.get("Description", ""))
    if old.get("EnableKeyRotation") != new.get("EnableKeyRotation"):
        turn_on = str(new.get("EnableKeyRotation", False)).lower() == "true"
        verb = "enable" if turn_on else "disable"
        target.call("kms", f"{verb}_key_rotation", **key)
    before, after = _tag_dict(old), _tag_dict(new)
    gone = [name for name in before if name not in after]
    if gone:
        target.call("kms", "untag_resource", **key, TagKeys=gone)
    if after and before != after:
        tags = _tag_list(after, "TagKey", "TagValue")
        target.call("kms", "tag_resource", **key, Tags=tags)


def _update_topic(target: Target, old: Properties, new: Properties) -> None:
    arn = {"TopicArn": target.physical_id}
    for member in ("DisplayName", "KmsMasterKeyId"):
        if old.get(member) != new.get(member):
            value = {"AttributeName": member, "AttributeValue": str(new.get(member, ""))}
            target.call("sns", "set_topic_attributes", **arn, **value)
    gone, come = _difference(old.get("Subscription"), new.get("Subscription"))
    listed = target.call("sns", "list_subscriptions_by_topic", **arn)["Subscriptions"]
    for wanted in gone:
        for known in listed:
            if (known["Protocol"], known["Endpoint"]) == (wanted["Protocol"], wanted["Endpoint"]):
                target.call("sns", "unsubscribe", SubscriptionArn=known["SubscriptionArn"])
    for wanted in come:
        target.call("sns", "subscribe", **arn, **wanted)
    resource = {"ResourceArn": target.physical_id}
    before, after = _tag_dict(old), _tag_dict(new)
    missing = [key for key in before if key not in after]
    if missing:
        target.call("sns", "untag_resource", **resource, TagKeys=missing)
    if after and before != after:
        target.call("sns", "tag_resource", **resource, Tags=_tag_list(after))


def _update_log_group(target: Target, old: Properties, new: Properties) -> None:
    name = {"logGroupName": target.physical_id}
    if old.get("RetentionInDays") != new.get("RetentionInDays"):
        if "RetentionInDays" in new:
            days = int(new["RetentionInDays"])
            target.call("logs", "put_retention_policy", **name, retentionInDays=days)
        else:
            target.call("logs", "delete_retention_policy", **name)
    if old.get("KmsKeyId") != new.get("KmsKeyId"):
        if "KmsKeyId" in new:
            target.call("logs", "associate_kms_key", **name, kmsKeyId=new["KmsKeyId"])
        else:
            target.call("logs", "disassociate_kms_key", **name)
    before, after = _tag_dict(old), _tag_dict(new)
    gone = [key for key in before if key not in after]
    if gone:
        target.call("logs", "untag_log_group", **name, tags=gone)
    if after and before != after:
        target.call("logs", "tag_log_group", **name, tags=after)


def _update_parameter(target: Target, old: Properties, new: Properties) -> None:
    names = ("Value", "Type", "Description", "AllowedPattern", "Tier")
    members = {k: new[k] for k in names if k in new}
    target.call("ssm", "put_parameter", Name=target.physical_id, Overwrite=True, **members)


def _update_dashboard(target: Target, _old: Properties, new: Properties) -> None:
    body = {"DashboardName": target.physical_id, "DashboardBody": new["DashboardBody"]}
    target.call("cloudwatch", "put_dashboard", **body)


AMENDMENTS: Mapping[str, Amendment] = {
    "AWS::IAM::Role": Amendment(_update_role, _delete_role, _complete_role),
    "AWS::IAM::ManagedPolicy": Amendment(_update_managed_policy, _delete_managed_policy),
    "AWS::IAM::Policy": Amendment(_update_inline_policy, _delete_inline_policy),
    "AWS::EC2::VPC": Amendment(update=_update_vpc),
    "AWS::EC2::Subnet": Amendment(update=_update_subnet),
    "AWS::EC2::SecurityGroup": Amendment(
        _update_security_group,
        _by_id("ec2", "delete_security_group", "GroupId"),
        _complete_security_group,
    ),
    "AWS::EC2::SecurityGroupIngress": Amendment(delete=_delete_rule("ingress")),
    "AWS::EC2::RouteTable": Amendment(
        _update_ec2_tags, _by_id("ec2", "delete_route_table", "RouteTableId")
    ),
    "AWS::EC2::Route": Amendment(delete=_delete_route),
    "AWS::EC2::SubnetRouteTableAssociation": Amendment(delete=_delete_table_association),
    "AWS::EC2::InternetGateway": Amendment(
        _update_ec2_tags, _by_id("ec2", "delete_internet_gateway", "InternetGatewayId")
    ),
    "AWS::EC2::VPCGatewayAttachment": Amendment(delete=_delete_gateway_attachment),
    "AWS::EC2::NatGateway": Amendment(
        _update_ec2_tags, _by_id("ec2", "delete_nat_gateway", "NatGatewayId")
    ),
    "AWS::EC2::EIP": Amendment(_update_ec2_tags, _delete_address),
    "AWS::EC2::VPCEndpoint": Amendment(
        delete=_by_id("ec2", "delete_vpc_endpoints", "VpcEndpointIds", many=True)
    ),
    "AWS::EC2::FlowLog": Amendment(
        _update_ec2_tags, _by_id("ec2", "delete_flow_logs", "FlowLogIds", many=True)
    ),
    "AWS::KMS::Key": Amendment(update=_update_key),
    "AWS::SNS::Topic": Amendment(update=_update_topic),
    "AWS::Logs::LogGroup": Amendment(update=_update_log_group),
    "AWS::SSM::Parameter": Amendment(update=_update_parameter),
    "AWS::CloudWatch::Dashboard": Amendment(update=_update_dashboard),
}
