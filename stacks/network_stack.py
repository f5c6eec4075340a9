"""What the endpoints share: a network, and a bucket for logs."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from stacks.parts import acknowledge, logs_bucket


class NetworkStack(Stack):
    """A VPC without internet, with a gateway to S3 for the models' artifacts, and the access logs
    of all buckets.

    It is a stack of its own because SageMaker's network interfaces outlive an endpoint by minutes,
    which would keep the subnets from being deleted in the same stack.
    """

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        """Make the VPC in two Availability Zones; it costs nothing while idle."""
        super().__init__(scope, construct_id, **kwargs)
        self.access_logs = logs_bucket(self, "Logs")
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Inference", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
                )
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
            },
        )
        self.vpc.add_flow_log(
            "FlowLog",
            # Below AWSLogs/ in it.
            destination=ec2.FlowLogDestination.to_s3(self.access_logs),
        )
        acknowledge(
            self.vpc,
            "Nothing uses the default security group: each endpoint has a group of its own, which "
            "lets nothing in. Emptying the default one takes a function that may change security "
            "groups.",
            "VPCDefaultSecurityGroupClosed",
        )
