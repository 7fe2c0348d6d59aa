"""LiteRT-LM for the browser: an npm package, installed with the app and served by it.

If the app's folder cannot be written, it is installed in a temporary one (backend/runs/fallback.py).
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, Response

from backend import locks
from backend.browser_runtime import NODE_MODULES, PACKAGES, is_installed, pinned, runtime_root
from backend.errors import InputError
from backend.files import write_bytes
from backend.runs import Scratch

ROOT = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).parents[1] / "static" / "model_worker.js"
SERVED = {".js": "text/javascript", ".wasm": "application/wasm"}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
BARE_IMPORT, OUR_IMPORT = "'@litertjs/wasm-utils'", "'../../wasm-utils/dist/index.js'"
"""The only import by package name: import maps do not apply in workers, so it is replaced by the served path."""

NPM = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
SERVER_ALONE = "Exported files run on the server only, not in the browser."
NO_NPM = f"npm is not installed. {SERVER_ALONE}"


def runtime_route(app: Path = ROOT) -> str | None:
    """The route of the installed runtime, relative to the page; None if it is not installed."""
    root = runtime_root(app)
    return f"litertlm/{pinned(root)['core']}" if is_installed(root) else None


def install_runtime(app: Path = ROOT) -> threading.Thread | None:
    """Install the runtime in a thread if scripts/run did not, as on a Space, which installs only requirements.txt."""
    if runtime_route(app):
        return None
    if shutil.which(NPM[0]) is None:
        _say(NO_NPM)
        return None
    root = runtime_root(app)
    if root != app:
        _say(f"{app} cannot be written, so LiteRT-LM for the browser goes to {root}, a temporary folder.")
    thread = threading.Thread(target=_install, args=(root,), name="npm", daemon=True)
    thread.start()
    return thread


def _install(root: Path) -> None:
    try:
        lock = locks.take(root / "node_modules.lock")
    except InputError as error:  # a checkout that cannot be written
        _say(f"LiteRT-LM for the browser is not installed. {error} {SERVER_ALONE}")
        return
    if lock is None:  # another copy of the app installs it
        return
    try:
        _say("Installing LiteRT-LM for the browser (108 MB) …")
        problem = _npm(root)
        if problem is None and is_installed(root):
            _say("LiteRT-LM for the browser is installed.")
        else:
            _say(f"npm could not install LiteRT-LM for the browser: {problem or 'no reason given.'}\n{SERVER_ALONE}")
    finally:
        os.close(lock)


def _npm(root: Path) -> str | None:
    """Run npm with a temporary cache, because the usual one may not be writable. Returns the error, None on success."""
    try:
        with Scratch("npm-") as cache:
            command = [*NPM, f"--cache={cache}"]
            done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{error.strerror}."
    except InputError as error:
        return str(error)
    return done.stderr.strip()[-400:] if done.returncode else None


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def add_runtime_routes(served: FastAPI, app: Path = ROOT) -> None:
    """Serve our worker, and the package's scripts and WebAssembly, each with its own media type."""
    root = runtime_root(app)

    def worker() -> FileResponse:
        return FileResponse(WORKER, media_type=SERVED[".js"], headers={"Cache-Control": "no-cache"})

    def package_file(version: str, short: str, path: str, request: Request) -> Response:
        file = _file(root, version, short, path)
        if file is None:
            raise HTTPException(404, f"LiteRT-LM for the browser has no file {path!r} here.")
        if file.name == "load.js":
            script = file.read_text(encoding="utf-8").replace(BARE_IMPORT, OUR_IMPORT)
            return Response(script, media_type=SERVED[".js"], headers=FOR_EVER)
        gzipped = file.suffix == ".wasm" and "gzip" in request.headers.get("accept-encoding", "")
        if gzipped and (packed := _zipped(file)):
            headers = {**FOR_EVER, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            return FileResponse(packed, media_type=SERVED[".wasm"], headers=headers)
        return FileResponse(file, media_type=SERVED[file.suffix], headers=FOR_EVER)

    served.add_api_route("/model_worker.js", worker, methods=["GET", "HEAD"], response_model=None)
    served.add_api_route(
        "/litertlm/{version}/{short}/{path:path}", package_file, methods=["GET", "HEAD"], response_model=None
    )


def _file(root: Path, version: str, short: str, path: str) -> Path | None:
    """A script or a WebAssembly file of an installed package, None for anything else."""
    if short not in PACKAGES or version != pinned(root)["core"]:
        return None
    folder = (root / NODE_MODULES / PACKAGES[short]).resolve()
    file = (folder / path).resolve()
    return file if file.is_relative_to(folder) and file.is_file() and file.suffix in SERVED else None


_zipping = threading.Lock()


def _zipped(file: Path) -> Path | None:
    """The gzip copy of the file, made once: 7 instead of 22 MB to download. None if it cannot be written."""
    packed = file.with_name(file.name + ".gz")
    with _zipping:
        if not packed.is_file():
            try:
                write_bytes(packed, gzip.compress(file.read_bytes(), 6))
            except (OSError, InputError):  # a full disk, or a checkout that cannot be written
                return None
    return packed
