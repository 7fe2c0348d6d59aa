"""The web app: `python app.py --port 7860 --host 127.0.0.1`.

Runs are stored in the folder that the environment variable FGT_HOME names, or in `runs` next to this file, or in a
temporary folder if that cannot be written. A Space sets the page's address in GRADIO_SERVER_NAME and
GRADIO_SERVER_PORT.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from backend.environment import on_space, prepare

prepare(os.environ)  # before the import of the Hub's client, which reads its variables then

from backend.errors import InputError
from backend.runs import sweep
from ui.frame import address, listen, serve
from ui.guard import Addresses, is_loopback, space_names
from ui.services import Tenants, home, install_runtime

OPEN_TO_ALL = (
    "Everyone who reaches this machine over the network can now read, start and delete your runs, and spend with your "
    "Hugging Face login."
)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__)
    host = os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1"
    port = os.environ.get("GRADIO_SERVER_PORT") or "7860"
    command.add_argument("--host", default=host, help="the address to listen at (default: %(default)s)")
    command.add_argument("--port", type=_port, default=port, help="the port to listen at (default: %(default)s)")
    command.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another name under which browsers reach the app, such as that of a proxy; repeat it for more names",
    )
    return command


def _port(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 65535")


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the page until it is stopped."""
    options = parser().parse_args(arguments)
    names = [*options.allow_host, *space_names(os.environ.get("SPACE_HOST"))]
    with listen(options.host, options.port) as listener:
        root = _home()
        sweep(root)
        tenants = Tenants(root)
        install_runtime()
        print(f"FunctionGemma Trainer is at {address(options.host, options.port)} (Ctrl+C ends it).", flush=True)
        if not tenants.shared and not is_loopback(options.host):
            print(f"{OPEN_TO_ALL} Use 127.0.0.1 to allow only this machine.", flush=True)
        serve(tenants, listener, Addresses(options.host, names, checked=not on_space(os.environ)))


def _home() -> Path:
    try:
        return home()
    except InputError as error:
        raise SystemExit(f"error: {error}") from error


if __name__ == "__main__":
    main()
