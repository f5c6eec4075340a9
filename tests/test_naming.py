from cdk_sagemaker_inference import Naming, NamingScheme


def test_names_follow_the_convention() -> None:
    naming = Naming(team="rc", project="project-a", model="fraud", version=3)
    assert naming.endpoint_name == "rc-project-a-fraud-ep"
    assert naming.model_name == "rc-project-a-fraud-v3"
    assert naming.endpoint_config_name == "rc-project-a-fraud-config"


def test_environment_is_in_the_tags_and_only_on_request_in_the_names() -> None:
    naming = Naming(team="rc", project="a", model="fraud", environment="prod")
    assert naming.endpoint_name == "rc-a-fraud-ep"
    named = Naming(
        team="rc", project="a", model="fraud", environment="prod", environment_in_names=True
    )
    assert named.endpoint_name == "rc-a-fraud-prod-ep"
    assert named.model_name == "rc-a-fraud-prod-v1"
    assert named.endpoint_config_name == "rc-a-fraud-prod-config"
    assert naming.tags == named.tags


def test_tags_say_who_and_which() -> None:
    assert Naming(team="rc", project="a", model="fraud", version=0).tags == {
        "Team": "rc",
        "Project": "a",
        "Model": "fraud",
        "Version": "0",
    }


def test_namings_are_values() -> None:
    assert Naming(team="rc", project="a", model="f") == Naming(team="rc", project="a", model="f")
    assert "version=1" in repr(Naming(team="rc", project="a", model="f"))


def test_a_scheme_of_the_users_needs_one_name() -> None:
    class Flat(NamingScheme):
        @property
        def endpoint_name(self) -> str:
            return "ml-fraud"

    naming = Flat()
    assert naming.model_name == naming.endpoint_config_name == "ml-fraud"
    assert naming.tags == {}
