"""SageMaker's hosting API: models, endpoint configurations and endpoints.

Requests are kept whole, so that Describe answers with everything that was asked for. Refusals
carry AWS's words; a comment marks those whose wording no public source was found for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.core.base_backend import BackendDict
from moto.sagemaker import models as moto_models
from moto.sagemaker import urls as moto_urls
from moto.sagemaker.responses import SageMakerResponse
from moto.utilities.utils import get_partition

from local.services import sagemaker_checks as checks
from local.services import sagemaker_updates as updates
from local.services.api import (
    Answer,
    CheckedResponse,
    Operation,
    Refusal,
    Request,
    page,
    tag_list,
    tags_of,
)


@dataclass
class Stored:
    """A model, endpoint configuration or endpoint, as it was asked for."""

    name: str
    arn: str
    request: Request
    tags: dict[str, str]
    created: datetime
    variants: dict[str, Answer] = field(default_factory=dict)
    shadows: dict[str, Answer] = field(default_factory=dict)
    updated: datetime | None = None


class Hosting:
    """The hosting resources of one account and region. ARNs carry lower-case names and are the
    keys.
    """

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.models: dict[str, Stored] = {}
        self.configs: dict[str, Stored] = {}
        self.endpoints: dict[str, Stored] = {}
        # Application Auto Scaling looks at variants and moves them; it registers itself here.
        self.scaled_variants: Callable[[str], set[str]] = lambda _endpoint: set()
        self.deregister: Callable[[str], None] = lambda _endpoint: None

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a hosting resource; SageMaker lower-cases the name."""
        partition = get_partition(self.region)
        return f"arn:{partition}:sagemaker:{self.region}:{self.account}:{kind}/{name.lower()}"

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
        }

    def tag_operations(self, request: Request) -> Mapping[str, Operation]:
        """The tag operations, if the request's ARN is one of a hosting resource."""
        if self._find_by_arn(request.get("ResourceArn", "")) is None:
            return {}
        return {
            "AddTags": self.add_tags,
            "ListTags": self.list_tags,
            "DeleteTags": self.delete_tags,
        }

    def create_model(self, request: Request) -> Answer:
        arn = self.arn("model", request["ModelName"])
        if arn in self.models:
            raise Refusal(f'Cannot create already existing model "{arn}".')
        checks.check_model(self.account, self.region, request)
        self.models[arn] = self._store(request["ModelName"], arn, request)
        return {"ModelArn": arn}

    def describe_model(self, request: Request) -> Answer:
        model = self._find(self.models, "model", request["ModelName"], "model")
        return model.request | {
            "ModelArn": model.arn,
            "CreationTime": model.created,
            "EnableNetworkIsolation": model.request.get("EnableNetworkIsolation", False),
        }

    def delete_model(self, request: Request) -> Answer:
        del self.models[self._find(self.models, "model", request["ModelName"], "model").arn]
        return {}

    def list_models(self, request: Request) -> Answer:
        return self._listing(self.models, request, "Models", "Model")

    def create_endpoint_config(self, request: Request) -> Answer:
        arn = self.arn("endpoint-config", request["EndpointConfigName"])
        if arn in self.configs:
            raise Refusal(f'Cannot create already existing endpoint configuration "{arn}".')
        checks.check_endpoint_config(self.account, self.region, request)
        for variant in checks.all_variants(request):
            if "ModelName" in variant:
                self._find(self.models, "model", variant["ModelName"], "model")
            variant.setdefault("InitialVariantWeight", 1.0)
        self.configs[arn] = self._store(request["EndpointConfigName"], arn, request)
        return {"EndpointConfigArn": arn}

    def describe_endpoint_config(self, request: Request) -> Answer:
        config = self._config(request["EndpointConfigName"])
        times = {"EndpointConfigArn": config.arn, "CreationTime": config.created}
        return config.request | times

    def delete_endpoint_config(self, request: Request) -> Answer:
        del self.configs[self._config(request["EndpointConfigName"]).arn]
        return {}

    def list_endpoint_configs(self, request: Request) -> Answer:
        return self._listing(self.configs, request, "EndpointConfigs", "EndpointConfig")

    def create_endpoint(self, request: Request) -> Answer:
        arn = self.arn("endpoint", request["EndpointName"])
        if arn in self.endpoints:
            raise Refusal(f'Cannot create already existing endpoint "{arn}".')
        config = self._config(request["EndpointConfigName"])
        if "DeploymentConfig" in request:
            updates.check_deployment_config(request["DeploymentConfig"], config.request)
        self._require_models(config)
        endpoint = self._store(request["EndpointName"], arn, request)
        endpoint.variants = updates.initial(config.request, "ProductionVariants")
        endpoint.shadows = updates.initial(config.request, "ShadowProductionVariants")
        self.endpoints[arn] = endpoint
        return {"EndpointArn": arn}

    def update_endpoint(self, request: Request) -> Answer:
        endpoint = self._endpoint(request["EndpointName"])
        new = self._config(request["EndpointConfigName"])
        updates.check_update(
            endpoint.arn,
            new.arn,
            request,
            current_config=self.arn("endpoint-config", endpoint.request["EndpointConfigName"]),
            current=endpoint.variants,
            new=new.request,
            scaled=self.scaled_variants(endpoint.name),
        )
        self._require_models(new)
        endpoint.variants = updates.after_update(endpoint.variants, new.request, request)
        endpoint.shadows = updates.initial(new.request, "ShadowProductionVariants")
        endpoint.request["EndpointConfigName"] = request["EndpointConfigName"]
        if not request.get("RetainDeploymentConfig", False):
            endpoint.request.pop("DeploymentConfig", None)
            if "DeploymentConfig" in request:
                endpoint.request["DeploymentConfig"] = deepcopy(request["DeploymentConfig"])
        endpoint.updated = datetime.now(UTC)
        return {"EndpointArn": endpoint.arn}

    def update_weights_and_capacities(self, request: Request) -> Answer:
        endpoint = self._endpoint(request["EndpointName"])
        for wanted in request["DesiredWeightsAndCapacities"]:
            variant = endpoint.variants.get(wanted["VariantName"])
            if variant is None:
                # Wording not sourced.
                raise Refusal(f'Could not find variant "{wanted["VariantName"]}".')
            updates.set_capacity(variant, wanted)
        endpoint.updated = datetime.now(UTC)
        return {"EndpointArn": endpoint.arn}

    def describe_endpoint(self, request: Request) -> Answer:
        endpoint = self._endpoint(request["EndpointName"])
        config = self.configs.get(
            self.arn("endpoint-config", endpoint.request["EndpointConfigName"])
        )
        answer: Answer = {
            "EndpointName": endpoint.name,
            "EndpointArn": endpoint.arn,
            "EndpointConfigName": endpoint.request["EndpointConfigName"],
            "ProductionVariants": list(endpoint.variants.values()),
            "EndpointStatus": "InService",
            "CreationTime": endpoint.created,
            "LastModifiedTime": endpoint.updated or endpoint.created,
        }
        if endpoint.shadows:
            answer["ShadowProductionVariants"] = list(endpoint.shadows.values())
        if "DeploymentConfig" in endpoint.request:
            answer["LastDeploymentConfig"] = endpoint.request["DeploymentConfig"]
        if config is not None:
            answer |= updates.capabilities(config.request)
        return answer

    def delete_endpoint(self, request: Request) -> Answer:
        """Configurations and models stay; the variants' scalable targets go, as in AWS."""
        endpoint = self._endpoint(request["EndpointName"])
        self.deregister(endpoint.name)
        del self.endpoints[endpoint.arn]
        return {}

    def list_endpoints(self, request: Request) -> Answer:
        return self._listing(self.endpoints, request, "Endpoints", "Endpoint")

    def add_tags(self, request: Request) -> Answer:
        stored = self._tagged(request)
        stored.tags |= tags_of(request)
        if len(stored.tags) > 50:
            # Wording not sourced.
            raise Refusal("The number of tags exceeds the limit of 50 per resource.")
        return {"Tags": tag_list(stored.tags)}

    def list_tags(self, request: Request) -> Answer:
        tags, token = page(tag_list(self._tagged(request).tags), request, 50)
        return {"Tags": tags, **token}

    def delete_tags(self, request: Request) -> Answer:
        stored = self._tagged(request)
        stored.tags = {k: v for k, v in stored.tags.items() if k not in request["TagKeys"]}
        return {}

    def find_variant(self, endpoint_name: str, variant_name: str) -> Answer | None:
        """The running state of a variant, for Application Auto Scaling."""
        endpoint = self.endpoints.get(self.arn("endpoint", endpoint_name))
        return None if endpoint is None else endpoint.variants.get(variant_name)

    def _store(self, name: str, arn: str, request: Request) -> Stored:
        kept = {key: deepcopy(value) for key, value in request.items() if key != "Tags"}
        return Stored(name, arn, kept, tags_of(request), datetime.now(UTC))

    def _find(self, stored: Mapping[str, Stored], kind: str, name: str, words: str) -> Stored:
        arn = self.arn(kind, name)
        if arn not in stored:
            raise Refusal(f'Could not find {words} "{arn}".')
        return stored[arn]

    def _config(self, name: str) -> Stored:
        return self._find(self.configs, "endpoint-config", name, "endpoint configuration")

    def _endpoint(self, name: str) -> Stored:
        return self._find(self.endpoints, "endpoint", name, "endpoint")

    def _require_models(self, config: Stored) -> None:
        for variant in checks.all_variants(config.request):
            if "ModelName" in variant:
                self._find(self.models, "model", variant["ModelName"], "model")

    def _find_by_arn(self, arn: str) -> Stored | None:
        for stored in (self.models, self.configs, self.endpoints):
            if arn in stored:
                return stored[arn]
        return None

    def _tagged(self, request: Request) -> Stored:
        stored = self._find_by_arn(request["ResourceArn"])
        if stored is None:
            raise Refusal(f"Could not find resource {request['ResourceArn']}.")
        return stored

    def _listing(
        self, stored: Mapping[str, Stored], request: Request, members: str, noun: str
    ) -> Answer:
        """A listing, sorted by creation time unless asked otherwise."""
        wanted = [s for s in stored.values() if request.get("NameContains", "") in s.name]
        by_name = request.get("SortBy") == "Name"
        wanted.sort(key=lambda s: s.name if by_name else s.created.isoformat())
        # The endpoint listings descend unless told otherwise, like ListModels.
        if request.get("SortOrder", "Descending") == "Descending":
            wanted.reverse()
        summaries = [self._summary(s, noun) for s in wanted]
        shown, token = page(summaries, request, 100)
        return {members: shown, **token}

    @staticmethod
    def _summary(stored: Stored, noun: str) -> Answer:
        summary: Answer = {
            f"{noun}Name": stored.name,
            f"{noun}Arn": stored.arn,
            "CreationTime": stored.created,
        }
        if noun == "Endpoint":
            changed = stored.updated if stored.updated is not None else stored.created
            summary |= {"LastModifiedTime": changed, "EndpointStatus": "InService"}
        return summary


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
        return {**found.operations(), **found.tag_operations(self._request())}


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
