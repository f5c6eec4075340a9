"""The reference app: picks environments and the rules that it keeps; the stacks compose."""

from functools import partial

import aws_cdk as cdk
import cdk_nag

from cdk_sagemaker_inference import Naming
from stacks.async_stack import AsyncStack
from stacks.batch_stack import BatchStack
from stacks.component_stack import ComponentStack
from stacks.multi_model_stack import MultiModelStack
from stacks.network_stack import NetworkStack
from stacks.pipeline_stack import PipelineStack
from stacks.realtime_stack import RealtimeStack
from stacks.serverless_stack import ServerlessStack


def build(app: cdk.App) -> None:
    """Add the stacks of one environment to an app, one for each way to serve.

    Context: ``team``, ``project``, ``environment`` (names and tags), ``account`` and ``region``
    (default: wherever the templates are deployed).
    """

    def context(key: str, default: str | None) -> str | None:
        value = app.node.try_get_context(key)
        return default if value is None else str(value)

    team = context("team", "rc")
    project = context("project", "project-a")
    environment = context("environment", "dev")
    assert team is not None
    assert project is not None
    env = cdk.Environment(account=context("account", None), region=context("region", None))

    def stack(kind: str) -> str:
        return f"{project}-{kind}-{environment}"

    naming = partial(Naming, team=team, project=project, version=1, environment=environment)
    network = NetworkStack(app, stack("network"), env=env)
    vpc, logs = network.vpc, network.access_logs
    RealtimeStack(
        app, stack("realtime"), naming=naming(model="fraud"), vpc=vpc, access_logs=logs, env=env
    )
    ServerlessStack(app, stack("serverless"), naming=naming(model="fraud-quiet"), env=env)
    AsyncStack(
        app, stack("async"), naming=naming(model="fraud-months"), vpc=vpc, access_logs=logs, env=env
    )
    MultiModelStack(
        app, stack("multi-model"), naming=naming(model="fraud-shops"), access_logs=logs, env=env
    )
    ComponentStack(app, stack("components"), naming=naming(model="fraud-shared"), vpc=vpc, env=env)
    PipelineStack(app, stack("pipeline"), naming=naming(model="fraud-raw"), env=env)
    BatchStack(
        app,
        stack("batch"),
        naming=naming(model="fraud-check"),
        night_naming=naming(model="fraud-nightly"),
        vpc=vpc,
        access_logs=logs,
        env=env,
    )


def check(app: cdk.App) -> None:
    """Let cdk-nag's rule packs look at the app; a finding that nobody acknowledges ends the synth.

    It takes half a second.
    """
    cdk.Validations.of(app).add_plugins(
        cdk_nag.AwsSolutionsChecks(app),
        cdk_nag.ServerlessChecks(app),
        cdk_nag.NIST80053R5Checks(app),
        cdk_nag.HIPAASecurityChecks(app),
        cdk_nag.PCIDSS321Checks(app),
    )


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    check(app)
    app.synth()
