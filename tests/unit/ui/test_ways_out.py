"""The page's buttons that leave rows out, and the requests that they make."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest

from backend.data import CheckOptions, CheckReport, check_files
from backend.data.fixing import plan_fixes, without_messages
from tests.unit.data.builders import TOOLS, call, csv_lines, csv_of, quoted, write_files
from ui.data.fixes import made
from ui.data.groups import Unfolded, group_list, grouped
from ui.data.status import click
from ui.data.test_rows import _click, _state
from ui.page.location import Location
from ui.page.state import PageState
from ui.services.tenants import Tenants
from ui.work import FixRequest, read_fix_request, rows_to_leave_out, safely_fixable
from ui.work.fix_request import plan_fix_request

OPTIONS = CheckOptions(declarations="none")
BROKEN = csv_lines(
    quoted("Bad", "["), quoted("", "{"), quoted("Hall, please", call("set_light", room="Hall")), quoted("Hm", "[]")
)


def report_of(folder: Path, csv: str = BROKEN) -> CheckReport:
    return check_files(*write_files(folder, csv, TOOLS), OPTIONS)


def test_a_row_without_a_fix_has_a_button_that_leaves_it_out(tmp_path: Path) -> None:
    report = report_of(tmp_path)
    shown = group_list(grouped(report.issues), Unfolded(), None)
    assert 'data-fixing="leave-out:calls-not-json:8"' in shown
    assert 'data-fixing="leave-out:calls-not-json"' in shown
    assert "Leave out 2 rows…" in shown
    assert 'data-fixing="leave-out:calls-no-call"' in shown
    assert "leave-out:calls-not-in-enum" not in shown
    assert rows_to_leave_out(report.issues) == 3
    assert safely_fixable(report.issues) == 1
    assert "leave-out" not in group_list(grouped(report.issues), Unfolded(), None, fixes=False)


def test_an_error_of_the_whole_file_says_what_to_do(tmp_path: Path) -> None:
    report = report_of(tmp_path, "a,b\n1,2\n")
    shown = group_list(grouped(report.issues), Unfolded(), None)
    assert "Give the column its standard name in the header." in shown


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("leave-out", FixRequest(leave_out=True)),
        ("leave-out:calls-not-json", FixRequest("calls-not-json", leave_out=True)),
        ("leave-out:calls-not-json:9", FixRequest("calls-not-json", 9, leave_out=True)),
        ("leave-out:calls-not-in-enum", None),
        ("leave-out:nonsense", None),
    ],
)
def test_what_a_button_requests(text: str, request_: FixRequest | None, tmp_path: Path) -> None:
    assert read_fix_request(text, report_of(tmp_path)) == request_


def test_the_left_out_rows_are_counted(tmp_path: Path) -> None:
    files = write_files(tmp_path, BROKEN, TOOLS)
    request = read_fix_request("leave-out", check_files(*files, OPTIONS))
    assert request is not None
    planned = plan_fix_request(
        request,
        lambda lines: plan_fixes(*files, OPTIONS, request.codes, lines, leave_out_codes=request.leave_out_codes),
    )
    assert planned.dropped_lines == (8, 9, 11)
    assert made(planned).endswith("3 rows dropped: lines 8–9, 11.")
    assert planned.csv_text == csv_of([("Hall, please", call("set_light", room="Hall"))])


def test_tested_messages_are_taken_out_of_training(tmp_path: Path) -> None:
    dataset, _ = write_files(tmp_path, csv_of(), TOOLS)
    content, lines = without_messages(dataset, ["play some JAZZ!", "Something new"])
    assert lines == (5,)
    assert content == csv_of().replace(csv_of().splitlines(keepends=True)[4], "")


def opened(page_state: PageState, location: Location) -> PageState:
    """The page at a location, with both checks done."""
    moved = replace(page_state, location=location)
    assert moved.check is not None
    assert moved.check.done.wait(60)
    assert moved.test_check is not None
    assert moved.test_check.done.wait(60)
    return moved


def test_a_test_file_with_errors_leads_to_one_that_can_be_held_out(tmp_path: Path) -> None:
    dataset, tools = write_files(tmp_path, csv_of(), TOOLS)
    test = tmp_path / "mine.csv"
    more = [
        ("Play some jazz!", call("play_music", query="jazz")),
        ("Bad", "["),
        ("Funk", call("play_music", query="funk")),
    ]
    test.write_text("user_message,tool_calls\n" + "\n".join(quoted(*row) for row in more), encoding="utf-8")
    services = Tenants(tmp_path / "state").services(gr.Request())
    draft = services.upload_store.add(dataset, tools, test=test)
    page_state = opened(PageState(services, Location(data=draft)), Location(data=draft))
    shown = _state(page_state)
    assert "Leave out 1 row with errors" in shown
    assert "Take the messages of 1 row out of training" in shown
    without_bad = opened(page_state, _click(page_state, {"do": "leave-out"}))
    ready = opened(without_bad, _click(without_bad, {"do": "untrain"}))
    assert ready.source is not None
    assert ready.source.origin.made == "1 row taken out of training, because mine.csv tests with them."
    assert ready.report is not None
    assert ready.report.rows == 5
    assert "Hold these 2 rows out" in _state(ready)
    assert click(ready, {"do": "undo"}) == replace(without_bad.location, tip=ready.location.data)
