"""Plain links to files: an export streams from the disk, and only what a visitor may have is served."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse

from backend.errors import InputError
from backend.runs import Run
from ui.charts import SCRIPT, SCRIPT_ROUTE
from ui.drafts import EXAMPLE_FILES, EXAMPLES
from ui.services import Services

EXPORTED = ("verification.json", "tools_android.json")


def add_routes(app: FastAPI, services: Services) -> None:
    """Add the page's downloads, and plotly's script, to the app."""

    def run_file(run_id: str, name: str) -> FileResponse:
        try:
            path = offered(services.store.open(run_id), name)
        except InputError as error:
            raise HTTPException(404, str(error)) from error
        return FileResponse(path, filename=name)

    def example(name: str) -> FileResponse:
        if name not in EXAMPLE_FILES:
            raise HTTPException(404, f"There is no example {name!r}. There are {', '.join(EXAMPLE_FILES)}.")
        return FileResponse(EXAMPLES / name, filename=name)

    def script() -> FileResponse:
        return FileResponse(SCRIPT, media_type="text/javascript", headers={"Cache-Control": "public, max-age=86400"})

    app.add_api_route("/runs/{run_id}/{name}", run_file, methods=["GET", "HEAD"], response_model=None)
    app.add_api_route("/examples/{name}", example, methods=["GET", "HEAD"], response_model=None)
    app.add_api_route(f"/{SCRIPT_ROUTE}", script, methods=["GET", "HEAD"], response_model=None)


def offered(run: Run, name: str) -> Path:
    """The file of a run that goes by this name; InputError unless it is one that may be downloaded."""
    allowed = {path.name: path for path in run.export_dir.glob("*.litertlm")}
    allowed |= {known: run.export_dir / known for known in EXPORTED}
    allowed["evaluation.json"] = run.evaluation_path
    path = allowed.get(name)
    if path is None or not path.is_file():
        there = ", ".join(sorted(known for known, file in allowed.items() if file.is_file())) or "nothing yet"
        raise InputError(f"Run {run.name!r} has no file {name!r} to download. It has {there}.")
    return path
