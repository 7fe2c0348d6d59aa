"""The download routes: files stream from the disk, and a visitor gets only their own."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from backend.device import Verification
from backend.errors import InputError
from backend.jobs.huggingface import download_url
from backend.runs import Run, own_file
from ui.export import MADE
from ui.html import SCRIPT, SCRIPT_ROUTE
from ui.services import (
    EXAMPLE_FILES,
    EXAMPLES,
    SUFFIX,
    VERIFICATION,
    Tenants,
    add_runtime_routes,
    exported,
    exported_files,
)

SHA256 = re.compile(r"[0-9a-f]{64}")
OFFERED = ("export/verification.json", "export/tools_android.json", "evaluation.json")


def add_routes(app: FastAPI, tenants: Tenants) -> None:
    """Add the page's downloads, and plotly's script, to the app."""

    def run_file(run_id: str, name: str, request: Request) -> Response:
        try:
            services = tenants.services(request)
            run = services.store.open(run_id)
            if name in MADE:
                return made(run, name)
            if (file := exported(run)) and file.path is None and name == file.name:
                return elsewhere(run, name, services.identity.token)
            path = offered(run, name)
            return FileResponse(path, filename=name, headers=_checked(run, path))
        except InputError as error:
            raise HTTPException(404, str(error)) from error

    def draft_file(draft: str, which: str, request: Request) -> FileResponse:
        try:
            source = tenants.services(request).upload_store.open(draft)
        except InputError as error:
            raise HTTPException(404, str(error)) from error
        if which == "tools":
            return FileResponse(source.tools, filename=source.tools.name)
        if which != "dataset":
            raise HTTPException(404, f"There is no {which!r} in this data. There are dataset, tools.")
        mark = "-fixed" if source.origin.made else ""
        return FileResponse(source.dataset, filename=f"{source.dataset.stem}{mark}{source.dataset.suffix}")

    def example(name: str) -> FileResponse:
        if name not in EXAMPLE_FILES:
            raise HTTPException(404, f"There is no example {name!r}. There are {', '.join(EXAMPLE_FILES)}.")
        return FileResponse(EXAMPLES / name, filename=name)

    def script() -> FileResponse:
        return FileResponse(SCRIPT, media_type="text/javascript", headers={"Cache-Control": "public, max-age=86400"})

    app.add_api_route("/runs/{run_id}/{name}", run_file, methods=["GET", "HEAD"], response_model=None)
    app.add_api_route("/data/{draft}/{which}", draft_file, methods=["GET", "HEAD"], response_model=None)
    app.add_api_route("/examples/{name}", example, methods=["GET", "HEAD"], response_model=None)
    add_runtime_routes(app)
    app.add_api_route(f"/{SCRIPT_ROUTE}", script, methods=["GET", "HEAD"], response_model=None)


def _checked(run: Run, path: Path) -> dict[str, str]:
    """The verification of a file as headers: its hash (RFC 9530) and the verdict."""
    record = own_file(run.path, VERIFICATION)
    if path.suffix != SUFFIX or record is None:
        return {}
    try:
        found = Verification.read(record)
    except InputError:  # serve the file even if its record is damaged
        return {}
    if found.file != path.name or found.bytes != path.stat().st_size or not SHA256.fullmatch(found.sha256):
        return {}
    digest = base64.b64encode(bytes.fromhex(found.sha256)).decode()
    return {"Repr-Digest": f"sha-256=:{digest}:", "X-Verification": found.verdict.value}


def elsewhere(run: Run, name: str, token: str | None) -> Response:
    """A redirect to a file on the Hub, at a short-lived address without a token. Raises InputError if there is none."""
    if token is None:
        raise InputError(f"{name} is on Hugging Face. Log in with the account that created it.")
    return RedirectResponse(download_url(run, f"export/{name}", token), headers={"Cache-Control": "no-store"})


def made(run: Run, name: str) -> Response:
    """A file that is generated now, with its name for saving. Raises InputError if the run lacks the data for it."""
    kind = MADE[name]
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(kind.content(run), media_type=kind.media_type, headers=headers)


def offered(run: Run, name: str) -> Path:
    """The file of a run with this name. Raises InputError unless it may be downloaded.

    Links are not served: they could lead to any file of this machine.
    """
    allowed = {path.name: path for path in exported_files(run)}
    for relative in OFFERED:
        if path := own_file(run.path, relative):
            allowed[path.name] = path
    if name not in allowed:
        there = ", ".join(sorted(allowed)) or "nothing yet"
        raise InputError(f"Run {run.name!r} has no file {name!r} to download. It has {there}.")
    return allowed[name]
