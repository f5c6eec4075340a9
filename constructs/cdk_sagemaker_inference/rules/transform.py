"""Rules about batch transform jobs."""

import re
from collections import Counter
from collections.abc import Iterator

from aws_cdk import SizeRoundingBehavior

from ..instances import has_local_storage
from ..model import ModelDefinition, MultiContainerModel
from ..model_data import ArtifactForm
from ..request import EndpointType, PlacedRequest
from ..storage import prefix_problem
from ..tokens import is_token
from ..transform import AssembleWith, SplitType, TransformRequest
from ..transform_runs import MAX_WAIT_SECONDS, BatchSchedule, RunAtDeployment, RunOnDemand
from .containers import MAX_MODEL_URL_LENGTH, environment_findings, foreign_images
from .registry import Doubt, Finding, Rules, is_whole, rule

INSTANCES = range(1, 101)
PAYLOAD_MEBIBYTES = range(101)
MAX_TOTAL_PAYLOAD_MEBIBYTES = 100
DEFAULT_PAYLOAD_MEBIBYTES = 6
INVOCATION_TIMEOUT_SECONDS = range(1, 3601)
INVOCATION_RETRIES = range(4)
MAX_ENVIRONMENT_ENTRIES = 16
MAX_ENVIRONMENT_VALUE_LENGTH = 10240
MAX_FILTER_LENGTH = 63
MAX_CONTENT_TYPE_LENGTH = 256
POLLING_SECONDS = 30
RETRY_ATTEMPTS = range(186)
WINDOW_MINUTES = range(1, 1441)
CONCURRENT_JOBS = range(1, 1001)
JOB_ATTEMPTS = range(1, 11)

# CloudFormation has no transform job, so that no schema knows these: api:TransformInstanceType.
_SIZES_BY_FAMILY = {
    "m4": "xlarge 2xlarge 4xlarge 10xlarge 16xlarge",
    "c4": "xlarge 2xlarge 4xlarge 8xlarge",
    "p2": "xlarge 8xlarge 16xlarge",
    "p3": "2xlarge 8xlarge 16xlarge",
    "c5": "xlarge 2xlarge 4xlarge 9xlarge 18xlarge",
    "m5": "large xlarge 2xlarge 4xlarge 12xlarge 24xlarge",
    "m6i": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge",
    "c6i": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge",
    "r6i": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge",
    "m7i": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
    "c7i": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
    "r7i": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
    "g4dn": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
    "g5": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
    "trn1": "2xlarge 32xlarge",
    "inf2": "xlarge 8xlarge 24xlarge 48xlarge",
    "g6": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
    "g6e": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
}

_EXPERIMENT_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}")
_AMI_VERSION = re.compile(r"[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*")
_SCHEDULE_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,63}")
_PROCESSED_TYPES = ("text/csv", "application/json", "application/jsonlines")

RULES = Rules("batch transform jobs")


def _transform(placed: PlacedRequest) -> Iterator[TransformRequest]:
    if placed.request.transform is not None:
        yield placed.request.transform


def _at_deployment(placed: PlacedRequest) -> Iterator[RunAtDeployment]:
    if placed.request.runs is not None and placed.request.runs.at_deployment is not None:
        yield placed.request.runs.at_deployment


def _schedules(placed: PlacedRequest) -> Iterator[tuple[str, BatchSchedule]]:
    if placed.request.runs is not None:
        for index, schedule in enumerate(placed.request.runs.schedules):
            yield f"schedules[{index}]", schedule


def _on_demand(placed: PlacedRequest) -> Iterator[RunOnDemand]:
    if placed.request.runs is not None and placed.request.runs.on_demand is not None:
        yield placed.request.runs.on_demand


@rule(
    RULES,
    "transform-model",
    "A batch transform job runs a model of its own or an endpoint's, and not one that is loaded, "
    "called or accelerated otherwise.",
    source="api:CreateTransformJobRequest, dg:model-deploy-feature-matrix",
)
def _transform_model(placed: PlacedRequest) -> Iterator[Finding]:
    request = placed.request
    for transform in _transform(placed):
        given = request.transform_model is not None
        if given and not transform.own_model:
            yield Finding(
                argument="endpoint", value="given", problem="is beside model; give one of them"
            )
        if transform.endpoint_type in (
            EndpointType.MULTI_MODEL.value,
            EndpointType.SERVERLESS.value,
            EndpointType.COMPONENTS.value,
        ):
            yield Finding(
                argument="endpoint",
                value=transform.endpoint_type,
                problem="its models are not for batch transform",
                fix="pass model",
            )
        variants = transform.endpoint_variants
        name = transform.variant_name
        if name is not None and name not in variants:
            yield Finding(
                argument="variant_name",
                value=name,
                problem=f"the endpoint has {', '.join(map(repr, variants))}"
                if variants
                else "needs endpoint",
            )
        for argument, model in (
            ("model", request.transform_model),
            ("endpoint", transform.endpoint_model),
        ):
            if not isinstance(model, MultiContainerModel):
                continue
            yield Finding(
                argument=argument,
                value="MultiContainerModel",
                problem="a record of a batch cannot name a container",
                fix="use an InferencePipeline, or a job for each Container",
            )


@rule(
    RULES,
    "transform-network",
    "Network and role of an endpoint's model are the endpoint's.",
    source="convention of this library",
)
def _transform_network(placed: PlacedRequest) -> Iterator[Finding]:
    request = placed.request
    for transform in _transform(placed):
        if transform.own_model:
            continue
        said = {
            "vpc": request.vpc is not None,
            "enable_network_isolation": request.enable_network_isolation,
            "role": request.role is not None,
        }
        for argument, given in said.items():
            if given:
                yield Finding(
                    argument=argument, value="given", problem="is the endpoint's where endpoint is"
                )


@rule(
    RULES,
    "transform-uncompressed",
    "The artifact of a batch transform job is one .tar.gz archive.",
    source="api:ContainerDefinition",
)
def _transform_uncompressed(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        for argument, model in (
            ("model", placed.request.transform_model),
            ("endpoint", transform.endpoint_model),
        ):
            if not isinstance(model, ModelDefinition):
                continue
            for part, artifact in model.artifacts_by_argument.items():
                if artifact.form is ArtifactForm.UNCOMPRESSED:
                    yield Finding(
                        argument=f"{argument}{part}",
                        value=artifact.prefix_below,
                        problem="batch transform takes one .tar.gz archive",
                        fix="pack the files, and use ModelData.from_bucket",
                    )


@rule(
    RULES,
    "transform-instance-type",
    "Batch transform has instance types of its own; no t2, no Graviton, no p4 and p5 among them.",
    source="api:TransformInstanceType",
)
def _transform_instance_type(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        name = transform.instance_type
        if is_token(name):
            continue
        family, _, size = str(name).removeprefix("ml.").partition(".")
        sizes = _SIZES_BY_FAMILY.get(family, "").split()
        if not str(name).startswith("ml.") or size not in sizes:
            yield Finding(
                argument="instance_type",
                value=name,
                problem="is not among the instance types of batch transform",
                fix=f"{family} has {', '.join(sizes)}"
                if sizes
                else f"the families are {', '.join(_SIZES_BY_FAMILY)}",
            )


@rule(
    RULES,
    "transform-instance-count",
    "A batch transform job has 1 to 100 instances.",
    source="api:TransformResources",
)
def _transform_instance_count(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        count = transform.instance_count
        if not is_token(count) and (not is_whole(count) or count not in INSTANCES):
            yield Finding(
                argument="instance_count",
                value=count,
                problem="must be a whole number from 1 to 100",
            )


@rule(
    RULES,
    "transform-volume-key",
    "Instances with local storage take no key for their volumes.",
    source="api:TransformResources",
)
def _transform_volume_key(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        name = transform.instance_type
        if transform.volume_key is not None and not is_token(name) and has_local_storage(name):
            yield Finding(
                argument="encryption_key",
                value="given",
                problem=f"{name} has local storage, which its hardware encrypts",
                fix="leave encryption_key out",
            )


@rule(
    RULES,
    "transform-payload",
    "A request has 0 to 100 whole MiB, where 0 sends in parts; times the concurrent requests at "
    "most 100.",
    source="api:CreateTransformJobRequest",
)
def _transform_payload(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        concurrent = transform.max_concurrent_transforms
        size: float = DEFAULT_PAYLOAD_MEBIBYTES
        if transform.max_payload is not None:
            size = transform.max_payload.to_mebibytes(rounding=SizeRoundingBehavior.NONE)
            if not is_token(size) and size not in PAYLOAD_MEBIBYTES:
                yield Finding(
                    argument="max_payload",
                    value=f"{size:g} MiB",
                    problem="must be 0 to 100 whole MiB",
                )
                continue
        if concurrent is None or is_token(concurrent) or is_token(size):
            continue
        if not is_whole(concurrent) or concurrent < 0:
            yield Finding(
                argument="max_concurrent_transforms",
                value=concurrent,
                problem="must be a whole number from 0",
            )
        elif concurrent * size > MAX_TOTAL_PAYLOAD_MEBIBYTES:
            said = "" if transform.max_payload is not None else ", SageMaker's default"
            yield Finding(
                argument="max_concurrent_transforms",
                value=concurrent,
                problem=f"times max_payload of {size:g} MiB{said} is {concurrent * size:g}, above "
                f"{MAX_TOTAL_PAYLOAD_MEBIBYTES}",
                fix=f"at most {int(MAX_TOTAL_PAYLOAD_MEBIBYTES // size)}",
            )


@rule(
    RULES,
    "transform-strategy",
    "A batch strategy needs a split type, for without one an object is one request.",
    source="api:CreateTransformJobRequest",
)
def _transform_strategy(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        strategy = transform.batch_strategy
        if strategy is not None and transform.input.split_type is SplitType.NONE:
            yield Finding(
                argument="batch_strategy",
                value=strategy.name,
                problem="needs records to be cut from the objects",
                fix="input=TransformInput.from_…(…, split_type=SplitType.LINE)",
            )


@rule(
    RULES,
    "transform-input",
    "A job reads what is below a prefix, or what a manifest names.",
    source="api:TransformS3DataSource",
)
def _transform_input(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        given = transform.input
        if given.location is not None:
            prefix = given.location.prefix
            problem = prefix_problem(prefix, max_uri_length=MAX_MODEL_URL_LENGTH)
            if problem is not None:
                yield Finding(argument="input.location", value=prefix, problem=problem)
        key = None if given.file is None else given.file[1]
        problem = None if key is None else prefix_problem(key, max_uri_length=MAX_MODEL_URL_LENGTH)
        if problem is not None:
            yield Finding(
                argument="input.key",
                value=key,
                problem="must be the key of one object, without * and ? and slashes at its ends, "
                f"of {MAX_MODEL_URL_LENGTH} characters with the bucket's name",
            )
        yield from _long_type("input.content_type", given.content_type)


def _long_type(argument: str, name: str | None) -> Iterator[Finding]:
    if name is not None and not is_token(name) and len(name) > MAX_CONTENT_TYPE_LENGTH:
        yield Finding(
            argument=argument,
            value=f"{name[:20]}…",
            problem=f"may have {MAX_CONTENT_TYPE_LENGTH} characters",
        )


@rule(
    RULES,
    "transform-output",
    "A job writes below prefixes, beside what it reads.",
    source="api:TransformOutput",
)
def _transform_output(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        yield from _long_type("output.accept", transform.output.accept)
        said = {"output.location": transform.output.location}
        if transform.data_capture is not None:
            said["data_capture.location"] = transform.data_capture.location
        for argument, location in said.items():
            problem = prefix_problem(location.prefix, max_uri_length=MAX_MODEL_URL_LENGTH)
            if problem is not None:
                yield Finding(argument=argument, value=location.prefix, problem=problem)
                continue
            source = transform.input.location
            # What a manifest names does not grow by what is written.
            if source is None or transform.input.file is not None:
                continue
            if location.is_below(source):
                yield Finding(
                    argument=argument,
                    value=location.prefix,
                    problem=f"is below the input's prefix {source.prefix!r}, so that the "
                    "next run would read it",
                    fix="choose a prefix beside it",
                )


@rule(
    RULES,
    "transform-processing",
    "Filters are JSONPaths of 63 characters at most that begin with $; filtering and joining take "
    "CSV, JSON or JSON lines in and out, and CSV line by line.",
    source="api:DataProcessing, dg:batch-transform-data-processing",
)
def _transform_processing(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        processing = transform.processing
        if processing is None:
            continue
        filters = {
            "input_filter": processing.input_filter,
            "output_filter": processing.output_filter,
        }
        for argument, path in filters.items():
            if path is None or is_token(path):
                continue
            if not path.startswith("$") or len(path) > MAX_FILTER_LENGTH:
                yield Finding(
                    argument=f"processing.{argument}",
                    value=path,
                    problem=f"must begin with $ and have {MAX_FILTER_LENGTH} characters at most",
                )
        given, output = transform.input, transform.output
        types = {"input.content_type": given.content_type, "output.accept": output.accept}
        for argument, name in types.items():
            if not is_token(name) and (name is None or not name.startswith(_PROCESSED_TYPES)):
                yield Finding(
                    argument=argument,
                    value=name,
                    problem=f"processing takes {', '.join(_PROCESSED_TYPES)}",
                )
        for argument, name in types.items():
            if name is None or not name.startswith("text/csv"):
                continue
            if argument == "input.content_type" and given.split_type is not SplitType.LINE:
                yield Finding(
                    argument="input.split_type",
                    value=given.split_type.name,
                    problem="CSV is processed line by line",
                    fix="SplitType.LINE",
                )
            if argument == "output.accept" and output.assemble_with is not AssembleWith.LINE:
                yield Finding(
                    argument="output.assemble_with",
                    value=output.assemble_with.name,
                    problem="CSV is processed line by line",
                    fix="AssembleWith.LINE",
                )


@rule(
    RULES,
    "transform-environment",
    "A job has 16 environment variables at most, each key a C identifier of 1024 characters, each "
    "value of 10240 at most.",
    source="api:TransformEnvironmentMap",
)
def _transform_environment(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        yield from environment_findings(
            "environment",
            transform.environment,
            max_entries=MAX_ENVIRONMENT_ENTRIES,
            max_value_length=MAX_ENVIRONMENT_VALUE_LENGTH,
        )


@rule(
    RULES,
    "transform-client",
    "A request may take 1 to 3600 seconds, and is tried again 0 to 3 times.",
    source="api:ModelClientConfig",
)
def _transform_client(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        if transform.invocations_timeout is not None:
            seconds = transform.invocations_timeout.to_seconds(integral=False)
            if not is_token(seconds) and seconds not in INVOCATION_TIMEOUT_SECONDS:
                yield Finding(
                    argument="invocations_timeout",
                    value=f"{seconds:g} s",
                    problem="must be 1 to 3600 whole seconds",
                )
        retries = transform.invocations_max_retries
        if retries is None or is_token(retries):
            continue
        if not is_whole(retries) or retries not in INVOCATION_RETRIES:
            yield Finding(
                argument="invocations_max_retries",
                value=retries,
                problem="must be a whole number from 0 to 3",
            )


@rule(
    RULES,
    "transform-experiment",
    "Names of experiments, trials and runs have up to 120 letters, digits and inner hyphens.",
    source="api:ExperimentEntityName",
)
def _transform_experiment(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        if transform.experiment is None:
            continue
        for argument, name in vars(transform.experiment).items():
            if name is not None and not is_token(name) and not _EXPERIMENT_NAME.fullmatch(name):
                yield Finding(
                    argument=f"experiment.{argument}",
                    value=name,
                    problem="must be up to 120 letters, digits and inner hyphens",
                )


@rule(
    RULES,
    "transform-runs",
    "A job is started in some way, and each schedule by a name of its own.",
    source="convention of this library, api:ScheduleName",
)
def _transform_runs(placed: PlacedRequest) -> Iterator[Finding]:
    runs = placed.request.runs
    if runs is None:
        return
    if runs.at_deployment is None and not runs.schedules and runs.on_demand is None:
        yield Finding(
            argument="at_deployment",
            value=None,
            problem="nothing would start the job",
            fix="leave it out, or pass schedules or on_demand",
        )
    for name, count in Counter(schedule.name for schedule in runs.schedules).items():
        if count > 1:
            yield Finding(argument="schedules", value=name, problem=f"is the name of {count}")
    for argument, schedule in _schedules(placed):
        if is_token(schedule.name) or not _SCHEDULE_NAME.fullmatch(schedule.name):
            yield Finding(
                argument=f"{argument}.name",
                value=schedule.name,
                problem="must be a literal of up to 64 letters, digits and inner hyphens",
            )
        attempts = schedule.retry_attempts
        if not is_token(attempts) and not (is_whole(attempts) and attempts in RETRY_ATTEMPTS):
            yield Finding(
                argument=f"{argument}.retry_attempts",
                value=attempts,
                problem="must be a whole number from 0 to 185",
            )
        window = schedule.flexible_time_window
        minutes = None if window is None else window.to_minutes(integral=False)
        if minutes is not None and not is_token(minutes) and minutes not in WINDOW_MINUTES:
            yield Finding(
                argument=f"{argument}.flexible_time_window",
                value=f"{minutes:g} min",
                problem="must be 1 to 1440 whole minutes",
            )


@rule(
    RULES,
    "transform-wait",
    "A deployment waits at most an hour for a job, a multiple of 30 seconds and at least five "
    "minutes, for instances take that long to start.",
    source="cdk:custom-resources",
)
def _transform_wait(placed: PlacedRequest) -> Iterator[Finding]:
    for run in _at_deployment(placed):
        if run.wait_for_completion is None:
            continue
        seconds = run.wait_for_completion.to_seconds(integral=False)
        if is_token(seconds):
            yield Finding(
                argument="at_deployment.wait_for_completion",
                value=seconds,
                problem="must be a literal, for it is divided",
            )
        elif not 300 <= seconds <= MAX_WAIT_SECONDS or seconds % POLLING_SECONDS:
            yield Finding(
                argument="at_deployment.wait_for_completion",
                value=f"{seconds:g} s",
                problem=f"must be 300 to {MAX_WAIT_SECONDS} seconds, a multiple of "
                f"{POLLING_SECONDS}",
                fix="None starts the job and does not wait for its end"
                if seconds > MAX_WAIT_SECONDS
                else None,
            )


@rule(
    RULES,
    "transform-on-demand",
    "A state machine runs 1 to 1000 jobs at the same time, starts each 1 to 10 times, and waits "
    "for it whole seconds.",
    source="dg:step-functions map state",
)
def _transform_on_demand(placed: PlacedRequest) -> Iterator[Finding]:
    for run in _on_demand(placed):
        said = {
            "max_concurrency": (run.max_concurrency, CONCURRENT_JOBS),
            "max_attempts": (run.max_attempts, JOB_ATTEMPTS),
        }
        for argument, (value, allowed) in said.items():
            if not is_token(value) and (not is_whole(value) or value not in allowed):
                yield Finding(
                    argument=f"on_demand.{argument}",
                    value=value,
                    problem=f"must be a whole number from {allowed[0]} to {allowed[-1]}",
                )
        if run.timeout is None:
            continue
        seconds = run.timeout.to_seconds(integral=False)
        if not is_token(seconds) and (seconds < 1 or seconds % 1):
            yield Finding(
                argument="on_demand.timeout",
                value=f"{seconds:g} s",
                problem="must be whole seconds from 1",
            )


@rule(
    RULES,
    "transform-on-demand-capture",
    "Whether Step Functions passes on all that a job can be told is not documented.",
    source="dg:step-functions connect-sagemaker",
    warns=Doubt.UNVERIFIED,
)
def _transform_on_demand_capture(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        undocumented = {
            "data_capture": transform.data_capture is not None,
            "ami_version": transform.ami_version is not None,
        }
        for argument, given in undocumented.items():
            if given and any(True for _ in _on_demand(placed)):
                yield Finding(
                    argument=argument,
                    value="given",
                    problem="that the SageMaker integration of Step Functions takes it is not "
                    "documented",
                    fix="try on_demand before you count on it",
                )


@rule(
    RULES,
    "transform-ami-version",
    "The version of the instances' image is up to 63 letters, digits and inner hyphens.",
    source="api:TransformAmiVersion",
)
def _transform_ami_version(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        version = transform.ami_version
        if version is None or is_token(version):
            continue
        if not isinstance(version, str) or not _AMI_VERSION.fullmatch(version) or len(version) > 63:
            yield Finding(
                argument="ami_version",
                value=version,
                problem="must be up to 63 letters, digits and inner hyphens",
            )


@rule(
    RULES,
    "transform-isolation",
    "Whether batch transform isolates its network is documented in contradictory ways.",
    source="dg:model-deploy-feature-matrix, dg:mkt-algo-model-internet-free",
    warns=Doubt.CONFLICTING,
)
def _transform_isolation(placed: PlacedRequest) -> Iterator[Finding]:
    for _ in _transform(placed):
        if placed.request.enable_network_isolation:
            yield Finding(
                argument="enable_network_isolation",
                value=True,
                problem="AWS's feature matrix says that batch transform does not have it, while "
                "packages of the Marketplace demand it",
            )


@rule(
    RULES,
    "transform-self-traffic",
    "Security groups of several instances let each other in.",
    source="dg:batch-vpc",
    warns=Doubt.UNSEEN,
)
def _transform_self_traffic(placed: PlacedRequest) -> Iterator[Finding]:
    for transform in _transform(placed):
        for argument, groups in (
            ("security_groups", placed.request.security_groups),
            ("endpoint.security_groups", transform.endpoint_security_groups),
        ):
            if groups and transform.instance_count != 1:
                yield Finding(
                    argument=argument,
                    value=len(groups),
                    problem=f"must let the {transform.instance_count} instances talk to each other",
                    fix="group.connections.allow_internally(ec2.Port.all_traffic())",
                )


@rule(
    RULES,
    "transform-image-account",
    "Whether batch transform takes images of other accounts is inferred.",
    source="dg:model-deploy-feature-matrix",
    warns=Doubt.INFERRED,
)
def _transform_image_account(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.type is not EndpointType.BATCH:
        return
    for argument, account in foreign_images(placed):
        yield Finding(
            argument=argument,
            value=account,
            problem="is another account's, whose repository policy must let this account pull it",
        )
