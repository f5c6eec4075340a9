"""AWS::CloudFormation::CustomResource and Custom::*, by CDK's provider framework."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from moto.cloudformation.exceptions import ValidationError

from local import provider_framework
from local.models import GENERIC_CUSTOM_RESOURCE, FailedWithStateError, NotSupportedError
from local.reasons import HandlerError

_LONGEST_RESPONSE = 4096

Properties = dict[str, Any]


class CustomResource:
    """What a provider answered last about a resource."""

    outlived_by_old_id = True
    """A changed physical id is a replacement that the provider made: the old id is deleted when
    the stack is cleaned up.
    """

    def __init__(
        self, place: tuple[str, str], kind: str, properties: Properties, response: Mapping[str, Any]
    ) -> None:
        self.stack_id, self.logical_id = place
        self.kind = kind
        self.properties = properties
        self.physical_resource_id = str(response["PhysicalResourceId"])
        self._request_id = str(response["RequestId"])
        self._data: Mapping[str, Any] = response.get("Data") or {}

    @classmethod
    def cloudformation_type(cls) -> str:
        return GENERIC_CUSTOM_RESOURCE

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return ""

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return True

    def get_cfn_attribute(self, attribute: str) -> Any:
        if attribute in self._data:
            return self._data[attribute]
        # gh:aws/aws-cdk#29949
        raise ValidationError(
            message=f"CustomResource attribute error: Vendor response doesn't contain {attribute} "
            f"attribute in object {self.stack_id}|{self.logical_id}|{self._request_id}"
        )

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Mapping[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> CustomResource:
        kind = str(kwargs["ResourceType"])
        return cls._requested(
            "Create",
            (kwargs["StackId"], kwargs["LogicalId"]),
            kind,
            _as_text(cloudformation_json["Properties"]),
        )

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: CustomResource,
        new_resource_name: str,
        cloudformation_json: Mapping[str, Any],
        account_id: str,
        region_name: str,
    ) -> CustomResource:
        old = original_resource
        properties = _as_text(cloudformation_json["Properties"])
        if properties.get("ServiceToken") != old.properties.get("ServiceToken"):
            # gh:cloudcomponents/cdk-constructs#197
            raise HandlerError("Modifying service token is not allowed.")
        return cls._requested(
            "Update",
            (old.stack_id, old.logical_id),
            old.kind,
            properties,
            PhysicalResourceId=old.physical_resource_id,
            OldResourceProperties=old.properties,
        )

    def delete(self, account_id: str, region_name: str) -> None:
        self._requested(
            "Delete",
            (self.stack_id, self.logical_id),
            self.kind,
            self.properties,
            PhysicalResourceId=self.physical_resource_id,
        )

    @classmethod
    def _requested(
        cls,
        request_type: str,
        place: tuple[str, str],
        kind: str,
        properties: Properties,
        **more: Any,
    ) -> CustomResource:
        token = str(properties.get("ServiceToken"))
        provider = provider_framework.find(token)
        if provider is None:
            raise NotSupportedError(kind)
        stack_id, logical_id = place
        request_id = str(uuid.uuid4())
        request = {
            "RequestType": request_type,
            "ServiceToken": token,
            "ResponseURL": f"https://cloudformation-custom-resource-response.invalid/{request_id}",
            "StackId": stack_id,
            "RequestId": request_id,
            "LogicalResourceId": logical_id,
            "ResourceType": kind,
            "ResourceProperties": properties,
            **more,
        }
        response = provider_framework.respond(provider, request)
        if len(json.dumps(response, ensure_ascii=False).encode()) > _LONGEST_RESPONSE:
            # gh:aws/aws-cdk#23958. CloudFormation knows no more of the resource than before.
            text = "Response object is too long."
            if "PhysicalResourceId" not in more:
                raise HandlerError(text)
            before = {**more, "RequestId": request_id}
            raise FailedWithStateError(text, cls(place, kind, properties, before))
        made = cls(place, kind, properties, response)
        if response["Status"] != "SUCCESS":
            # gh:aws-samples/aws-cdk-examples#671
            text = (
                "Received response status [FAILED] from custom resource. Message returned: "
                f"{response['Reason']} (RequestId: {request_id})"
            )
            raise FailedWithStateError(text, made)
        return made


def _as_text(properties: Any) -> Any:
    """CloudFormation passes numbers and booleans on as text."""
    if isinstance(properties, Mapping):
        return {key: _as_text(value) for key, value in properties.items()}
    if isinstance(properties, list):
        return [_as_text(item) for item in properties]
    if isinstance(properties, bool):
        return "true" if properties else "false"
    return properties if isinstance(properties, str) else str(properties)
