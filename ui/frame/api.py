"""The two API endpoints for other programs: check data, and ask an exported file."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api

from backend.errors import InputError
from backend.runs import Scratch
from ui.page import Location, PageState
from ui.playground import prediction
from ui.services import BOUNDS, TOO_LONG, Tenants
from ui.work import TooMuch, check_as_json, run_apart

MAX_CHARACTERS = 20_000_000


def add_api(tenants: Tenants) -> None:
    """Add /validate and /predict; call it inside the page's gr.Blocks."""

    def predict(run: str, message: str, request: gr.Request) -> dict[str, Any]:
        """The answer of a run's exported file to a message: calls, raw text, and times in seconds."""
        page_state = PageState(tenants.services(request), Location(run=run))
        if page_state.run_error:
            raise gr.Error(page_state.run_error, print_exception=False)
        return prediction(page_state, message or "")

    def validate(dataset: str, tools: str) -> dict[str, Any]:
        """Every problem in a CSV and a tools.json, both given as text: the object that `validate.py --json` prints."""
        return _validated(dataset, tools, apart=tenants.shared)

    api(validate, api_name="validate", concurrency_limit=2)
    api(predict, api_name="predict", concurrency_limit=2)


def _validated(dataset: str, tools: str, *, apart: bool) -> dict[str, Any]:
    """The check's report; with `apart` the check runs in a process with a time limit. Raises gr.Error."""
    with Scratch() as folder:
        files = {"dataset.csv": dataset or "", "tools.json": tools or ""}
        for name, content in files.items():
            if len(content) > MAX_CHARACTERS:
                raise gr.Error(f"{name} has more than {MAX_CHARACTERS:,} characters. Split it.", print_exception=False)
            (Path(folder) / name).write_text(content, encoding="utf-8", newline="")
        paths = Path(folder) / "dataset.csv", Path(folder) / "tools.json"
        try:
            if apart:
                return run_apart(check_as_json, paths, lambda *_: None, threading.Event(), BOUNDS)
            return check_as_json(*paths, lambda *_: None)
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except TooMuch as error:
            raise gr.Error(TOO_LONG.format(seconds=BOUNDS.seconds), print_exception=False) from error
