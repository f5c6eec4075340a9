"""Checks for the tests of CDK apps, of those that use this library and of others.

They need the extra ``testing``::

    pip install 'cdk-sagemaker-inference[testing]'

>>> from cdk_sagemaker_inference.testing import assert_deployable
>>> assert_deployable(app)  # doctest: +SKIP
"""

from .deployable import assert_deployable, check_assembly, check_template
from .extra import MissingExtraError
from .findings import Finding
from .linting import CDK_WRITES, Accepted, lint_template
from .policy_packs import PolicyFinding, policy_pack_findings, policy_packs

__all__ = [
    "CDK_WRITES",
    "Accepted",
    "Finding",
    "MissingExtraError",
    "PolicyFinding",
    "assert_deployable",
    "check_assembly",
    "check_template",
    "lint_template",
    "policy_pack_findings",
    "policy_packs",
]
