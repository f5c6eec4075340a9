"""Installs everything of the embedded AWS into moto, in a server process or in process under
`mock_aws`.
"""

from __future__ import annotations

import json
from typing import Any

from moto.moto_api._internal import urls as moto_api_urls

from local import cloudformation, providers
from local.models import UNKNOWN
from local.resources import application_autoscaling as scaling_types
from local.resources import cloudwatch as cloudwatch_types
from local.resources import policies, security_groups, serverless
from local.resources import sagemaker as sagemaker_types
from local.resources.custom_resource import CustomResource
from local.resources.nested_stack import NestedStack
from local.services import application_autoscaling, cloudtrail, cloudwatch, s3, sagemaker
from local.services.sagemaker_transform import Course

UNKNOWN_TYPES_PATH = "/moto-api/embedded/unknown-types"
TRANSFORM_JOBS_PATH = "/moto-api/embedded/transform-jobs"

_TABLES = (
    sagemaker_types.TYPES,
    scaling_types.TYPES,
    cloudwatch_types.TYPES,
    policies.TYPES,
    security_groups.TYPES,
    serverless.TYPES,
)
_registered: list[type] = []


def install() -> None:
    """Installs once; calling it again changes nothing."""
    if _registered:
        return
    for service in (sagemaker, application_autoscaling, cloudwatch, cloudtrail, s3):
        service.install()
    for table in _TABLES:
        _registered.extend(providers.register(entry) for entry in table)
    _registered.extend(providers.register_class(policy) for policy in policies.POLICIES)
    _registered.append(providers.register_class(NestedStack))
    _registered.append(providers.register_class(CustomResource))
    cloudformation.install()
    moto_api_urls.url_paths["{0}" + UNKNOWN_TYPES_PATH] = _unknown_types
    moto_api_urls.url_paths["{0}" + TRANSFORM_JOBS_PATH] = _set_course


def _unknown_types(request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, str], str]:
    return 200, {"Content-Type": "application/json"}, json.dumps(UNKNOWN.rows())


def _set_course(request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, str], str]:
    """Says how the transform jobs go that a region starts from now on."""
    wanted = json.loads(request.data)
    found = sagemaker.hosting(wanted.pop("account"), wanted.pop("region"))
    found.transform_jobs.course = Course(**wanted)
    return 200, {"Content-Type": "application/json"}, "{}"
