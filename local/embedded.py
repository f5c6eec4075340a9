"""Starts the embedded AWS as a process of its own, says how to speak to it, and stops it."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

ACCOUNT = "123456789012"
_ROOT = Path(__file__).resolve().parent.parent


class EmbeddedAws:
    """A context manager around the server process.

    `keep=True` lets the server outlive this process; then `stop_command` says how to end it.
    """

    def __init__(
        self, region: str = "us-east-1", *, keep: bool = False, startup_timeout: float = 60
    ) -> None:
        self.region = region
        self.url = ""
        self.pid = 0
        self.log = Path(os.devnull)
        self._keep = keep
        self._timeout = startup_timeout
        self._process: subprocess.Popen[str] | None = None
        self._clients: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._keep or error is not None:
            self.stop()

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        command = [sys.executable, "-W", "ignore", "-m", "local.server"]
        if not self._keep:
            command += ["--parent", str(os.getpid())]
        self.log = Path(tempfile.mkstemp(prefix="embedded-aws-", suffix=".log")[1])
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                command,
                cwd=_ROOT,
                env=_server_environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                stdin=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
        self.pid = self._process.pid
        atexit.register(self._stop_at_exit)
        try:
            # `localhost`, not 127.0.0.1: moto recognises its own template URLs only by that name.
            self.url = f"http://localhost:{self._read_port()}"
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise

    def _read_port(self) -> int:
        process = self._process
        if process is None or process.stdout is None:
            raise RuntimeError("the embedded AWS was not started")
        ready, _, _ = select.select([process.stdout], [], [], self._timeout)
        line = process.stdout.readline() if ready else ""
        if not line.strip().isdigit():
            raise RuntimeError(
                f"the embedded AWS did not start within {self._timeout:.0f} s "
                f"(exit code {process.poll()})"
            )
        return int(line)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                self.unknown_types()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Ends the server process, first kindly; doing it twice is harmless."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
        if self.log.is_file() and not self.log.stat().st_size:
            self.log.unlink()

    def _stop_at_exit(self) -> None:
        if not self._keep:
            self.stop()

    @property
    def stop_command(self) -> str:
        """What to type to end a server that was kept."""
        return f"kill {self.pid}"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that point AWS tools to the embedded AWS."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ACCESS_KEY_ID": "embedded",
            "AWS_SECRET_ACCESS_KEY": "embedded",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "CDK_DEFAULT_ACCOUNT": ACCOUNT,
            "CDK_DEFAULT_REGION": self.region,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }

    @property
    def environment(self) -> dict[str, str]:
        """An environment for subprocesses: this one's, without any AWS profile or session of the
        user.
        """
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CDK_"))}
        # The virtual environment's programs come first, Node among them.
        kept["PATH"] = os.pathsep.join(
            [str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]
        )
        return kept | self.variables

    def client(self, service: str) -> Any:
        """A boto3 client for the embedded AWS, whatever the caller's environment says."""
        if service not in self._clients:
            session = boto3.Session(
                aws_access_key_id="embedded",
                aws_secret_access_key="embedded",
                region_name=self.region,
            )
            # boto3-stubs types `client` by literal service names; here the name is a value.
            make: Any = session.client
            self._clients[service] = make(
                service,
                endpoint_url=self.url,
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        return self._clients[service]

    def unknown_types(self) -> list[dict[str, str]]:
        """What was deployed although the embedded AWS does not know its type: stack, logicalId,
        type.
        """
        # Spelled out here because importing the extension would load all of moto.
        address = f"{self.url}/moto-api/embedded/unknown-types"
        with urllib.request.urlopen(address, timeout=10) as answer:
            rows: list[dict[str, str]] = json.load(answer)
        return rows

    def let_transform_jobs_end(
        self, status: str | None = "Completed", *, reason: str = "", looks: int = 2
    ) -> None:
        """Says how transform jobs go that are started from now on: after so many descriptions
        they are `Completed`, `Failed` for a reason, or `Stopped`; None lets them run for ever.
        """
        course = {"ends": status, "reason": reason, "looks": looks}
        body = json.dumps({"account": ACCOUNT, "region": self.region, **course}).encode()
        address = f"{self.url}/moto-api/embedded/transform-jobs"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10):
            pass


def _server_environment() -> dict[str, str]:
    """The server must not read the user's AWS settings either."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MOTO_"))}
    return kept | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
