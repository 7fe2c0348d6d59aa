"""The web app: `python app.py --port 7860 --host 127.0.0.1`.

Runs are kept in the folder that the environment variable FGT_HOME names, or in `runs` beside this file. A Space says
in GRADIO_SERVER_NAME and GRADIO_SERVER_PORT where the page is to be.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from backend.runs.sweep import sweep
from ui.serving import address, listen, serve
from ui.tenants import Tenants, home
from ui.web_runtime import install_runtime


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__)
    host = os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1"
    port = os.environ.get("GRADIO_SERVER_PORT") or "7860"
    command.add_argument("--host", default=host, help="the address to listen at (default: %(default)s)")
    command.add_argument("--port", type=_port, default=port, help="the port to listen at (default: %(default)s)")
    return command


def _port(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 65535")


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the page until it is stopped."""
    options = parser().parse_args(arguments)
    with listen(options.host, options.port) as listener:
        sweep(home())
        tenants = Tenants(home())
        install_runtime()
        print(f"FunctionGemma Trainer is at {address(options.host, options.port)} (Ctrl+C ends it).", flush=True)
        serve(tenants, listener)


if __name__ == "__main__":
    main()
