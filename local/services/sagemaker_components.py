"""SageMaker's inference components: models that share the instances of one endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from local.services import sagemaker_component_checks as checks
from local.services.api import Answer, Operation, Refusal, Request
from local.services.sagemaker_guardrails import check_component_deployment
from local.services.sagemaker_store import Component, Endpoint, Store, kept, listing, summarized

_SPECIFICATIONS = ("Specification", "Specifications")


class Components:
    """The inference components of one account and region."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def operations(self) -> Mapping[str, Operation]:
        """The operations, by their name in the service model."""
        return {
            "CreateInferenceComponent": self.create,
            "UpdateInferenceComponent": self.update,
            "UpdateInferenceComponentRuntimeConfig": self.update_runtime_config,
            "DescribeInferenceComponent": self.describe,
            "DeleteInferenceComponent": self.delete,
            "ListInferenceComponents": self.list_components,
        }

    def create(self, request: Request) -> Answer:
        name = request["InferenceComponentName"]
        arn = self.store.arn("inference-component", name)
        if arn in self.store.components:
            # Wording not sourced: that of the other resources.
            raise Refusal(f'Cannot create already existing inference component "{arn}".')
        endpoint = self.store.endpoint(request["EndpointName"])
        checks.check_place(endpoint, request)
        checks.check_specifications(self.store, endpoint, request, request["VariantName"])
        copies = request.get("RuntimeConfig", {}).get("CopyCount", 1)
        if copies < 1:
            # gh:stdapi-ai/stdapi.ai#43; a component reaches zero by an update or by its scaling.
            raise Refusal("Inference components copy count an integer larger than 0")
        component = Component(name, arn, **kept(request), endpoint=endpoint.arn, copies=copies)
        self.store.components[arn] = component
        return {"InferenceComponentArn": arn}

    def update(self, request: Request) -> Answer:
        """Replaces the specification and the number of copies where they are given. Name,
        endpoint and variant are fixed: the operation does not take new ones.
        """
        component = self.store.component(request["InferenceComponentName"])
        if any(member in request for member in _SPECIFICATIONS):
            endpoint = self.store.endpoints[component.endpoint]
            variant = component.request["VariantName"]
            checks.check_specifications(self.store, endpoint, request, variant)
        if "DeploymentConfig" in request:
            check_component_deployment(self.store, request["DeploymentConfig"])
        new = {
            member: deepcopy(request[member])
            for member in (*_SPECIFICATIONS, "DeploymentConfig")
            if member in request
        }
        if any(member in new for member in _SPECIFICATIONS):
            for member in _SPECIFICATIONS:
                component.request.pop(member, None)
        component.request |= new
        if "RuntimeConfig" in request:
            component.copies = request["RuntimeConfig"]["CopyCount"]
        component.updated = datetime.now(UTC)
        return {"InferenceComponentArn": component.arn}

    def update_runtime_config(self, request: Request) -> Answer:
        component = self.store.component(request["InferenceComponentName"])
        component.copies = request["DesiredRuntimeConfig"]["CopyCount"]
        component.updated = datetime.now(UTC)
        return {"InferenceComponentArn": component.arn}

    def describe(self, request: Request) -> Answer:
        component = self.store.component(request["InferenceComponentName"])
        endpoint = self.store.endpoints[component.endpoint]
        asked = component.request
        copies = {"DesiredCopyCount": component.copies, "CurrentCopyCount": component.copies}
        answer: Answer = {
            "InferenceComponentName": component.name,
            "InferenceComponentArn": component.arn,
            "EndpointName": endpoint.name,
            "EndpointArn": endpoint.arn,
            "VariantName": asked["VariantName"],
            "RuntimeConfig": copies,
            "CreationTime": component.created,
            "LastModifiedTime": component.changed,
            "InferenceComponentStatus": "InService",
        }
        if "Specification" in asked:
            answer["Specification"] = _shown(component, asked["Specification"])
        if "Specifications" in asked:
            answer["Specifications"] = [_shown(component, s) for s in asked["Specifications"]]
        if "DeploymentConfig" in asked:
            answer["LastDeploymentConfig"] = asked["DeploymentConfig"]
        return answer

    def delete(self, request: Request) -> Answer:
        """Whether a scalable target goes along is documented for endpoints only; here it does."""
        component = self.store.component(request["InferenceComponentName"])
        self.store.deregister(f"inference-component/{component.name}")
        del self.store.components[component.arn]
        return {}

    def list_components(self, request: Request) -> Answer:
        found = list(self.store.components.values())
        if "EndpointNameEquals" in request:
            arn = self.store.arn("endpoint", request["EndpointNameEquals"])
            found = [c for c in found if c.endpoint == arn]
        if "VariantNameEquals" in request:
            found = [c for c in found if c.request["VariantName"] == request["VariantNameEquals"]]
        if request.get("StatusEquals", "InService") != "InService":
            found = []
        return listing(found, request, "InferenceComponents", self._summary)

    def of(self, endpoint_arn: str) -> list[Component]:
        """The components of an endpoint."""
        return [c for c in self.store.components.values() if c.endpoint == endpoint_arn]

    def _summary(self, component: Component) -> Answer:
        return summarized("InferenceComponent", component) | {
            "EndpointArn": component.endpoint,
            "EndpointName": self.store.endpoints[component.endpoint].name,
            "VariantName": component.request["VariantName"],
            "InferenceComponentStatus": "InService",
            "LastModifiedTime": component.changed,
        }


def _shown(component: Component, specification: Mapping[str, Any]) -> Answer:
    """A specification as Describe shows it: the image as it was resolved."""
    shown: Answer = deepcopy(dict(specification))
    image = shown.get("Container", {}).pop("Image", None)
    if image is not None:
        shown["Container"]["DeployedImage"] = {
            "SpecifiedImage": image,
            "ResolvedImage": image,
            "ResolutionTime": component.changed,
        }
    return shown


def check_components_stay(store: Store, endpoint: Endpoint, new: Request) -> None:
    """An endpoint keeps the variants that its components are on."""
    kept_variants = {v["VariantName"] for v in new["ProductionVariants"] if "ModelName" not in v}
    for component in store.components.values():
        variant = component.request["VariantName"]
        if component.endpoint == endpoint.arn and variant not in kept_variants:
            # Not documented; the strict reading.
            raise Refusal(
                f'Cannot update endpoint "{endpoint.arn}": inference component "{component.arn}" '
                f"is on its variant {variant}, which the new endpoint configuration does not have."
            )
