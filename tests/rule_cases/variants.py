"""Cases of the rules about variants."""

from .building import (
    NUMBER_TOKEN,
    TOKEN,
    Cases,
    More,
    added,
    components,
    shadow,
    variants,
)

CASES: Cases = {
    "variants-or-model": (
        {"variants": variants({})},
        {"variants": variants({}), "ambiguous": ["instance_type"]},
        "instance_type='given': belongs to each variant when variants is given",
    ),
    "variant-count": (
        {"variants": variants(*[{}] * 10)},
        {"variants": variants(*[{}] * 11)},
        "variants=11: must be 1 to 10 variants",
    ),
    "variant-name": (
        {"variants": variants({"name": "Champion-2"})},
        {"variants": variants({"name": "bad name!!"})},
        "variants[0].name='bad name!!'",
    ),
    "variant-name-unique": (
        {"variants": variants({"name": "A"}, {"name": "B"})},
        {"variants": variants({"name": "A"}, {"name": "A"})},
        "variants='A': is the name of 2",
    ),
    "variant-weight": (
        {"variants": variants({"weight": 0}, {})},
        {"variants": variants({"weight": -0.5}, {})},
        "variants[0].weight=-0.5",
    ),
    "variant-traffic": (
        {"variants": variants({"weight": 0}, {"weight": 0.1})},
        {"variants": variants({"weight": 0}, {"weight": 0})},
        "leave nobody to take the traffic",
    ),
    "shadow-alone": (
        {"shadow": shadow()},
        {"variants": variants({}, {}), "shadow": shadow()},
        "shadow='Shadow': needs exactly one production variant, not 2",
    ),
    "shadow-sampling": (
        {"shadow": shadow(0.5)},
        {"shadow": shadow(100.5)},
        "shadow.sampling_percent=100.5: must be above 0 and at most 100",
    ),
    "shadow-sampling-weight": (
        {"shadow": shadow(100)},
        {"shadow": shadow(50)},
        "shadow.sampling_percent=50: that the weight is the share of copied requests is inferred",
    ),
    "shadow-instances": (
        {"shadow": shadow(instance_type="ml.inf2.xlarge")},
        {"shadow": shadow(instance_type="ml.inf1.xlarge")},
        "shadow.variant.instance_type='ml.inf1.xlarge'",
    ),
}

MORE_REFUSED: More = [
    ("variant-count", {"variants": []}),
    ("variant-name", {"variants": variants({"name": "x" * 64})}),
    ("variant-name", {"variants": variants({"name": TOKEN})}),
    ("variant-name-unique", {"shadow": shadow(name="AllTraffic")}),
    ("variant-weight", {"weight": float("nan")}),
    ("variant-weight", {"weight": "1"}),
    ("shadow-sampling", {"shadow": shadow(0)}),
    ("shadow-sampling", {"shadow": shadow(), "weight": 2}),
    ("variant-name", {"variants": variants({"name": None})}),
    ("variant-weight", {"variants": variants({"weight": None})}),
    ("shadow-sampling", {"shadow": shadow("50")}),
    ("shadow-sampling", {"shadow": shadow(NUMBER_TOKEN)}),
    ("shadow-sampling", {"shadow": shadow(None)}),
]

MORE_ACCEPTED: More = [
    ("variant-count", components()),
    ("variant-count", added()),
    ("variant-name", {"variants": variants({"name": "x" * 63})}),
    ("variant-weight", {"weight": NUMBER_TOKEN}),
    ("variant-weight", components()),
    ("shadow-sampling", {"shadow": shadow(0.01)}),
    ("shadow-instances", {"shadow": shadow(instance_type=TOKEN)}),
]
