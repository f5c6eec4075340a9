"""AWS's own accounts that hold the Deep Learning Containers, by Region.

CDK's table (``RegionInfo.dlc_repository_account``) lacks GovCloud and the newer Regions. This one
is taken from ``image_uri_config/pytorch.json`` (PyTorch 2.6.0, inference) of sagemaker-core 2.27,
Apache License 2.0, and eusc-de-east-1 from CDK.
"""

from aws_cdk import CfnMapping, Stack

from .tokens import is_token

_MAIN_ACCOUNT = "763104351884"
_MAIN_ACCOUNT_REGIONS = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)

ACCOUNTS: dict[str, str] = dict.fromkeys(_MAIN_ACCOUNT_REGIONS, _MAIN_ACCOUNT) | {
    "af-south-1": "626614931356",
    "ap-east-1": "871362719292",
    "ap-east-2": "975050140332",
    "ap-northeast-3": "364406365360",
    "ap-south-2": "772153158452",
    "ap-southeast-3": "907027046896",
    "ap-southeast-4": "457447274322",
    "ap-southeast-5": "550225433462",
    "ap-southeast-6": "633930458069",
    "ap-southeast-7": "590183813437",
    "ca-west-1": "204538143572",
    "cn-north-1": "727897471807",
    "cn-northwest-1": "727897471807",
    "eu-central-2": "380420809688",
    "eu-south-1": "692866216735",
    "eu-south-2": "503227376785",
    "eusc-de-east-1": "204133271717",
    "il-central-1": "780543022126",
    "me-central-1": "914824155844",
    "me-south-1": "217643126080",
    "me-west-1": "124382933778",
    "mx-central-1": "637423239942",
    "us-gov-east-1": "446045086412",
    "us-gov-west-1": "442386744353",
}
"""Account of the images by Region."""

_MAPPING_ID = "DeepLearningContainerAccounts"


def account_of(stack: Stack, region: str) -> str:
    """Account of the images in a Region that is a key of :data:`ACCOUNTS`, or in a token's Region.

    A token is looked up at deployment, in a mapping that all endpoints of the stack share;
    CloudFormation refuses a Region that is not in it before it makes anything.
    """
    if not is_token(region):
        return ACCOUNTS[region]
    mapping = stack.node.try_find_child(_MAPPING_ID)
    if not isinstance(mapping, CfnMapping):
        mapping = CfnMapping(
            stack,
            _MAPPING_ID,
            mapping={name: {"account": account} for name, account in sorted(ACCOUNTS.items())},
        )
    return mapping.find_in_map(region, "account")
