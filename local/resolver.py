"""Resolves a template's intrinsic functions against what is deployed.

moto's resource map does the work (parameters, conditions, mappings, intrinsics), but it also
creates a resource whenever one is looked up. Here a look-up never creates anything: the engine
decides what is made, and when.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError
from moto.cloudformation.parsing import ResourceMap, clean_json
from moto.utilities.utils import get_partition

from local import registry

_URL_SUFFIXES = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-us-gov": "amazonaws.com",
}


class Referent:
    """What `Ref` and `Fn::GetAtt` see of a resource: moto's model, its gaps filled with
    placeholders.
    """

    def __init__(self, model: Any, logical_id: str, resource_type: str, region: str) -> None:
        self.model = model
        self._logical_id = logical_id
        self._type = resource_type
        self._region = region

    @property
    def physical_resource_id(self) -> str:
        return str(self.model.physical_resource_id)

    def get_cfn_attribute(self, attribute: str) -> Any:
        """A model that lacks an attribute which its type has yields a recognisable placeholder."""
        try:
            return self.model.get_cfn_attribute(attribute)
        except (UnformattedGetAttTemplateException, NotImplementedError, AttributeError) as error:
            known = registry.attributes(self._type, self._region)
            if known and attribute not in known:
                raise ValidationError(
                    message=f"Template error: resource {self._logical_id} does not support "
                    f"attribute type {attribute} in Fn::GetAtt"
                ) from error
            return f"{self._logical_id}.{attribute}"


class Resolver(ResourceMap):
    """moto's resource map without its habit of creating what it is asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        partition = get_partition(self._region_name)
        self._parsed_resources |= {
            "AWS::Partition": partition,
            "AWS::URLSuffix": _URL_SUFFIXES.get(partition, "amazonaws.com"),
            "AWS::NotificationARNs": [],
        }

    # moto types this as returning a resource class; it returns resources, parameters and mappings
    # alike.
    def __getitem__(self, key: str) -> Any:
        if key in self._parsed_resources:
            return self._parsed_resources[key]
        raise KeyError(key)

    def validate_outputs(self) -> None:
        """Left to resolution: moto's check fails on types that it does not know."""

    def place(self, logical_id: str, model: Any, resource_type: str) -> None:
        """Makes a resource visible to references."""
        referent = Referent(model, logical_id, resource_type, self._region_name)
        self._parsed_resources[logical_id] = referent

    def active(self) -> dict[str, dict[str, Any]]:
        """The template's resources whose condition holds."""
        return {
            name: entry
            for name, entry in self._resource_json_map.items()
            if "Condition" not in entry or self.lazy_condition_map[entry["Condition"]]
        }

    def properties(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """An entry's properties with every function resolved and every `AWS::NoValue` gone."""
        resolved = clean_json(entry.get("Properties", {}), self)
        cleaned = _without_no_values(resolved)
        return cleaned if isinstance(cleaned, dict) else {}


def _without_no_values(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_no_values(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_no_values(item) for item in value if item is not None]
    return value
