"""The whole reference app: deployed, deployed again with a new version, destroyed."""

import json
from pathlib import Path

import pytest
from aws_cdk import App

from app import build
from deploying import bootstrap, cdk, left
from local.embedded import EmbeddedAws
from support import CONTEXT

pytestmark = pytest.mark.cli

MODELS = ("fraud", "fraud-quiet", "fraud-months", "fraud-shops", "fraud-shared", "fraud-raw")


def assembly(directory: Path, **context: str) -> str:
    app = App(context={**CONTEXT, **context}, outdir=str(directory), analytics_reporting=False)
    build(app)
    app.synth()
    return str(directory)


def test_it_deploys_twice_and_destroy_leaves_only_what_is_retained(tmp_path: Path) -> None:
    first, second = assembly(tmp_path / "1"), assembly(tmp_path / "2", team="other")
    with EmbeddedAws() as aws:
        bootstrap(aws)
        before = left(aws)
        for directory in (first, second):
            ended = cdk(aws, "deploy", "--all", "--app", directory, "--require-approval", "never")
            assert ended.returncode == 0, ended.stdout
        endpoints = aws.client("sagemaker").list_endpoints()["Endpoints"]
        assert {endpoint["EndpointName"] for endpoint in endpoints} == {
            f"other-project-a-{model}-ep" for model in MODELS
        }
        assert aws.unknown_types() == [], json.dumps(aws.unknown_types())
        ended = cdk(aws, "destroy", "--all", "--app", second, "--force")
        assert ended.returncode == 0, ended.stdout
        assert left(aws) == before
