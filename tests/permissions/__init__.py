"""Calls that must be possible and calls that must be refused, as tables: one module for each way
to serve.

They are written from the Developer Guide and the Service Authorization Reference, not from the
policies.
"""

from . import (
    artifacts,
    asynchronous,
    batch,
    components,
    images,
    multi_model,
    realtime,
    realtime_data,
    realtime_network,
    serverless,
)
from .rows import Table

TABLES: list[Table] = [
    *realtime.TABLES,
    *realtime_data.TABLES,
    *realtime_network.TABLES,
    *images.TABLES,
    *artifacts.TABLES,
    *serverless.TABLES,
    *asynchronous.TABLES,
    *multi_model.TABLES,
    *components.TABLES,
    *batch.TABLES,
]
