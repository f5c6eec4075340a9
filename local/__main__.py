"""Deploys the app to the embedded AWS and shows what runs: `python -m local [--keep] [--region
R]`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from local import report
from local.embedded import ACCOUNT, EmbeddedAws

_ROOT = Path(__file__).resolve().parent.parent
_QUIET = ("--no-notices", "--ci")


class PhaseError(Exception):
    """A phase of the run failed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs all phases and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the embedded AWS running")
    parser.add_argument("--region", default="us-east-1")
    options = parser.parse_args(arguments)
    # A plain SIGTERM would skip the clean-up that ends the server.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(143))
    try:
        with EmbeddedAws(options.region, keep=options.keep) as aws:
            complete = run(aws)
            if options.keep:
                print(_how_to_talk(aws))
            return 0 if complete else 1
    except PhaseError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def run(aws: EmbeddedAws) -> bool:
    """Synthesizes, bootstraps, deploys and reports; says whether everything that was asked for
    runs.
    """
    print(f"embedded AWS on {aws.url} ({aws.region}), log in {aws.log}")
    assembly = _ROOT / "cdk.out"
    with _phase("synthesize"):
        _cdk(aws, "synth", "--strict", "--quiet", "--output", str(assembly))
    with _phase("bootstrap"):
        _cdk(aws, "bootstrap", f"aws://{ACCOUNT}/{aws.region}", "--app", str(assembly))
    with _phase("deploy"):
        _cdk(aws, "deploy", "--all", "--app", str(assembly), "--require-approval", "never")
    with _phase("read back"):
        findings = read(aws)
        complaints = _compare(aws, assembly, findings)
    print()
    print(report.table(report.rows(findings)))
    print()
    if findings.jobs:
        print(report.table(report.job_rows(findings), report.JOB_HEADINGS))
        print()
    for row in aws.unknown_types():
        print(f"not known to the embedded AWS: {row['type']} ({row['stack']}/{row['logicalId']})")
    for complaint in complaints:
        print(f"missing: {complaint}", file=sys.stderr)
    return not complaints


@contextlib.contextmanager
def _phase(name: str) -> Iterator[None]:
    started = time.monotonic()
    print(f"{name} …", flush=True)
    yield
    print(f"{name}: {time.monotonic() - started:.1f} s", flush=True)


def _cdk(aws: EmbeddedAws, *arguments: str) -> None:
    """Runs the CDK CLI of the checkout. Its output is shown only when it fails."""
    environment = aws.environment
    npx = shutil.which("npx", path=environment["PATH"])
    if npx is None:
        raise PhaseError("npx is not on the path; the virtual environment should bring Node")
    command = [npx, "--no-install", "cdk", *arguments, *_QUIET]
    started = subprocess.Popen(
        command,
        cwd=_ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = started.communicate()
    except BaseException:
        # npx runs the CLI and that runs the app: the whole group has to go, not only npx.
        os.killpg(started.pid, signal.SIGTERM)
        started.wait()
        raise
    if started.returncode:
        print(output)
        raise PhaseError(f"cdk {arguments[0]} failed with exit code {started.returncode}")


def read(aws: EmbeddedAws) -> report.Findings:
    """Reads back what runs, through the same API as any user."""
    sagemaker = aws.client("sagemaker")
    by_name = {"SortBy": "Name", "SortOrder": "Ascending"}
    listed = _all(sagemaker, "list_endpoints", "Endpoints", **by_name)
    return report.Findings(
        endpoints=[_read_endpoint(sagemaker, endpoint["EndpointName"]) for endpoint in listed],
        targets=_all(
            aws.client("application-autoscaling"),
            "describe_scalable_targets",
            "ScalableTargets",
            ServiceNamespace="sagemaker",
        ),
        alarms=_all(aws.client("cloudwatch"), "describe_alarms", "MetricAlarms"),
        jobs=[
            sagemaker.describe_transform_job(TransformJobName=job["TransformJobName"])
            for job in _all(sagemaker, "list_transform_jobs", "TransformJobSummaries", **by_name)
        ],
    )


def _read_endpoint(sagemaker: Any, name: str) -> report.Endpoint:
    endpoint = sagemaker.describe_endpoint(EndpointName=name)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    variants = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
    names = {v["ModelName"] for v in variants if "ModelName" in v}
    models = {model: sagemaker.describe_model(ModelName=model) for model in sorted(names)}
    listed = _all(
        sagemaker,
        "list_inference_components",
        "InferenceComponents",
        EndpointNameEquals=name,
        SortBy="Name",
        SortOrder="Ascending",
    )
    components = [
        sagemaker.describe_inference_component(InferenceComponentName=c["InferenceComponentName"])
        for c in listed
    ]
    return report.Endpoint(endpoint, config, models, components)


def _all(client: Any, operation: str, member: str, **request: Any) -> list[Any]:
    pages = client.get_paginator(operation).paginate(**request)
    return [item for page in pages for item in page[member]]


def _compare(aws: EmbeddedAws, assembly: Path, findings: report.Findings) -> list[str]:
    cloudformation = aws.client("cloudformation")
    complaints: list[str] = []
    for stack, template in templates(assembly):
        resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
        complaints += report.missing(stack, template, resources, findings)
    return complaints


def templates(assembly: Path) -> list[tuple[str, dict[str, Any]]]:
    """The stacks of a cloud assembly, nested assemblies (stages) included, with their templates."""
    manifest = json.loads((assembly / "manifest.json").read_text())
    found: list[tuple[str, dict[str, Any]]] = []
    for artifact_id, artifact in manifest.get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "aws:cloudformation:stack":
            template = json.loads((assembly / properties["templateFile"]).read_text())
            found.append((properties.get("stackName", artifact_id), template))
        elif artifact["type"] == "cdk:cloud-assembly":
            found += templates(assembly / properties["directoryName"])
    return found


def _how_to_talk(aws: EmbeddedAws) -> str:
    exports = "\n".join(f"export {name}={value}" for name, value in aws.variables.items())
    return f"""
The embedded AWS keeps running on {aws.url} (process {aws.pid}). To talk to it:

{exports}
python -c "import boto3; print(boto3.client('sagemaker').list_endpoints()['Endpoints'])"
aws sagemaker list-endpoints
npx cdk deploy --all --require-approval never

To stop it:

{aws.stop_command}
"""


if __name__ == "__main__":
    sys.exit(main())
