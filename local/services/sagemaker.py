"""SageMaker's hosting API: models, endpoint configurations and endpoints.

Requests are kept whole, so that Describe answers with everything that was asked for. Refusals
carry AWS's words; a comment marks those whose wording no public source was found for.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from functools import partial
from typing import Any

from moto.core.base_backend import BackendDict
from moto.sagemaker import models as moto_models
from moto.sagemaker import urls as moto_urls
from moto.sagemaker.responses import SageMakerResponse

from local.services import sagemaker_config_checks as config_checks
from local.services import sagemaker_guardrails as guardrails
from local.services import sagemaker_updates as updates
from local.services.api import Answer, CheckedResponse, Operation, Refusal, Request
from local.services.sagemaker_components import Components, check_components_stay
from local.services.sagemaker_model_checks import check_model
from local.services.sagemaker_notifications import announce
from local.services.sagemaker_packages import Packages
from local.services.sagemaker_store import Endpoint, Store, Stored, kept, listing, summarized
from local.services.sagemaker_transform import TransformJobs


class Hosting:
    """The hosting resources of one account and region."""

    def __init__(self, account: str, region: str) -> None:
        self.store = Store(account, region)
        self.components = Components(self.store)
        self.packages = Packages(self.store)
        self.transform_jobs = TransformJobs(self.store)

    def operations(self) -> Mapping[str, Operation]:
        """The hosting operations, by their name in the service model."""
        return {
            "CreateModel": self.create_model,
            "DescribeModel": self.describe_model,
            "DeleteModel": self.delete_model,
            "ListModels": self.list_models,
            "CreateEndpointConfig": self.create_endpoint_config,
            "DescribeEndpointConfig": self.describe_endpoint_config,
            "DeleteEndpointConfig": self.delete_endpoint_config,
            "ListEndpointConfigs": self.list_endpoint_configs,
            "CreateEndpoint": self.create_endpoint,
            "UpdateEndpoint": self.update_endpoint,
            "UpdateEndpointWeightsAndCapacities": self.update_weights_and_capacities,
            "DescribeEndpoint": self.describe_endpoint,
            "DeleteEndpoint": self.delete_endpoint,
            "ListEndpoints": self.list_endpoints,
            **self.components.operations(),
            **self.packages.operations(),
            **self.transform_jobs.operations(),
        }

    def create_model(self, request: Request) -> Answer:
        arn = self.store.arn("model", request["ModelName"])
        if arn in self.store.models:
            raise Refusal(f'Cannot create already existing model "{arn}".')
        check_model(self.store, request)
        self.store.models[arn] = Stored(request["ModelName"], arn, **kept(request))
        return {"ModelArn": arn}

    def describe_model(self, request: Request) -> Answer:
        model = self.store.model(request["ModelName"])
        return model.request | {
            "ModelArn": model.arn,
            "CreationTime": model.created,
            "EnableNetworkIsolation": model.request.get("EnableNetworkIsolation", False),
        }

    def delete_model(self, request: Request) -> Answer:
        del self.store.models[self.store.model(request["ModelName"]).arn]
        return {}

    def list_models(self, request: Request) -> Answer:
        summary = partial(summarized, "Model")
        return listing(self.store.models.values(), request, "Models", summary)

    def create_endpoint_config(self, request: Request) -> Answer:
        name = request["EndpointConfigName"]
        arn = self.store.arn("endpoint-config", name)
        if arn in self.store.configs:
            raise Refusal(f'Cannot create already existing endpoint configuration "{arn}".')
        config_checks.check_endpoint_config(self.store, request, self._models(request))
        for variant in config_checks.all_variants(request):
            variant.setdefault("InitialVariantWeight", 1.0)
        self.store.configs[arn] = Stored(name, arn, **kept(request))
        return {"EndpointConfigArn": arn}

    def describe_endpoint_config(self, request: Request) -> Answer:
        config = self.store.config(request["EndpointConfigName"])
        times = {"EndpointConfigArn": config.arn, "CreationTime": config.created}
        return config.request | times

    def delete_endpoint_config(self, request: Request) -> Answer:
        del self.store.configs[self.store.config(request["EndpointConfigName"]).arn]
        return {}

    def list_endpoint_configs(self, request: Request) -> Answer:
        summary = partial(summarized, "EndpointConfig")
        return listing(self.store.configs.values(), request, "EndpointConfigs", summary)

    def create_endpoint(self, request: Request) -> Answer:
        arn = self.store.arn("endpoint", request["EndpointName"])
        if arn in self.store.endpoints:
            raise Refusal(f'Cannot create already existing endpoint "{arn}".')
        config = self.store.config(request["EndpointConfigName"]).request
        if "DeploymentConfig" in request:
            guardrails.check_deployment(self.store, request["DeploymentConfig"], config)
        endpoint = Endpoint(request["EndpointName"], arn, **kept(request))
        self._run(endpoint, config)
        endpoint.variants = updates.initial(config, "ProductionVariants")
        self.store.endpoints[arn] = endpoint
        return {"EndpointArn": arn}

    def update_endpoint(self, request: Request) -> Answer:
        endpoint = self.store.endpoint(request["EndpointName"])
        new = self.store.config(request["EndpointConfigName"])
        in_use = self.store.arn("endpoint-config", endpoint.request["EndpointConfigName"])
        if new.arn == in_use:
            # Wording not sourced; the rule is in UpdateEndpoint's documentation.
            raise Refusal(
                f'Cannot update endpoint "{endpoint.arn}" with the endpoint configuration that it '
                f'uses, "{new.arn}".'
            )
        check_components_stay(self.store, endpoint, new.request)
        scaled = self.store.scaled_variants(endpoint.name)
        updates.check_update(endpoint.variants, new.request, scaled)
        if "DeploymentConfig" in request:
            guardrails.check_deployment(self.store, request["DeploymentConfig"], new.request)
            guardrails.check_same_variants(endpoint.variants, new.request)
        self._run(endpoint, new.request)
        endpoint.variants = updates.after_update(endpoint.variants, new.request, request)
        endpoint.request["EndpointConfigName"] = request["EndpointConfigName"]
        if not request.get("RetainDeploymentConfig", False):
            endpoint.request.pop("DeploymentConfig", None)
            if "DeploymentConfig" in request:
                endpoint.request["DeploymentConfig"] = deepcopy(request["DeploymentConfig"])
        endpoint.updated = datetime.now(UTC)
        return {"EndpointArn": endpoint.arn}

    def update_weights_and_capacities(self, request: Request) -> Answer:
        endpoint = self.store.endpoint(request["EndpointName"])
        wanted = request["DesiredWeightsAndCapacities"]
        for change in wanted:
            if change["VariantName"] not in endpoint.variants:
                # Wording not sourced.
                raise Refusal(f'Could not find variant "{change["VariantName"]}".')
        if any("DesiredInstanceCount" in change for change in wanted):
            announce(self.store, endpoint.config)
        for change in wanted:
            updates.set_capacity(endpoint.variants[change["VariantName"]], change)
        endpoint.updated = datetime.now(UTC)
        return {"EndpointArn": endpoint.arn}

    def describe_endpoint(self, request: Request) -> Answer:
        endpoint = self.store.endpoint(request["EndpointName"])
        answer: Answer = {
            "EndpointName": endpoint.name,
            "EndpointArn": endpoint.arn,
            "EndpointConfigName": endpoint.request["EndpointConfigName"],
            "ProductionVariants": list(endpoint.variants.values()),
            "EndpointStatus": "InService",
            "CreationTime": endpoint.created,
            "LastModifiedTime": endpoint.changed,
        }
        if endpoint.shadows:
            answer["ShadowProductionVariants"] = list(endpoint.shadows.values())
        if "DeploymentConfig" in endpoint.request:
            answer["LastDeploymentConfig"] = endpoint.request["DeploymentConfig"]
        return answer | updates.capabilities(endpoint.config)

    def delete_endpoint(self, request: Request) -> Answer:
        """Configurations and models stay; the variants' scalable targets go, as in AWS."""
        endpoint = self.store.endpoint(request["EndpointName"])
        if self.components.of(endpoint.arn):
            # gh:gruntwork-io/cloud-nuke#1142; also gh:aws/amazon-sagemaker-feedback#49
            raise Refusal(
                "Cannot delete endpoint with inference component associated. Please delete "
                "inference component and try it again."
            )
        self.store.deregister(f"endpoint/{endpoint.name}")
        del self.store.endpoints[endpoint.arn]
        return {}

    def list_endpoints(self, request: Request) -> Answer:
        return listing(self.store.endpoints.values(), request, "Endpoints", _endpoint_summary)

    def _run(self, endpoint: Endpoint, config: Request) -> None:
        """Lets an endpoint run a configuration, if that can be."""
        self._models(config)
        announce(self.store, config)
        endpoint.config = deepcopy(config)
        endpoint.shadows = updates.initial(config, "ShadowProductionVariants")

    def _models(self, config: Request) -> dict[str, Request]:
        """The models of a configuration's variants, by name; all of them must exist."""
        variants = config_checks.all_variants(config)
        names = [variant["ModelName"] for variant in variants if "ModelName" in variant]
        return {name: self.store.model(name).request for name in names}


def _endpoint_summary(endpoint: Endpoint) -> Answer:
    state = {"LastModifiedTime": endpoint.changed, "EndpointStatus": "InService"}
    return summarized("Endpoint", endpoint) | state


class HostingBackend(moto_models.SageMakerModelBackend):
    """moto's SageMaker with its hosting part replaced."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.hosting = Hosting(account_id, region_name)

    @property
    def _url_module(self) -> Any:
        return moto_urls


class HostingResponse(CheckedResponse, SageMakerResponse):
    """Routes the hosting operations to `Hosting`, everything else to moto."""

    def own_operations(self) -> Mapping[str, Operation]:
        found = hosting(self.current_account, self.region)
        return {**found.operations(), **found.store.tag_operations(self._request())}


def hosting(account: str, region: str) -> Hosting:
    """The hosting state of an account and region."""
    backend = moto_models.sagemaker_backends[account][region]
    if not isinstance(backend, HostingBackend):
        raise TypeError("the embedded AWS is not installed: moto answers for SageMaker itself")
    return backend.hosting


def install() -> None:
    """Puts this behaviour in moto's place."""
    backends: BackendDict[Any] = moto_models.sagemaker_backends
    backends.backend = HostingBackend
    backends.clear()
    moto_urls.url_paths["{0}/$"] = HostingResponse.dispatch
