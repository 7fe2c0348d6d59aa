"""The tools for data: import, validate and fix. They start nothing, and change no run."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from backend.data.imports import GivenFile, Role
from backend.data.text import Change
from backend.errors import InputError
from backend.runs import Scratch
from ui.agents.desk import Desk, cut, data_state, listed, waited
from ui.data import add_fixed, files_read, made, origin_of
from ui.page import Location, PageState
from ui.services import Services
from ui.work import rows_to_leave_out, safely_fixable

MAX_CHARACTERS = 3_000_000
"""The package mcp refuses a request of more than 4 MiB, in which some characters are escaped."""
TOO_LONG = "The {role} have more than {most:,} characters. Split them, or upload the file on the page."
LONGEST_NAME = 100
Encoding = Literal["text", "base64"]
NOT_FIXABLE = (
    "{code!r} names no fix for this data. Use `safe`, the code of a problem that has a fix, `leave-out`, or "
    "`leave-out:CODE` for rows with an error that has no fix. validate lists the codes."
)


class DataTools:
    """The tools; the methods' docstrings and arguments are what an agent reads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def import_data(
        self,
        request: gr.Request,
        rows: str,
        tools: str = "",
        name: str = "rows.csv",
        encoding: Encoding = "text",
        allow_multiple_calls: bool = False,
        allow_no_call: bool = False,
    ) -> str:
        """Read a file of example rows and a tools.json, store both in the standard form, and return the id of the data.

        Pass the content of the files, not their paths. Rows are a CSV with user_message and tool_calls, or chat
        messages, ShareGPT, xLAM or Tuning Lab rows as CSV, TSV, JSON, JSONL, Parquet, XLSX, ODS or zip. The other tools
        take the id as `data`; the id `example` is a small example set. Nothing is trained.

        Args:
            rows: the content of the file of rows, at most 3,000,000 characters; upload larger files on the page
            tools: the content of tools.json; empty if the rows declare their tools
            name: the name of the file of rows
            encoding: base64 for Parquet, XLSX, ODS and zip files
            allow_multiple_calls: rows may call several tools
            allow_no_call: rows may have no call
        """

        def work(services: Services) -> dict[str, Any]:
            with Scratch() as folder:
                texts: list[tuple[str, str, Role]] = [(name, rows, "rows"), ("tools.json", tools, "tools")]
                given = tuple(
                    _given(Path(folder) / role, named, content, role, encoding if role == "rows" else "text")
                    for named, content, role in texts
                    if content
                )
                found = files_read(PageState(services, Location()), given)
                if found.missing:
                    raise InputError(found.missing)
                origin = origin_of(found.summary)
                origin = replace(
                    origin,
                    allow_multiple_calls=origin.allow_multiple_calls or allow_multiple_calls,
                    allow_no_call=origin.allow_no_call or allow_no_call,
                )
                data = services.upload_store.add(found.dataset, found.tools, found.name, origin)
            return {"data": data, "read": found.summary.sentences, "page": Location(data=data).query}

        return self._desk.answer(request, work)

    def validate(self, request: gr.Request, data: str, first: int = 0) -> str:
        """Check imported data, and return every problem with its line, its rule, and its fix if there is one.

        Errors must be fixed before a training. Warnings should be read. At most 100 problems are returned at once.

        Args:
            data: the id that import_data or fix returned, or `example`
            first: the number of the first problem to return; 0 is the first of all
        """

        def work(services: Services) -> dict[str, Any]:
            state = data_state(services, data)
            report = waited(state.check)
            issues = [{**issue.to_dict(), "message": cut(issue.message)} for issue in listed(report.issues, first)]
            return {
                **{key: value for key, value in report.to_json().items() if key != "per_tool"},
                "issues": issues,
                "issues_in_all": len(report.issues),
                "counts": dict(report.counts()),
                "rows_of_tools": dict(listed(list(report.per_tool.items()), 0)),
                "safely_fixable": safely_fixable(report.issues),
                "rows_to_leave_out": rows_to_leave_out(report.issues),
                "tokens_error": report.tokens_error,
                "page": state.location.query,
            }

        return self._desk.answer(request, work)

    def fix(self, request: gr.Request, data: str, code: str = "safe", apply: bool = False, first: int = 0) -> str:
        """Plan fixes of imported data, and return every change with its line and the text before and after.

        Show the changes to the user. With `apply`, the fixed data is stored as a copy and its id is returned; the
        original stays. Fixes other than `safe` can change what a row means: ask the user first.

        Args:
            data: the id that import_data or fix returned
            code: `safe`, the code of one problem, or `leave-out` or `leave-out:CODE` for rows with an error without fix
            apply: store the fixed copy
            first: the number of the first change to return; 0 is the first of all
        """

        def work(services: Services) -> dict[str, Any]:
            state = data_state(services, data)
            waited(state.check)
            state = PageState(services, replace(state.location, fixing=code))
            if state.source is None or state.fix_request is None:
                raise InputError(NOT_FIXABLE.format(code=cut(code, 80)))
            plan = waited(state.plan)
            changes = [_change(one) for one in listed(plan.changes, first)]
            found = {"changes": changes, "changes_in_all": len(plan.changes), "rows_dropped": len(plan.dropped_lines)}
            if not apply or not plan.changes:
                return found
            fixed = add_fixed(state, state.source, plan)
            return {**found, "data": fixed, "made": made(plan), "page": Location(data=fixed).query}

        return self._desk.answer(request, work)


def _change(change: Change) -> dict[str, Any]:
    """A change with its texts; a dropped row has no text after it."""
    return {
        "file": change.file,
        "line": change.line,
        "column": change.column,
        "code": change.code,
        "before": cut(change.before),
        "after": None if change.dropped else cut(change.after),
    }


def _given(path: Path, name: str, content: str, role: Role, encoding: Encoding) -> GivenFile:
    """A file with this content. Raises InputError if it is too long or not base64."""
    if len(content) > MAX_CHARACTERS:
        raise InputError(TOO_LONG.format(role=role, most=MAX_CHARACTERS))
    try:
        binary = base64.b64decode(content, validate=True) if encoding == "base64" else content.encode()
    except binascii.Error as error:
        raise InputError(f"The {role} are not valid base64: {error}. Encode the file's bytes again.") from error
    path.write_bytes(binary)
    return GivenFile(path, Path(name[-LONGEST_NAME:]).name or role, role)
