"""A test file: a third upload, checked against the training rows, whose rows are held out instead of a random part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.data import CheckReport, write_csv
from backend.data.check import joined as joined_rows
from backend.data.fixing import ALL, plan_fixes, without_messages
from backend.data.imports import GivenFile
from backend.errors import InputError
from backend.records import Issue
from backend.runs import Scratch
from ui.data.groups import Unfolded, group_list, grouped
from ui.data.problems import summary_line, unfolded_by
from ui.data.upload import files_read
from ui.html import Part, button, callout, card, clicked, progress, text
from ui.page import QUICK, KeyedUpdate, Location, Page, PageState, Panel, Updates
from ui.services import UploadedData
from ui.work import rows_to_leave_out

NOTE = "A file of rows in any known format, to measure accuracy. Its rows are held out of training."
TRAINED = "set-test-row-in-train"
OWN = (
    "The split column of your CSV decides this. To use another test file, remove that column and upload the CSV again."
)


class OwnTestRows(Panel):
    """The upload field, the check's result, and the button that holds the rows out."""

    def __init__(self) -> None:
        self.state = Part(elem_id="test-state")
        with gr.Column(elem_classes=["ft-card"]) as self.field:
            self.title = Part(
                Markup('<div class="card-head"><h2>Test rows of your own</h2></div><p class="note">{}</p>').format(NOTE)
            )
            self.upload = gr.File(label="Test rows", height=132, elem_classes=["ft-upload"], elem_id="upload-test")
        with gr.Column(elem_classes=["ft-card"], visible=False) as self.problems_box:
            self.problems = Part(elem_id="test-problems")

    def render(self, page_state: PageState) -> Updates:
        """The upload field, or the check's result."""
        check = page_state.test_check
        found = check.result if check else None
        key = f"{page_state.data_key} {page_state.source.test if page_state.source else None} {found is not None}"
        return {
            self.state: _state(page_state),
            self.field: gr.update(visible=page_state.run is None and not check and not held_out(page_state.report)),
            self.upload: KeyedUpdate(key, None),
            self.problems_box: gr.update(visible=bool(found and _of_rows(found))),
            self.problems: KeyedUpdate(key, lambda: _problems(found, Unfolded())),
        }

    def wire(self, page: Page) -> None:
        """Register the events of the upload, the buttons and the problems."""

        def click(location: dict[str, Any], event: gr.EventData, request: gr.Request) -> str:
            check = page.page_state(location, request).test_check
            return _problems(check.result if check else None, unfolded_by(clicked(event)))

        page.on(self.upload.upload, _take, [self.upload])
        page.on_click(self.state, _click)
        self.problems.act(click, page.location, self.problems, **QUICK)


def held_out(report: CheckReport | None) -> int:
    """The number of rows that the data's split column holds out."""
    return sum(example.split == "test" for example in report.examples) if report else 0


def _take(page_state: PageState, file: str | None) -> Location:
    """Read the file in any known format, and store it with the training rows."""
    source = page_state.source
    if not file or source is None:
        return page_state.location
    tools = GivenFile(source.tools, source.tools.name, "tools")
    read = files_read(page_state, (GivenFile(Path(file), Path(file).name, "rows"), tools))
    if read.missing:
        raise InputError(read.missing)
    with Scratch() as folder:
        content = read.dataset
        test = content if isinstance(content, Path) else Path(folder) / read.name
        if isinstance(content, bytes):
            test.write_bytes(content)
        location = Location(data=page_state.services.upload_store.add_changed(source, test=test))
    check = replace(page_state, location=location).test_check
    if check:
        check.done.wait(1.0)
    return location


def _click(page_state: PageState, data: dict[str, str]) -> Location:
    source, upload_store = page_state.source, page_state.services.upload_store
    if source is None:
        return page_state.location
    match data.get("do"):
        case "hold":
            return _merged(page_state)
        case "untrain":
            return _untrained(page_state)
        case "leave-out":
            return _left_out(page_state)
    return Location(data=upload_store.add_changed(source, test=None))


def _untrained(page_state: PageState) -> Location:
    """Open a draft whose training rows have no message of the test rows."""
    source, found = page_state.source, page_state.test_check.result if page_state.test_check else None
    if source is None or source.test is None or found is None:
        return page_state.location
    content, lines = without_messages(source.dataset, (example.message for example in found.examples))
    said = f"{text.count(len(lines), 'row')} taken out of training, because {source.test.name} tests with them."
    return _changed(page_state, source, said, dataset=content.encode("utf-8", "surrogatepass"))


def _left_out(page_state: PageState) -> Location:
    """Open a draft whose test file lacks the rows with errors."""
    source = page_state.source
    if source is None or source.test is None:
        return page_state.location
    plan = plan_fixes(source.test, source.tools, page_state.options, (), leave_out_codes=[ALL])
    said = f"{text.count(len(plan.dropped_lines), 'row')} with errors left out of {source.test.name}."
    with Scratch() as folder:
        path = Path(folder) / source.test.name
        path.write_bytes(plan.csv_text.encode("utf-8", "surrogatepass"))
        return _changed(page_state, source, said, test=path)


def _changed(page_state: PageState, source: UploadedData, said: str, **changes: Any) -> Location:
    """Open a draft with changed files; Undo leads back."""
    origin = replace(source.origin, made=said, parent=page_state.location.data)
    location = Location(data=page_state.services.upload_store.add_changed(source, origin=origin, **changes))
    check = replace(page_state, location=location).check
    if check:
        check.done.wait(1.0)
    return location


def _merged(page_state: PageState) -> Location:
    """Open a draft with training and test rows in one file, marked by a split column."""
    report, found = page_state.report, page_state.test_check.result if page_state.test_check else None
    source = page_state.source
    if source is None or source.test is None or report is None or found is None or not (report.ok and found.ok):
        raise InputError(
            "Both files must be free of errors before the test rows can be held out. Fix the errors first."
        )
    with Scratch() as folder:
        path = Path(folder) / source.name
        write_csv(joined_rows(report.examples, found.examples), path)
        said = (
            f"{text.count(len(found.examples), 'row')} of {source.test.name} held out, marked “test” in a split column."
        )
        return _changed(page_state, source, said, dataset=path, test=None)


def _state(page_state: PageState) -> Markup:
    check, source, report = page_state.test_check, page_state.source, page_state.report
    rows = held_out(report)
    if rows and report:
        share = text.count(len(report.examples) - rows, "row")
        return card("Held-out rows", f"{text.count(rows, 'row')} are held out, {share} are trained on.", note=OWN)
    if page_state.run is not None:
        share = text.percent(page_state.run.config.test_split, 0)
        return card("Held-out rows", f"{share} of the rows, stratified by tool. Duplicates stay on one side.")
    if check is None or source is None or source.test is None or report is None:
        return Markup("")
    remove = button("remove", "Remove", kind="quiet small")
    if check.error:
        return callout("error", f"{source.test.name} was not checked", check.error, remove)
    if check.result is None:
        return card(f"Checking {source.test.name}", progress(None, "Comparing it with the training rows"), aside=remove)
    return card(source.test.name, _verdict(report, check.result), aside=remove)


def _verdict(report: CheckReport, found: CheckReport) -> Markup:
    line = Markup('<p class="summary">{}</p>').format(summary_line(found.rows, len(found.tools), _of_rows(found)))
    if not found.ok:
        errors = sum(issue.severity == "error" for issue in found.issues)
        body = f"{text.count(errors, 'error')} must be fixed before these rows can be used as a test."
        return Markup("").join([line, callout("error", "Not ready as a test", body, _ways_out(found))])
    if not report.ok:
        return Markup("").join(
            [line, callout("warn", "These rows have no errors", "Fix the training rows first, then hold these out.")]
        )
    hold = button(
        "hold", f"Hold {'this' if found.rows == 1 else 'these'} {text.count(found.rows, 'row')} out", kind="primary"
    )
    return Markup("").join([line, Markup('<div class="actions">{}</div>').format(hold)])


def _ways_out(found: CheckReport) -> Markup:
    """The buttons that end the errors of rows."""
    trained = len({issue.line for issue in found.issues if issue.code == TRAINED})
    rows = rows_to_leave_out(found.issues)
    buttons = [
        button("untrain", f"Take the messages of {text.count(trained, 'row')} out of training") if trained else "",
        button("leave-out", f"Leave out {text.count(rows, 'row')} with errors") if rows else "",
    ]
    return Markup("").join(buttons)


def _problems(found: CheckReport | None, unfolded: Unfolded) -> Markup:
    return group_list(grouped(_of_rows(found)), unfolded, None, fixes=False) if found else Markup("")


def _of_rows(found: CheckReport) -> list[Issue]:
    """The problems of the test file; those of tools.json are listed with the training rows."""
    return [issue for issue in found.issues if issue.file == "csv"]
