"""AWS::EC2::SecurityGroupEgress, which moto lacks: a rule as a resource of its own."""

from __future__ import annotations

from local.providers import Made, Properties, ResourceType
from local.resources.amendments import permission


def _request(properties: Properties) -> Properties:
    return {"GroupId": properties["GroupId"], "IpPermissions": [permission(properties)]}


def _rule_id(made: Made) -> str:
    return str(made.answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])


TYPES = (
    ResourceType(
        type="AWS::EC2::SecurityGroupEgress",
        service="ec2",
        create="AuthorizeSecurityGroupEgress",
        delete="RevokeSecurityGroupEgress",
        ref=_rule_id,
        identity=lambda made: _request(made.properties),
        attributes={"Id": _rule_id},
        prepare=_request,
        gone=frozenset({"InvalidGroup.NotFound", "InvalidPermission.NotFound"}),
    ),
)
