"""Changes of a multi-model endpoint."""

from cdk_sagemaker_inference import MultiModelAlarms, Scaling
from rehearsal.artifacts import artifact_changes
from rehearsal.changes import Change
from rehearsal.fleets import guardrail_changes, instance_changes, network_changes, scaling_changes
from rehearsal.realtime import MODEL, REALTIME
from rehearsal.seen import CHANGED
from rehearsal.surroundings import alarm_changes, identity_changes
from rehearsal.vocabulary import Kind, archives

MULTI_MODEL = Kind(
    base={"type": "multi-model", "model": archives(), "instance_count": 2, "alarms": None},
    asks=lambda **changes: {"model": archives(**changes)},
    alarms=MultiModelAlarms,
    alarm_names=REALTIME.alarm_names | {"ModelCacheHit", "ModelLoadingWaitTime"},
    guards=REALTIME.guards,
    scaling=Scaling,
)

ARCHIVES = [
    Change(
        "prefix",
        {"model": archives("others")},
        {
            f"{MODEL}.PrimaryContainer.ModelDataUrl": "s3://files/others/",
            f"{MULTI_MODEL.role}.ReadModelData.Resource": "arn:aws:s3:::files/others/*",
            f"{MULTI_MODEL.role}.ListModelData.Condition.StringLike.s3:prefix": CHANGED,
        },
    ),
    Change(
        "caching off",
        {"model": archives(caching=False)},
        {f"{MODEL}.PrimaryContainer.MultiModelConfig.ModelCacheSetting": "Disabled"},
        back="caching on",
    ),
]

CHANGES = [
    *artifact_changes(MULTI_MODEL),
    *ARCHIVES,
    *instance_changes(),
    *network_changes(MODEL),
    *scaling_changes(MULTI_MODEL),
    *guardrail_changes(MULTI_MODEL),
    *alarm_changes(MULTI_MODEL),
    *identity_changes(MODEL),
]
