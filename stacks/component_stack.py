"""An inference component endpoint: two models share instances, and none run while nobody calls."""

from typing import Any

from aws_cdk import Duration, Size, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_sagemaker_inference import (
    ComponentAlarms,
    ComponentResources,
    ComponentRolling,
    CopyScaling,
    InferenceComponentEndpoint,
    InstanceAlarms,
    ManagedInstanceScaling,
    NamingScheme,
    RoutingStrategy,
)
from stacks.fraud_model.container import fraud_container
from stacks.parts import encryption_key, operations_topic


class ComponentStack(Stack):
    """Scores card and transfer fraud on the same instances."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: NamingScheme,
        vpc: ec2.IVpc,
        **kwargs: Any,
    ) -> None:
        """Compose the endpoint.

        :param naming: names and tags of the endpoint.
        :param vpc: network that the instances are in.
        """
        super().__init__(scope, construct_id, **kwargs)
        key = encryption_key(self, "Encrypts alarms")
        operations = operations_topic(self, key)
        self.endpoint = InferenceComponentEndpoint(
            self,
            "Shared",
            naming=naming,
            instance_type="ml.m5.2xlarge",
            instance_scaling=ManagedInstanceScaling(min_instance_count=0, max_instance_count=4),
            routing_strategy=RoutingStrategy.LEAST_OUTSTANDING_REQUESTS,
            alarms=InstanceAlarms(topic=operations),
            dashboard=True,
            vpc=vpc,
            outputs=True,
        )
        for name, max_copies in (("cards", 6), ("transfers", 2)):
            self.endpoint.add_model(
                name,
                model=fraud_container(environment={"FRAUD_KIND": name}),
                resources=ComponentResources(cpu_cores=2, min_memory=Size.gibibytes(4)),
                scaling=CopyScaling.on_concurrent_requests(
                    min_capacity=0, max_capacity=max_copies, per_copy=4
                ),
                deployment=ComponentRolling(percent=50, bake=Duration.minutes(5)),
                alarms=ComponentAlarms(topic=operations),
            )
