"""Names and tags of everything that one endpoint consists of."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass


class NamingScheme(ABC):
    """How the resources of an endpoint are named and tagged; subclass it for your convention.

    All names must be literals known at synth: alarms refer to the endpoint by name while the
    endpoint refers to the alarms, which only a literal can break. They must be lower case, because
    SageMaker lower-cases names in ARNs, and unique in account and region.

    The model's and the endpoint config's names are only the beginning of the physical names: the
    library appends ``-`` and an 8-digit hash of everything that forces their replacement, because
    CloudFormation creates the replacement before it deletes the old resource.

    Example::

        class FlatNaming(NamingScheme):
            def __init__(self, service: str) -> None:
                self.service = service

            @property
            def endpoint_name(self) -> str:
                return f"ml-{self.service}"
    """

    @property
    @abstractmethod
    def endpoint_name(self) -> str:
        """Name of the endpoint, 63 characters at most; changing it replaces the endpoint."""

    @property
    def model_name(self) -> str:
        """Beginning of the models' names, 54 characters at most; default: the endpoint's name."""
        return self.endpoint_name

    @property
    def endpoint_config_name(self) -> str:
        """Beginning of the configs' names, 54 characters at most; default: the endpoint's."""
        return self.endpoint_name

    @property
    def transform_job_name(self) -> str:
        """Beginning of the names of transform jobs, 46 characters at most; default: the model's.

        What is appended tells the runs apart, because a job's name can never be used again.
        """
        return self.model_name

    def component_name(self, name: str) -> str:
        """Name of an inference component, 63 characters at most; default: ``{endpoint}-{name}``.

        :param name: what the component was called when it was added.
        """
        return f"{self.endpoint_name}-{name}"

    @property
    def tags(self) -> Mapping[str, str]:
        """Tags for every taggable resource; default: none."""
        return {}

    @property
    def parts(self) -> Mapping[str, object]:
        """What the user said, by argument, so that errors can name it; default: nothing."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Naming(NamingScheme):
    """The library's own convention.

    ============= ==========================================
    endpoint      ``{team}-{project}-{model}-ep``
    model         ``{team}-{project}-{model}-v{version}``
    config        ``{team}-{project}-{model}-config``
    component     ``{team}-{project}-{model}-ep-{name}``
    transform job ``{team}-{project}-{model}-transform``
    ============= ==========================================

    Example::

        Naming(team="rc", project="project-a", model="fraud", version=3, environment="prod")
        # rc-project-a-fraud-ep, tags Team=rc Project=project-a Model=fraud Environment=prod
        # Version=3

    :param team: owner; lower-case letters, digits and hyphens.
    :param project: project; lower-case letters, digits and hyphens.
    :param model: what the model does; lower-case letters, digits and hyphens.
    :param version: version of the model, a whole number from 0. It is in the model's name and in
        the ``Version`` tag, and not in the endpoint's name, so that a new version updates the
        endpoint in place. Default: 1.
    :param environment: for example ``prod``; becomes the ``Environment`` tag. Default: no such tag.
    :param environment_in_names: puts the environment before the last part of each name, for
        accounts that hold several environments in one region. Default: false, one account per
        environment.
    """

    team: str
    project: str
    model: str
    version: int = 1
    environment: str | None = None
    environment_in_names: bool = False

    @property
    def _stem(self) -> str:
        words = [self.team, self.project, self.model]
        if self.environment_in_names and self.environment is not None:
            words.append(self.environment)
        # A rule refuses what is no text, and must get that far.
        return "-".join(str(word) for word in words)

    @property
    def endpoint_name(self) -> str:
        """``{team}-{project}-{model}-ep``."""
        return f"{self._stem}-ep"

    @property
    def model_name(self) -> str:
        """``{team}-{project}-{model}-v{version}``."""
        return f"{self._stem}-v{self.version}"

    @property
    def endpoint_config_name(self) -> str:
        """``{team}-{project}-{model}-config``."""
        return f"{self._stem}-config"

    @property
    def transform_job_name(self) -> str:
        """``{team}-{project}-{model}-transform``."""
        return f"{self._stem}-transform"

    @property
    def tags(self) -> Mapping[str, str]:
        """Team, Project, Model, Environment (when given) and Version."""
        tags = {"Team": self.team, "Project": self.project, "Model": self.model}
        if self.environment is not None:
            tags["Environment"] = self.environment
        return tags | {"Version": str(self.version)}

    @property
    def parts(self) -> Mapping[str, object]:
        """The arguments that go into names."""
        parts: dict[str, object] = {
            "team": self.team,
            "project": self.project,
            "model": self.model,
        }
        if self.environment_in_names:
            parts["environment"] = self.environment
        return parts
