from __future__ import annotations

import re
from typing import Any

import pytest

from local import shapes

VARIANT = {
    "VariantName": "main",
    "ModelName": "model",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}


def _config(**changes: Any) -> dict[str, Any]:
    return {"EndpointConfigName": "config", "ProductionVariants": [VARIANT | changes]}


@pytest.mark.parametrize(
    "request_",
    [
        _config(),
        _config(InitialVariantWeight=0),
        _config(VolumeSizeInGB=512),
        _config(ContainerStartupHealthCheckTimeoutInSeconds=60),
        _config() | {"Tags": [{"Key": "Équipe/a b", "Value": ""}]},
    ],
)
def test_accepts(request_: dict[str, Any]) -> None:
    assert shapes.check("sagemaker", "CreateEndpointConfig", request_) == []


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (
            _config(InstanceType="ml.m5.foo"),
            "Value 'ml.m5.foo' at 'productionVariants.1.member.instanceType' failed to satisfy "
            "constraint: Member must satisfy enum value set: [ml.t2.medium, ",
        ),
        (
            _config(VolumeSizeInGB=513),
            "Value '513' at 'productionVariants.1.member.volumeSizeInGB' failed to satisfy "
            "constraint: Member must have value less than or equal to 512",
        ),
        (
            _config(InitialInstanceCount=0),
            "Member must have value greater than or equal to 1",
        ),
        (
            _config() | {"EndpointConfigName": "a_b"},
            "Value 'a_b' at 'endpointConfigName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: ",
        ),
        (
            _config() | {"EndpointConfigName": "a" * 64},
            "at 'endpointConfigName' failed to satisfy constraint: Member must have length less "
            "than or equal to 63; Value",
        ),
        (
            {"EndpointConfigName": "config"},
            "Value null at 'productionVariants' failed to satisfy constraint: Member must not be "
            "null",
        ),
        (
            {"EndpointConfigName": "config", "ProductionVariants": []},
            "Value '[]' at 'productionVariants' failed to satisfy constraint: Member must have "
            "length greater than or equal to 1",
        ),
        (_config() | {"Tags": [{"Key": "a;b", "Value": "c"}]}, "at 'tags.1.member.key'"),
        (_config(Instance="ml.m5.large"), "extraneous key [Instance] is not permitted"),
    ],
)
def test_refuses(request_: dict[str, Any], text: str) -> None:
    found = shapes.check("sagemaker", "CreateEndpointConfig", request_)
    message = shapes.message(found)
    assert text in message
    noun = "error" if len(found) == 1 else "errors"
    assert message.startswith(f"{len(found)} validation {noun} detected: ")
    assert shapes.code(found) == "ValidationException"


def test_several_problems_make_one_message() -> None:
    request = _config(InitialInstanceCount=0, VolumeSizeInGB=0)
    message = shapes.message(shapes.check("sagemaker", "CreateEndpointConfig", request))
    assert message.startswith("2 validation errors detected: Value '0' at ")
    assert "; Value '0' at " in message


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"InitialInstanceCount": "1"}, "STRING_VALUE can not be converted to an Integer"),
        ({"InitialInstanceCount": 1.5}, "DECIMAL_VALUE can not be converted to an Integer"),
        ({"InitialInstanceCount": True}, "TRUE_VALUE can not be converted to an Integer"),
        ({"VariantName": 1}, "NUMBER_VALUE can not be converted to a String"),
        ({"EnableSSMAccess": "true"}, "STRING_VALUE can not be converted to a Boolean"),
    ],
)
def test_a_wrong_type_is_a_serialization_error(changes: dict[str, Any], text: str) -> None:
    found = shapes.check("sagemaker", "CreateEndpointConfig", _config(**changes))
    assert shapes.code(found) == "SerializationException"
    assert text in shapes.message(found)


def test_map_keys_and_values_are_checked() -> None:
    request = {"ModelName": "m", "PrimaryContainer": {"Environment": {"1A": "x", "B": "y" * 1025}}}
    message = shapes.message(shapes.check("sagemaker", "CreateModel", request))
    assert "Map keys must satisfy constraint: [Member must satisfy regular expression" in message
    assert (
        "Map value must satisfy constraint: [Member must have length less than or equal to 1024]"
        in message
    )


@pytest.mark.parametrize("service", ["sagemaker", "application-autoscaling", "cloudwatch"])
def test_every_pattern_of_the_services_can_be_translated(service: str) -> None:
    assert shapes.untranslatable_patterns(service) == []


@pytest.mark.parametrize(
    ("pattern", "accepted", "refused"),
    [
        (r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$", "Größe 5/a", "a;b"),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a😀", "a\x00"),
        (r"\p{Alnum}+", "a1", "a-"),
        (r"([a-z]*)${1,128}", "abc", "ABC"),
    ],
)
def test_java_patterns(pattern: str, accepted: str, refused: str) -> None:
    compiled = shapes.java_pattern(pattern)
    assert isinstance(compiled, re.Pattern)
    assert compiled.fullmatch(accepted)
    assert not compiled.fullmatch(refused)


def test_class_intersections_are_reported_as_untranslatable() -> None:
    assert shapes.java_pattern("[a-z&&[^b]]") is None
