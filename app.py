"""The web app: `python app.py --port 7860 --host 127.0.0.1`.

Runs are kept in the folder that the environment variable FGT_HOME names, or in `runs` beside this file.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from ui.downloads import add_routes
from ui.layout import build
from ui.tenants import Tenants, home
from ui.theme import ICON, STYLE_SHEETS, head, theme
from ui.web_runtime import install_runtime

MAX_UPLOAD = "20mb"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: 127.0.0.1)")
    command.add_argument("--port", type=int, default=7860, help="the port to listen at (default: 7860)")
    return command


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the page until it is stopped."""
    options = parser().parse_args(arguments)
    tenants = Tenants(home())
    install_runtime()
    page = build(tenants)
    app, _, _ = page.launch(
        server_name=options.host,
        server_port=options.port,
        prevent_thread_lock=True,
        theme=theme(),
        css_paths=list(STYLE_SHEETS),
        head=head(),
        favicon_path=ICON,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        max_file_size=MAX_UPLOAD,
        share=False,
    )
    add_routes(app, tenants)
    page.block_thread()


if __name__ == "__main__":
    main()
