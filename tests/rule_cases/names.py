"""Cases of the rules about names and tags."""

from aws_cdk import Aws

from cdk_sagemaker_inference import Naming

from .building import NUMBER_TOKEN, TOKEN, Cases, More, Scheme, components

CASES: Cases = {
    "name-literal": (
        {"naming": Naming(team="rc", project="a", model="f", environment=Aws.REGION)},
        {"naming": Naming(team="rc", project=Aws.REGION, model="f")},
        "naming.project=",
    ),
    "name-characters": (
        {"project": "project--a1"},
        {"team": "RC"},
        "naming.team='RC': must be lower-case letters, digits and hyphens, with neither end a "
        "hyphen; for example 'rc'",
    ),
    "name-length": (
        # endpoint 63 characters, config 63 - 9 = 54 would be too long: the config has 7 of its own
        {"naming": Scheme(name="e" * 54, model="m" * 54)},
        {"project": "p" * 40},
        "naming.endpoint_config_name='rc-" + "p" * 40 + "-fraud-config': has 56 characters and may "
        "have 54; shorten naming.team, naming.project, naming.model by 2",
    ),
    "naming-version": ({"version": 0}, {"version": -1}, "naming.version=-1"),
    "tags": (
        {"naming": Scheme(own_tags={"Cost centre": "a/b:c+d=e@f.g_h-1", "Empty": ""})},
        {"naming": Scheme(own_tags={"aws:team": "rc"})},
        "naming.tags='aws:team'",
    ),
}

MORE_REFUSED: More = [
    ("name-characters", {"team": ""}),
    ("name-characters", {"team": "rc-"}),
    ("name-characters", {"team": None}),
    ("name-characters", {"project": "project_a"}),
    ("name-characters", {"naming": Scheme(name="Fraud")}),
    ("name-length", {"naming": Scheme(name="e" * 64)}),
    ("naming-version", {"version": True}),
    ("naming-version", {"version": 1.5}),
    ("tags", {"naming": Scheme(own_tags={"a" * 129: "x"})}),
    ("tags", {"naming": Scheme(own_tags={"a": "x" * 257})}),
    ("tags", {"naming": Scheme(own_tags={"a": "<x>"})}),
    ("tags", {"naming": Scheme(own_tags={f"k{n}": "x" for n in range(51)})}),
]

MORE_ACCEPTED: More = [
    ("name-characters", {"team": "7"}),
    ("name-length", {"naming": Scheme(name="e" * 54, model="m" * 54)}),
    ("name-length", components(naming=Scheme(name="e" * 54))),
    ("naming-version", {"version": NUMBER_TOKEN}),
    ("tags", {"naming": Scheme(own_tags={"a" * 128: "x" * 256})}),
    ("tags", {"naming": Scheme(own_tags={f"k{n}": "x" for n in range(50)})}),
    ("tags", {"naming": Scheme(own_tags={"a": f"<{TOKEN}>"})}),
]
