"""The instance types of batch transform, which no CloudFormation schema knows."""

from botocore import session

from cdk_sagemaker_inference.instances import has_local_storage
from cdk_sagemaker_inference.rules import RULES
from rule_cases.building import placed
from rule_cases.transform import batch


def types_of(shape: str) -> set[str]:
    model = session.get_session().get_service_model("sagemaker")
    return set(model.shape_for(shape).metadata["enum"])


def test_exactly_the_instance_types_of_batch_transform_are_accepted() -> None:
    (rule,) = (rule for rule in RULES if rule.id == "transform-instance-type")
    of_transform = types_of("TransformInstanceType")
    asked = of_transform | types_of("ProductionVariantInstanceType")
    accepted = {name for name in asked if not list(rule.check(placed(**batch(instance_type=name))))}
    assert accepted == of_transform
    assert len(accepted) == 116


def test_whether_each_of_these_types_has_local_storage_is_known() -> None:
    known = {name: has_local_storage(name) for name in types_of("TransformInstanceType")}
    families = {name.split(".")[1] for name, local in known.items() if local}
    assert families == {"g4dn", "g5", "g6", "g6e", "trn1"}
    assert None not in known.values()
