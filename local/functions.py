"""Lambda functions in Python, run in this process: the code that custom resources bring along.

moto would run them in Docker. Here a function's archive is unpacked and its handler is called as
Lambda would call it: with an event and an answer that went through JSON, the function's
environment, and modules of its own. Waiting costs no time: what a handler knows of the time comes
from a clock that runs ahead when somebody sleeps (`datetime` is left alone).

Code that brings a botocore of its own is served only by a server, not under `mock_aws`.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import shutil
import sys
import tempfile
import threading
import time
import traceback
import types
import uuid
import weakref
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaFunction, lambda_backends

# The environment and the loaded modules are the process's: one handler at a time.
_lock = threading.RLock()
# A function that is deleted takes its modules along.
_loaded: WeakKeyDictionary[LambdaFunction, tuple[str, _Sandbox]] = WeakKeyDictionary()

_TIMES = ("time", "sleep", "monotonic", "perf_counter", "time_ns", "monotonic_ns")


class Clock:
    """Real time, plus all that was slept."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


@dataclass(frozen=True)
class Result:
    """What an invocation answers: the payload, and whether the function failed."""

    payload: Any
    failed: bool = False


class _TimedOutError(BaseException):
    """Ends a handler as Lambda does, past every `except Exception`."""


@dataclass(frozen=True)
class Context:
    """What a handler is told about its invocation."""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: int
    clock: Clock
    ends: float
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    log_stream_name: str = "embedded"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.ends - self.clock.now()) * 1000))


def find(arn: str) -> LambdaFunction | None:
    """The function of an ARN, if there is one."""
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "lambda":
        return None
    try:
        found = lambda_backends[parts[4]][parts[3]].get_function(arn)
    except UnknownFunctionException:
        return None
    return found if isinstance(found, LambdaFunction) else None


def can_run(function: LambdaFunction) -> bool:
    """Whether `invoke` can run it."""
    return str(function.run_time).startswith("python")


def invoke(function: LambdaFunction, event: Mapping[str, Any], clock: Clock) -> Result:
    """Runs a handler, as a synchronous invocation does."""
    seconds = float(function.timeout)
    with _lock:
        context = Context(
            function.function_name,
            function.function_arn,
            int(function.memory_size),
            clock,
            clock.now() + seconds,
        )
        try:
            with _sandbox(function).entered(context) as handler:
                answer = handler(json.loads(json.dumps(event)), context)
        except _TimedOutError:
            return _timed_out(context, seconds)
        except SystemExit:
            text = f"RequestId: {context.aws_request_id} Error: Runtime exited"
            return Result({"errorType": "Runtime.ExitError", "errorMessage": text}, failed=True)
        except Exception as error:  # whatever a handler raises is its answer
            traceback.print_exc()
            return _failed(error)
        if context.get_remaining_time_in_millis() == 0:
            return _timed_out(context, seconds)
    try:
        return Result(json.loads(json.dumps(answer)))
    except (TypeError, ValueError) as error:
        text = f"Unable to marshal response: {error}"
        return Result({"errorType": "Runtime.MarshalError", "errorMessage": text}, failed=True)


def _failed(error: Exception) -> Result:
    kind = getattr(error, "kind", type(error).__name__)
    return Result({"errorType": kind, "errorMessage": str(error)}, failed=True)


def _timed_out(context: Context, seconds: float) -> Result:
    text = f"{context.aws_request_id} Task timed out after {seconds:.2f} seconds"
    return Result({"errorMessage": text}, failed=True)


class _RuntimeError(Exception):
    """A function that cannot be called, in the words of Lambda's Python runtime."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = f"Runtime.{kind}"


class _Sandbox:
    """One function's code: where it is, its modules once they are loaded, and its time."""

    def __init__(self, function: LambdaFunction) -> None:
        self._directory = tempfile.mkdtemp(prefix="embedded-aws-function-")
        weakref.finalize(self, shutil.rmtree, self._directory, ignore_errors=True)
        with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
            archive.extractall(self._directory)
        self._handler = str(function.handler)
        self._own = {path.stem for path in Path(self._directory).iterdir()}
        self._modules: dict[str, types.ModuleType] = {}
        self._environment = _environment(function)
        self._time = _Time()

    @contextmanager
    def entered(self, context: Context) -> Iterator[Callable[[Any, Context], Any]]:
        """The function's modules, path and environment are the process's while it runs."""
        hidden = self._taken()
        environment = {name: os.environ.get(name) for name in self._environment}
        sys.modules.update(self._modules)
        sys.path.insert(0, self._directory)
        _set(self._environment)
        self._time.begin(context)
        try:
            yield self._find_handler()
        finally:
            _set(environment)
            sys.path.remove(self._directory)
            self._modules = self._taken()
            sys.modules.update(hidden)
            self._bend_time()

    def _taken(self) -> dict[str, types.ModuleType]:
        """Takes the modules out that have a name of one of the function's own."""
        names = [name for name in sys.modules if name.partition(".")[0] in self._own]
        return {name: sys.modules.pop(name) for name in names}

    def _find_handler(self) -> Callable[[Any, Context], Any]:
        module_name, dot, name = self._handler.rpartition(".")
        if not dot:
            raise _RuntimeError("MalformedHandlerName", f"Bad handler '{self._handler}'")
        try:
            module = importlib.import_module(module_name.replace("/", "."))
        except ImportError as error:
            text = f"Unable to import module '{module_name}': {error}"
            raise _RuntimeError("ImportModuleError", text) from error
        found = getattr(module, name, None)
        if found is None:
            text = f"Handler '{name}' missing on module '{module_name}'"
            raise _RuntimeError("HandlerNotFound", text)
        self._modules = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in self._own}
        self._bend_time()
        handler: Callable[[Any, Context], Any] = found
        return handler

    def _bend_time(self) -> None:
        """Puts this function's time where its modules have the real one."""
        bent: dict[int, Any] = {id(getattr(time, name)): name for name in _TIMES}
        for module in self._modules.values():
            for name, value in list(vars(module).items()):
                if value is time:
                    setattr(module, name, self._time)
                elif id(value) in bent:
                    setattr(module, name, getattr(self._time, bent[id(value)]))


class _Time(types.ModuleType):
    """The module `time`, by the clock of the invocation that runs."""

    def __init__(self) -> None:
        super().__init__("time")
        self._context: Context | None = None
        self.__dict__.update({k: v for k, v in vars(time).items() if k not in _TIMES})

    def begin(self, context: Context) -> None:
        self._context = context

    def time(self) -> float:
        return time.time() if self._context is None else self._context.clock.now()

    monotonic = perf_counter = time

    def time_ns(self) -> int:
        return int(self.time() * 1e9)

    monotonic_ns = time_ns

    def sleep(self, seconds: float) -> None:
        if self._context is None:
            return
        self._context.clock.advance(seconds)
        if self._context.get_remaining_time_in_millis() == 0:
            raise _TimedOutError


def _sandbox(function: LambdaFunction) -> _Sandbox:
    """A function's modules live as long as its code and configuration stay the same."""
    state = json.dumps([function.code_sha_256, function.handler, function.environment_vars])
    known = _loaded.get(function)
    if known is None or known[0] != state:
        known = (state, _Sandbox(function))
        _loaded[function] = known
    return known[1]


def _environment(function: LambdaFunction) -> dict[str, str | None]:
    """Lambda's own variables, those that make boto3 talk to the embedded AWS, and the function's.
    None stands for a variable that must not be set.
    """
    port = os.environ.get("MOTO_PORT")
    # By address: boto3 would put a bucket's name before a host name.
    url = None if port is None else f"http://127.0.0.1:{port}"
    return {
        "_HANDLER": str(function.handler),
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ACCESS_KEY_ID": "embedded",
        "AWS_SECRET_ACCESS_KEY": "embedded",
        "AWS_SESSION_TOKEN": None,
        "AWS_PROFILE": None,
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_EC2_METADATA_DISABLED": "true",
        **{name: str(value) for name, value in function.environment_vars.items()},
    }


def _set(environment: Mapping[str, str | None]) -> None:
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
