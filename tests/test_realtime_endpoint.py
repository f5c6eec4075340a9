"""What a real-time endpoint puts into the template."""

from pathlib import Path

import pytest
from aws_cdk import App, Aws, CfnParameter, Duration, Environment, RemovalPolicy, Size, Stack, Tags
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker

from cdk_sagemaker_inference import (
    Container,
    ContainerImage,
    InferenceEndpoint,
    ModelData,
    Naming,
    RealtimeEndpoint,
    RoutingStrategy,
)
from support import ARCHIVE, CONTAINER, IMAGE_URI, NAMING, caller, realtime, synthesize

MODEL = "AWS::SageMaker::Model"
CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"
ROLE = "AWS::IAM::Role"
POLICY = "AWS::IAM::ManagedPolicy"
GROUP = "AWS::EC2::SecurityGroup"


def vpc(stack: Stack) -> ec2.Vpc:
    return ec2.Vpc(
        stack,
        "Vpc",
        max_azs=2,
        nat_gateways=0,
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Inference", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        ],
    )


class TestDefaults:
    def test_a_name_and_a_model_give_a_running_endpoint(self) -> None:
        assert synthesize(realtime()).types() == [POLICY, ROLE, ENDPOINT, CONFIG, MODEL]

    def test_names(self) -> None:
        result = synthesize(realtime())
        assert result.properties(ENDPOINT)["EndpointName"] == "rc-project-a-fraud-ep"
        model_name = result.properties(MODEL)["ModelName"]
        config_name = result.properties(CONFIG)["EndpointConfigName"]
        assert model_name.startswith("rc-project-a-fraud-v3-")
        assert config_name.startswith("rc-project-a-fraud-config-")
        assert len(model_name.rpartition("-")[2]) == len(config_name.rpartition("-")[2]) == 8

    def test_one_variant_with_a_constant_name(self) -> None:
        (variant,) = synthesize(realtime()).properties(CONFIG)["ProductionVariants"]
        assert variant.pop("ModelName")["Fn::GetAtt"][1] == "ModelName"
        assert variant == {
            "VariantName": "AllTraffic",
            "InstanceType": "ml.m5.xlarge",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 1,
        }

    def test_the_model_waits_for_the_policy_so_that_the_role_goes_last(self) -> None:
        result = synthesize(realtime())
        (policy_id,) = (
            key for key, value in result.template["Resources"].items() if value["Type"] == POLICY
        )
        assert result.resource(MODEL)["DependsOn"] == [policy_id]

    def test_nothing_is_written_that_nobody_asked_for(self) -> None:
        result = synthesize(realtime())
        assert sorted(result.properties(MODEL)) == [
            "ExecutionRoleArn",
            "ModelName",
            "PrimaryContainer",
            "Tags",
        ]
        assert sorted(result.properties(CONFIG)) == [
            "EndpointConfigName",
            "ProductionVariants",
            "Tags",
        ]
        assert sorted(result.properties(ENDPOINT)) == [
            "EndpointConfigName",
            "EndpointName",
            "Tags",
        ]
        assert "Outputs" not in result.template
        assert result.messages == []


class TestTags:
    EXPECTED = {
        "Environment": "prod",
        "Model": "fraud",
        "Project": "project-a",
        "Team": "rc",
        "Version": "3",
    }

    def test_every_taggable_resource_has_them(self) -> None:
        result = synthesize(lambda stack: realtime(vpc=vpc(stack))(stack))
        for resource_type in (ROLE, GROUP, MODEL, CONFIG, ENDPOINT):
            tags = result.properties(resource_type)["Tags"]
            assert {tag["Key"]: tag["Value"] for tag in tags} == self.EXPECTED, resource_type

    def test_the_users_own_tags_are_merged_and_win(self) -> None:
        def build(stack: Stack) -> None:
            Tags.of(stack).add("Team", "other")
            Tags.of(realtime()(stack)).add("CostCentre", "42")

        result = synthesize(build)
        for resource_type in (ROLE, MODEL, CONFIG, ENDPOINT):
            tags = result.properties(resource_type)["Tags"]
            assert {tag["Key"]: tag["Value"] for tag in tags} == self.EXPECTED | {
                "Team": "other",
                "CostCentre": "42",
            }


class TestWhatRuns:
    def test_image_of_a_repository_by_tag(self) -> None:
        def build(stack: Stack) -> None:
            repository = ecr.Repository.from_repository_name(stack, "Repository", "fraud")
            image = ContainerImage.from_ecr_repository(repository, tag="1.4.2")
            realtime(model=Container(image=image))(stack)

        result = synthesize(build, env=Environment(account="111111111111", region="eu-west-1"))
        uri = result.properties(MODEL)["PrimaryContainer"]["Image"]
        assert "/fraud:1.4.2" in str(uri)
        assert "repository/fraud" in str(result.statements()["PullImage"]["Resource"])

    def test_image_of_a_repository_by_digest(self) -> None:
        digest = "sha256:" + "0" * 64

        def build(stack: Stack) -> None:
            repository = ecr.Repository(stack, "Repository")
            image = ContainerImage.from_ecr_repository(repository, digest=digest)
            realtime(model=Container(image=image))(stack)

        result = synthesize(build)
        assert f"@{digest}" in str(result.properties(MODEL)["PrimaryContainer"]["Image"])

    def test_image_from_a_local_dockerfile(self, tmp_path: Path) -> None:
        (tmp_path / "Dockerfile").write_text("FROM scratch\n")
        image = ContainerImage.from_asset(str(tmp_path))
        result = synthesize(realtime(model=Container(image=image)))
        assert "container-assets" in str(result.properties(MODEL)["PrimaryContainer"]["Image"])
        assert "container-assets" in str(result.statements()["PullImage"]["Resource"])

    def test_image_by_uri_grants_exactly_its_repository(self) -> None:
        result = synthesize(realtime())
        assert result.properties(MODEL)["PrimaryContainer"]["Image"] == IMAGE_URI
        assert result.statements()["PullImage"]["Resource"] == {
            "Fn::Join": [
                "",
                [
                    "arn:",
                    {"Ref": "AWS::Partition"},
                    ":ecr:eu-west-1:123456789012:repository/fraud",
                ],
            ]
        }

    def test_image_of_a_private_registry_comes_through_the_vpc(self) -> None:
        def build(stack: Stack) -> None:
            provider = lambda_.Function.from_function_name(stack, "Provider", "credentials")
            image = ContainerImage.from_registry(
                "registry.example.com/fraud:1", credentials_provider=provider
            )
            realtime(model=Container(image=image), vpc=vpc(stack))(stack)

        result = synthesize(build)
        config = result.properties(MODEL)["PrimaryContainer"]["ImageConfig"]
        assert config["RepositoryAccessMode"] == "Vpc"
        assert "RepositoryCredentialsProviderArn" in config["RepositoryAuthConfig"]
        statements = result.statements()
        assert "PullImage" not in statements
        assert statements["GetRegistryCredentials"]["Action"] == "lambda:InvokeFunction"
        (rule,) = result.properties(GROUP)["SecurityGroupEgress"]
        assert (rule["FromPort"], rule["ToPort"]) == (443, 443)

    def test_image_of_awss_own_is_found_in_a_known_region(self) -> None:
        image = ContainerImage.from_dlc("pytorch-inference", tag="2.6.0-cpu-py312")
        result = synthesize(
            realtime(model=Container(image=image)), env=Environment(region="eu-south-1")
        )
        assert "692866216735.dkr.ecr.eu-south-1." in str(
            result.properties(MODEL)["PrimaryContainer"]["Image"]
        )
        assert "Mappings" not in result.template

    def test_images_of_awss_own_share_one_table_in_any_region(self) -> None:
        image = ContainerImage.from_dlc("pytorch-inference", tag="2.6.0-cpu-py312")

        def build(stack: Stack) -> None:
            for model in ("fraud", "churn"):
                RealtimeEndpoint(
                    stack,
                    model,
                    naming=Naming(team="rc", project="a", model=model),
                    model=Container(image=image),
                )

        assert list(synthesize(build).template["Mappings"]) == ["DeepLearningContainerAccounts"]

    def test_artifact_of_a_bucket_grants_exactly_its_key(self) -> None:
        def build(stack: Stack) -> None:
            bucket = s3.Bucket(stack, "Bucket", encryption=s3.BucketEncryption.KMS)
            data = ModelData.from_bucket(bucket, "fraud/3/model.tar.gz")
            realtime(model=Container(image=CONTAINER.image, data=data))(stack)

        result = synthesize(build)
        statements = result.statements()
        assert statements["ReadModelData"]["Action"] == "s3:GetObject"
        resource = statements["ReadModelData"]["Resource"]["Fn::Join"][1]
        assert resource[0]["Fn::GetAtt"][1] == "Arn"
        assert resource[1] == "/fraud/3/model.tar.gz"
        assert statements["DecryptModelData"]["Action"] == "kms:Decrypt"

    def test_artifact_by_uri_of_which_only_the_deployment_knows(self) -> None:
        def build(stack: Stack) -> None:
            parameter = CfnParameter(stack, "ModelUri")
            data = ModelData.from_uri(parameter.value_as_string)
            realtime(model=Container(image=CONTAINER.image, data=data))(stack)

        result = synthesize(build)
        assert result.properties(MODEL)["PrimaryContainer"]["ModelDataUrl"] == {"Ref": "ModelUri"}
        assert {"Fn::Select": [1, {"Fn::Split": ["s3://", {"Ref": "ModelUri"}]}]} in (
            result.statements()["ReadModelData"]["Resource"]["Fn::Join"][1]
        )

    def test_local_artifact_is_uploaded(self) -> None:
        data = ModelData.from_asset(str(ARCHIVE))
        result = synthesize(realtime(model=Container(image=CONTAINER.image, data=data)))
        url = str(result.properties(MODEL)["PrimaryContainer"]["ModelDataUrl"])
        assert ".tar.gz" in url
        assert ".tar.gz" in str(result.statements()["ReadModelData"]["Resource"])

    def test_no_artifact_no_permission(self) -> None:
        result = synthesize(realtime(model=Container(image=CONTAINER.image)))
        assert "ModelDataUrl" not in result.properties(MODEL)["PrimaryContainer"]
        assert "ReadModelData" not in result.statements()

    def test_environment_variables(self) -> None:
        container = Container(image=CONTAINER.image, environment={"WORKERS": "4"})
        result = synthesize(realtime(model=container))
        assert result.properties(MODEL)["PrimaryContainer"]["Environment"] == {"WORKERS": "4"}

    def test_endpoints_can_share_a_container(self) -> None:
        container = Container(image=CONTAINER.image, data=ModelData.from_asset(str(ARCHIVE)))

        def build(stack: Stack) -> None:
            for model in ("fraud", "churn"):
                RealtimeEndpoint(
                    stack,
                    model,
                    naming=Naming(team="rc", project="a", model=model),
                    model=container,
                )

        assert len(synthesize(build).of_type(ENDPOINT)) == 2


class TestExecutionRole:
    def test_a_minimal_request_has_minimal_permissions(self) -> None:
        statements = synthesize(realtime(model=Container(image=CONTAINER.image))).statements()
        assert sorted(statements) == [
            "LogInToRegistry",
            "PublishMetrics",
            "PullImage",
            "WriteLogs",
        ]

    def test_it_has_no_wildcard_but_where_the_action_takes_no_resource(self) -> None:
        statements = synthesize(realtime()).statements()
        assert {sid for sid, statement in statements.items() if statement["Resource"] == "*"} == {
            "PublishMetrics",
            "LogInToRegistry",
        }
        for statement in statements.values():
            actions = statement["Action"]
            assert "*" not in str(actions)

    def test_metrics_only_in_its_namespace(self) -> None:
        statement = synthesize(realtime()).statements()["PublishMetrics"]
        assert statement["Condition"] == {
            "StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/Endpoints"}
        }

    def test_logs_only_of_this_endpoint(self) -> None:
        resources = str(synthesize(realtime()).statements()["WriteLogs"]["Resource"])
        assert "log-group:/aws/sagemaker/Endpoints/rc-project-a-fraud-ep'" in resources
        assert "log-group:/aws/sagemaker/Endpoints/rc-project-a-fraud-ep:*'" in resources

    def test_only_sagemaker_on_behalf_of_this_account_may_assume_it(self) -> None:
        document = synthesize(realtime()).properties(ROLE)["AssumeRolePolicyDocument"]
        (statement,) = document["Statement"]
        assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
        assert statement["Condition"]["StringEquals"] == {
            "aws:SourceAccount": {"Ref": "AWS::AccountId"}
        }
        source = statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Join"][1]
        assert source[-1] == ":*"
        assert ":sagemaker:" in source

    def test_grants_go_to_customer_managed_policies(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = realtime()(stack)
            s3.Bucket(stack, "Bucket").grant_read(endpoint, "features/*")
            ecr.Repository(stack, "Repository").grant_pull(endpoint)

        result = synthesize(build)
        assert not result.of_type("AWS::IAM::Policy")
        assert "Policies" not in result.properties(ROLE)
        apart, own = (
            policy["Properties"]["PolicyDocument"]["Statement"]
            for policy in sorted(result.of_type(POLICY), key=lambda policy: len(str(policy)))
        )
        assert "/features/*" in str(own)
        # A resource that the endpoint's own statements have too.
        assert [(one["Action"], one["Resource"]) for one in apart] == [
            ("ecr:GetAuthorizationToken", "*")
        ]

    def test_a_role_of_the_users_gets_the_permissions(self) -> None:
        def build(stack: Stack) -> None:
            role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/models")
            realtime(role=role)(stack)

        result = synthesize(build)
        assert not result.of_type(ROLE)
        assert result.properties(MODEL)["ExecutionRoleArn"].endswith(":role/models")
        assert result.properties(POLICY)["Roles"] == ["models"]

    def test_a_role_of_the_users_can_be_left_as_it_is(self) -> None:
        def build(stack: Stack) -> None:
            role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/models")
            endpoint = realtime(role=role, attach_execution_policy=False)(stack)
            assert endpoint.policy is None

        result = synthesize(build)
        assert result.types() == [ENDPOINT, CONFIG, MODEL]


class TestNetworkAndEncryption:
    def test_a_group_of_its_own_lets_nothing_in_and_https_out_for_the_artifact(self) -> None:
        result = synthesize(lambda stack: realtime(vpc=vpc(stack))(stack))
        group = result.properties(GROUP)
        assert "SecurityGroupIngress" not in group
        (rule,) = group["SecurityGroupEgress"]
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)
        network = result.properties(MODEL)["VpcConfig"]
        assert len(network["Subnets"]) == 2
        assert len(network["SecurityGroupIds"]) == 1

    def test_without_an_artifact_the_group_is_closed(self) -> None:
        result = synthesize(
            lambda stack: realtime(vpc=vpc(stack), model=Container(image=CONTAINER.image))(stack)
        )
        (rule,) = result.properties(GROUP)["SecurityGroupEgress"]
        assert rule["CidrIp"] == "255.255.255.255/32"

    def test_interfaces_only_in_these_subnets_and_groups(self) -> None:
        result = synthesize(lambda stack: realtime(vpc=vpc(stack))(stack))
        statements = result.statements()
        resources = str(statements["CreateNetworkInterfaces"]["Resource"])
        assert resources.count(":subnet/") == 2
        assert resources.count(":security-group/") == 1
        assert statements["DescribeNetwork"]["Resource"] == "*"

    def test_subnets_shared_by_another_account_are_allowed(self) -> None:
        def build(stack: Stack) -> None:
            shared = ec2.Vpc.from_vpc_attributes(
                stack,
                "Vpc",
                vpc_id="vpc-0a1b2c3d",
                availability_zones=["eu-west-1a", "eu-west-1b"],
                private_subnet_route_table_ids=["rtb-0a1b2c3d", "rtb-1a2b3c4d"],
                private_subnet_ids=["subnet-0a1b2c3d", "subnet-1a2b3c4d"],
            )
            realtime(vpc=shared)(stack)

        resources = str(synthesize(build).statements()["CreateNetworkInterfaces"]["Resource"])
        assert ":*:subnet/subnet-0a1b2c3d" in resources

    def test_groups_of_the_users(self) -> None:
        def build(stack: Stack) -> None:
            network = vpc(stack)
            group = ec2.SecurityGroup(stack, "Group", vpc=network)
            endpoint = realtime(vpc=network, security_groups=[group])(stack)
            assert [made.security_group_id for made in endpoint.security_groups] == [
                group.security_group_id
            ]

        assert len(synthesize(build).of_type(GROUP)) == 1

    def test_an_endpoint_is_connectable(self) -> None:
        def build(stack: Stack) -> None:
            network = vpc(stack)
            endpoint = realtime(vpc=network)(stack)
            database = ec2.SecurityGroup(stack, "Database", vpc=network)
            endpoint.connections.allow_to(database, ec2.Port.tcp(5432))
            ec2.Connections(security_groups=[database]).allow_from(endpoint, ec2.Port.tcp(5433))

        result = synthesize(build)
        ports = {
            rule["Properties"]["FromPort"]
            for rule in result.of_type("AWS::EC2::SecurityGroupIngress")
        }
        assert ports == {5432, 5433}

    def test_without_a_vpc_there_is_nothing_to_connect(self) -> None:
        endpoint = realtime()(Stack(App(), "Test"))
        with pytest.raises(ValueError, match="has no security groups; pass vpc"):
            _ = endpoint.connections

    def test_subnets_that_do_not_exist_are_said_in_the_users_words(self) -> None:
        stack = Stack(App(), "Test")
        with pytest.raises(ValueError, match=r"vpc_subnets=.*no 'Public' subnet groups"):
            realtime(
                vpc=vpc(stack),
                vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            )(stack)

    def test_network_isolation(self) -> None:
        result = synthesize(realtime(enable_network_isolation=True))
        assert result.properties(MODEL)["EnableNetworkIsolation"] is True

    def test_volumes_under_the_users_key(self) -> None:
        result = synthesize(
            lambda stack: realtime(
                encryption_key=kms.Key(stack, "Key"), volume_size=Size.gibibytes(50)
            )(stack)
        )
        assert result.properties(CONFIG)["KmsKeyId"]["Fn::GetAtt"][1] == "Arn"
        (variant,) = result.properties(CONFIG)["ProductionVariants"]
        assert variant["VolumeSizeInGB"] == 50
        assert result.statements()["UseVolumeKey"]["Action"] == [
            "kms:CreateGrant",
            "kms:DescribeKey",
        ]

    def test_a_key_that_does_not_cover_local_storage_is_warned_about(self) -> None:
        result = synthesize(
            lambda stack: realtime(
                encryption_key=kms.Key(stack, "Key"), instance_type="ml.g5.xlarge"
            )(stack)
        )
        (message,) = result.messages
        assert "does not cover its local storage" in message


class TestEndpoint:
    def test_instances_timeouts_and_routing(self) -> None:
        result = synthesize(
            realtime(
                instance_type="ml.c5.xlarge",
                instance_count=3,
                model_data_download_timeout=Duration.minutes(20),
                container_startup_health_check_timeout=Duration.minutes(10),
                routing_strategy=RoutingStrategy.LEAST_OUTSTANDING_REQUESTS,
            )
        )
        (variant,) = result.properties(CONFIG)["ProductionVariants"]
        del variant["ModelName"]
        assert variant == {
            "VariantName": "AllTraffic",
            "InstanceType": "ml.c5.xlarge",
            "InitialInstanceCount": 3,
            "InitialVariantWeight": 1,
            "ModelDataDownloadTimeoutInSeconds": 1200,
            "ContainerStartupHealthCheckTimeoutInSeconds": 600,
            "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
        }

    def test_outputs_on_request(self) -> None:
        outputs = synthesize(realtime(outputs=True)).template["Outputs"].values()
        values = [output["Value"] for output in outputs]
        assert "rc-project-a-fraud-ep" in values
        assert ":endpoint/rc-project-a-fraud-ep" in str(values)

    def test_everything_made_is_a_public_attribute(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = realtime(vpc=vpc(stack))(stack)
            endpoint.cfn_endpoint.add_property_override("RetainDeploymentConfig", True)
            endpoint.cfn_endpoint_config.add_metadata("made", "by hand")
            endpoint.cfn_model.add_metadata("made", "by hand")
            assert endpoint.cfn_models == {"AllTraffic": endpoint.cfn_model}
            assert endpoint.policy is not None
            assert endpoint.role.role_arn
            assert len(endpoint.security_groups) == 1

        assert synthesize(build).properties(ENDPOINT)["RetainDeploymentConfig"] is True

    def test_the_removal_policy_is_the_endpoints(self) -> None:
        def build(stack: Stack) -> None:
            realtime()(stack).apply_removal_policy(RemovalPolicy.RETAIN)

        assert synthesize(build).resource(ENDPOINT)["DeletionPolicy"] == "Retain"

    def test_two_endpoints_of_one_stack_do_not_meet(self) -> None:
        def build(stack: Stack) -> None:
            for model in ("fraud", "churn"):
                RealtimeEndpoint(
                    stack,
                    model,
                    naming=Naming(team="rc", project="a", model=model),
                    model=CONTAINER,
                )

        result = synthesize(build)
        names = [resource["Properties"]["ModelName"] for resource in result.of_type(MODEL)]
        assert len(set(names)) == 2

    def test_a_bad_request_leaves_nothing_behind(self) -> None:
        stack = Stack(App(), "Test")
        with pytest.raises(ValueError, match="instance_count=0"):
            realtime(instance_count=0)(stack)
        assert stack.node.children == []


class TestCallers:
    def test_grant_invoke(self) -> None:
        def build(stack: Stack) -> None:
            realtime()(stack).grant_invoke(caller(stack))

        (policy,) = synthesize(build).of_type("AWS::IAM::Policy")
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        assert statement["Action"] == "sagemaker:InvokeEndpoint"
        assert ":endpoint/rc-project-a-fraud-ep" in str(statement["Resource"])

    def test_streaming_needs_both_actions(self) -> None:
        def build(stack: Stack) -> None:
            realtime()(stack).grant_invoke_streaming(caller(stack))

        (policy,) = synthesize(build).of_type("AWS::IAM::Policy")
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        assert statement["Action"] == [
            "sagemaker:InvokeEndpoint",
            "sagemaker:InvokeEndpointWithResponseStream",
        ]

    def test_a_caller_in_another_stack_does_not_tie_the_endpoints_stack(self) -> None:
        app = App()
        endpoint = realtime()(Stack(app, "Models"))
        stack = Stack(app, "Callers")
        endpoint.grant_invoke(caller(stack))
        template = app.synth().get_stack_by_name("Models").template
        assert "Outputs" not in template

    def test_api_gateway_takes_it_as_an_endpoint(self) -> None:
        def build(stack: Stack) -> None:
            api = apigateway.RestApi(stack, "Api", cloud_watch_role=False)
            api.root.add_method("POST", apigateway.SagemakerIntegration(realtime()(stack)))

        result = synthesize(build)
        integration = result.properties("AWS::ApiGateway::Method")["Integration"]
        assert "endpoints/rc-project-a-fraud-ep/invocations" in str(integration["Uri"])
        (policy,) = result.of_type("AWS::IAM::Policy")
        assert "sagemaker:InvokeEndpoint" in str(policy)

    def test_it_is_an_endpoint_for_type_checkers_too(self) -> None:
        endpoint: sagemaker.IEndpoint = realtime()(Stack(App(), "Test"))
        assert endpoint.endpoint_ref.endpoint_arn == endpoint.endpoint_arn


class TestMetrics:
    @pytest.mark.parametrize(
        ("method", "name", "namespace", "statistic"),
        [
            ("metric_invocations", "Invocations", "AWS/SageMaker", "Sum"),
            ("metric_invocations_per_instance", "InvocationsPerInstance", "AWS/SageMaker", "Sum"),
            ("metric_invocation_4xx_errors", "Invocation4XXErrors", "AWS/SageMaker", "Sum"),
            ("metric_invocation_5xx_errors", "Invocation5XXErrors", "AWS/SageMaker", "Sum"),
            ("metric_invocation_model_errors", "InvocationModelErrors", "AWS/SageMaker", "Sum"),
            ("metric_model_latency", "ModelLatency", "AWS/SageMaker", "Average"),
            ("metric_overhead_latency", "OverheadLatency", "AWS/SageMaker", "Average"),
            (
                "metric_concurrent_requests_per_model",
                "ConcurrentRequestsPerModel",
                "AWS/SageMaker",
                "Maximum",
            ),
            ("metric_cpu_utilization", "CPUUtilization", "/aws/sagemaker/Endpoints", "Average"),
            (
                "metric_memory_utilization",
                "MemoryUtilization",
                "/aws/sagemaker/Endpoints",
                "Average",
            ),
            ("metric_disk_utilization", "DiskUtilization", "/aws/sagemaker/Endpoints", "Average"),
            ("metric_gpu_utilization", "GPUUtilization", "/aws/sagemaker/Endpoints", "Average"),
            (
                "metric_gpu_memory_utilization",
                "GPUMemoryUtilization",
                "/aws/sagemaker/Endpoints",
                "Average",
            ),
        ],
    )
    def test_each_has_its_namespace_dimensions_and_statistic(
        self, method: str, name: str, namespace: str, statistic: str
    ) -> None:
        """Names and namespaces: Developer Guide, monitoring-cloudwatch."""
        endpoint = realtime()(Stack(App(), "Test"))
        metric = getattr(endpoint, method)()
        assert (metric.metric_name, metric.namespace, metric.statistic) == (
            name,
            namespace,
            statistic,
        )
        assert metric.dimensions == {
            "EndpointName": "rc-project-a-fraud-ep",
            "VariantName": "AllTraffic",
        }

    def test_options_win(self) -> None:
        endpoint = realtime()(Stack(App(), "Test"))
        metric = endpoint.metric_model_latency(statistic="p99", period=Duration.minutes(1))
        assert metric.statistic == "p99"
        assert metric.period.to_seconds() == 60

    def test_any_other_metric(self) -> None:
        endpoint = realtime()(Stack(App(), "Test"))
        assert endpoint.metric("ModelSetupTime").metric_name == "ModelSetupTime"

    def test_a_variant_that_does_not_exist_has_no_metric(self) -> None:
        endpoint = realtime()(Stack(App(), "Test"))
        with pytest.raises(ValueError, match="has the variants 'AllTraffic'"):
            endpoint.metric_invocations(variant_name="B")


class TestImports:
    def test_by_name_keeps_the_name_and_lowers_the_arn(self) -> None:
        stack = Stack(App(), "Test", env=Environment(account="123456789012", region="eu-west-1"))
        endpoint = InferenceEndpoint.from_endpoint_name(stack, "Imported", "Fraud-EP")
        assert endpoint.endpoint_name == "Fraud-EP"
        assert endpoint.endpoint_arn.endswith(":sagemaker:eu-west-1:123456789012:endpoint/fraud-ep")
        assert endpoint.metric_invocations().dimensions == {
            "EndpointName": "Fraud-EP",
            "VariantName": "AllTraffic",
        }

    def test_by_attributes_with_groups(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = InferenceEndpoint.from_endpoint_attributes(
                stack,
                "Imported",
                endpoint_arn="arn:aws:sagemaker:eu-west-1:123456789012:endpoint/fraud-ep",
                variant_names=["A", "B"],
                security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")],
            )
            assert endpoint.endpoint_name == "fraud-ep"
            endpoint.metric_invocations(variant_name="B")
            endpoint.connections.allow_to_any_ipv4(ec2.Port.tcp(5432))
            endpoint.grant_invoke(caller(stack))

        result = synthesize(build)
        assert "endpoint/fraud-ep" in str(result.properties("AWS::IAM::Policy"))

    def test_every_class_of_endpoint_imports(self) -> None:
        stack = Stack(App(), "Test")
        endpoint = RealtimeEndpoint.from_endpoint_name(stack, "Imported", "fraud-ep")
        assert isinstance(endpoint, InferenceEndpoint)


def test_an_unresolved_environment_stays_unresolved() -> None:
    result = synthesize(realtime(naming=NAMING), env=Environment(region=Aws.REGION))
    assert "AWS::Region" in str(result.statements()["WriteLogs"])
