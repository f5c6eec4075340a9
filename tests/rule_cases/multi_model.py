"""Cases of the rules about multi-model endpoints."""

from cdk_sagemaker_inference import BlueGreen, ModelData, MultiModelAlarms, Rolling

from .building import BUCKET, ECR, TOKEN, Cases, Changes, More, image, multi_model

TRITON = image(f"{ECR}/tritonserver:25.09-py3")


def uncached(**changes: object) -> Changes:
    return multi_model(data=ModelData.from_archives(BUCKET, "models", caching=False), **changes)


CASES: Cases = {
    "multi-model-gpu": (
        multi_model(instance_type="ml.g5.16xlarge", image=TRITON),
        multi_model(instance_type="ml.g5.12xlarge", image=TRITON),
        "instance_type='ml.g5.12xlarge': has 4 GPUs, and a multi-model endpoint runs on one at "
        "most; use a smaller size, such as ml.g5.xlarge",
    ),
    "multi-model-accelerator": (
        multi_model(instance_type="ml.g4dn.xlarge", image=TRITON),
        multi_model(instance_type="ml.inf2.xlarge"),
        "instance_type='ml.inf2.xlarge': is not among the families that AWS documents for "
        "multi-model endpoints",
    ),
    "multi-model-cache-hits": (
        multi_model(alarms=MultiModelAlarms()),
        uncached(alarms=MultiModelAlarms(model_cache_hit_percent=40)),
        "alarms.model_cache_hit_percent=40: without the caching of model.data it is in alarm "
        "whenever there are requests; None switches the alarm off",
    ),
    "multi-model-deployment": (
        multi_model(deployment=BlueGreen.all_at_once()),
        multi_model(deployment=BlueGreen.canary(percent=50), instance_count=2),
        "deployment='CANARY': AWS's feature matrix says that multi-model endpoints do not have it",
    ),
}

MORE_REFUSED: More = [
    ("multi-model-gpu", multi_model(instance_type="ml.g4dn.12xlarge")),
    ("multi-model-gpu", multi_model(instance_type="ml.p3.8xlarge")),
    ("multi-model-gpu", multi_model(instance_type="ml.p5.48xlarge")),
    ("multi-model-accelerator", multi_model(instance_type="ml.inf1.xlarge")),
    ("multi-model-accelerator", multi_model(instance_type="ml.trn1.2xlarge")),
    ("multi-model-accelerator", multi_model(instance_type="ml.g6.xlarge", image=TRITON)),
    ("multi-model-accelerator", multi_model(instance_type="ml.g5.xlarge")),
    (
        "multi-model-deployment",
        multi_model(deployment=BlueGreen.linear(percent=50), instance_count=2),
    ),
    ("multi-model-deployment", multi_model(deployment=Rolling(percent=50), instance_count=2)),
]

MORE_ACCEPTED: More = [
    ("multi-model-gpu", multi_model(instance_type="ml.r5.large")),
    ("multi-model-gpu", multi_model(instance_type=TOKEN)),
    ("multi-model-gpu", {"instance_type": "ml.g5.12xlarge"}),
    ("multi-model-accelerator", multi_model(instance_type="ml.p3.2xlarge", image=TRITON)),
    ("multi-model-accelerator", multi_model(instance_type="ml.c6gd.large")),
    ("multi-model-accelerator", multi_model(instance_type=TOKEN)),
    ("multi-model-accelerator", multi_model(instance_type="ml.g5.xlarge", image=image(TOKEN))),
    ("multi-model-accelerator", {"instance_type": "ml.inf2.xlarge"}),
    ("multi-model-cache-hits", uncached()),
    ("multi-model-cache-hits", uncached(alarms=MultiModelAlarms(model_cache_hit_percent=None))),
    ("multi-model-deployment", multi_model()),
]
