"""The server process: moto's server with everything of the embedded AWS installed, on the
loopback interface.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time

from moto.core.models import botocore_stubber
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from local.extension import install


class _QuietHandler(MotoRequestHandler):
    """Leaves out the line per request; errors still reach the log."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def serve(port: int) -> None:
    """Serves until the process is told to stop; port 0 picks a free one. Prints the port when
    ready.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    install()
    # Calls from inside (`local.calls`) are answered in process, not over the socket.
    botocore_stubber.enabled = True
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server(
        "127.0.0.1", port, application, threaded=True, request_handler=_QuietHandler
    )
    # moto reads this where it has to name its own address.
    os.environ["MOTO_PORT"] = str(server.server_port)
    print(server.server_port, flush=True)
    # Whoever reads the port may go away; anything printed later belongs in the log.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server.serve_forever()


def stop_with(parent: int) -> None:
    """Ends this process when the one that started it is gone, however that one died."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Entry point of the subprocess."""
    parser = argparse.ArgumentParser(prog="python -m local.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port")
    parser.add_argument("--parent", type=int, help="stop when this process is gone")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
    if arguments.parent is not None:
        stop_with(arguments.parent)
    serve(arguments.port)


if __name__ == "__main__":
    main()
