"""Tests run with the virtual environment's Node, also when that is not activated."""

import os
import sys
from pathlib import Path

_NODE = Path(sys.executable).parent / "node"
if _NODE.exists():
    os.environ.setdefault("JSII_NODE", str(_NODE))
