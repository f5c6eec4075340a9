"""The reference app: picks environments; the stacks compose."""

import aws_cdk as cdk

from cdk_sagemaker_inference import Naming
from stacks.network_stack import NetworkStack
from stacks.realtime_stack import RealtimeStack


def build(app: cdk.App) -> None:
    """Add the stacks of one environment to an app.

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
    network = NetworkStack(app, f"{project}-network-{environment}", env=env)
    RealtimeStack(
        app,
        f"{project}-realtime-{environment}",
        naming=Naming(
            team=team, project=project, model="fraud", version=1, environment=environment
        ),
        vpc=network.vpc,
        env=env,
    )


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
