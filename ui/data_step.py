"""Step 1, Data: give two files, see what is in them and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gradio as gr

from backend.errors import InputError
from ui import text
from ui.charts import Chart, tool_counts
from ui.data_problems import Problems, summary_line
from ui.data_rows import Rows
from ui.data_tokens import token_budget
from ui.data_tools import tool_list
from ui.drafts import EXAMPLE, EXAMPLE_FILES
from ui.markup import Html, Tone, button, callout, card, empty, esc, heading, joined, link, progress
from ui.page import Page, go
from ui.painter import Holder, Keyed, Wanted
from ui.part import Part
from ui.place import Place
from ui.scene import Scene

LEAD = "Two files: the tools that your app offers, and examples of what people say with the call that answers it."
COUNTS_TITLE = '<div class="card-head"><h2>Rows per tool</h2></div>'
HINTS = {
    "tools": "A list of functions, each with a name, a description and its parameters as a JSON schema.",
    "dataset": 'Two columns: user_message, and tool_calls as JSON, such as [{"name": …, "args": {…}}].',
}
SETTLE_SECONDS = 0.7


class DataStep(Holder):
    """The step's components."""

    def __init__(self) -> None:
        self.heading = Part(heading("Data", LEAD).text)
        self.state = Part(elem_id="data-state")
        with gr.Column(elem_classes=["ft-card"]) as self.uploads:
            with gr.Row(elem_classes=["ft-row"]):
                self.tools = _upload("tools.json", ".json", "upload-tools", HINTS["tools"])
                self.dataset = _upload("Examples (CSV)", ".csv", "upload-csv", HINTS["dataset"])
            self.offer = Part(elem_id="data-offer")
        with gr.Column(visible=False) as self.found, gr.Tabs(elem_classes=["ft-tabs"]):
            with gr.Tab("Problems", id="problems"):
                self.problems = Problems()
            with gr.Tab("Tools", id="tools"):
                self.tool_list = Part(elem_id="tool-list")
                with gr.Column(elem_classes=["ft-card"]):
                    self.counts_title = Part(COUNTS_TITLE)
                    self.counts = Chart("Rows per tool", elem_id="tool-counts")
            with gr.Tab("Rows", id="rows"):
                self.rows = Rows()
            with gr.Tab("Tokens", id="tokens"):
                self.tokens = Part(elem_id="tokens")

    def paint(self, scene: Scene) -> Wanted:
        """The upload boxes where there is no data, else what was found in it."""
        report = scene.report
        wanted: Wanted = {
            self.state: _state(scene).text,
            self.uploads: gr.update(visible=scene.source is None),
            self.offer: _offer().text,
            self.tools: Keyed(str(scene.source is None), None),
            self.dataset: Keyed(str(scene.source is None), None),
            self.found: gr.update(visible=report is not None),
        }
        if report is not None:
            wanted |= {
                self.tool_list: tool_list(report).text,
                self.counts: tool_counts(report.per_tool) if report.per_tool else "",
                self.tokens: token_budget(report).text,
                **self.problems.paint(scene),
                **self.rows.paint(scene),
            }
        return wanted

    def wire(self, page: Page) -> None:
        """Take files in, and let the step's own buttons work."""
        files = [self.tools, self.dataset]
        for upload in files:
            page.on(upload.upload, _take, files)
        page.on_press(self.offer, _press)
        page.on_press(self.state, _press)
        self.problems.wire(page)
        self.rows.wire(page)


def _upload(label: str, ending: str, elem_id: str, hint: str) -> gr.File:
    """A field to drop a file on, with a line below that says what belongs in it."""
    with gr.Column(min_width=240):
        field = gr.File(label=label, file_types=[ending], height=132, elem_classes=["ft-upload"], elem_id=elem_id)
        Part(f'<p class="file-hint">{esc(hint)}</p>')
    return field


def _take(scene: Scene, tools: str | None, dataset: str | None) -> Place:
    """Once both files are there, keep them and open them."""
    if not tools or not dataset:
        return scene.place
    place = Place(data=scene.services.drafts.add(Path(dataset), Path(tools)))
    return _settled(scene, place)


def _press(scene: Scene, data: dict[str, str]) -> Place:
    match data.get("do"):
        case "example":
            return _settled(scene, Place(data=EXAMPLE))
        case "other":
            return Place()
        case "stop":
            if scene.check:
                scene.check.stop.set()
            return scene.place
        case "again" if scene.source:
            scene.services.checker.restart(scene.source.dataset, scene.source.tools)
            return scene.place
        case _:
            return go("train")(scene)


def _settled(scene: Scene, place: Place) -> Place:
    """The place, after giving its check a moment: most are done before a progress bar could be read."""
    opened = replace(scene, place=place)
    if opened.source_error:
        raise InputError(opened.source_error)
    if opened.check:
        opened.check.done.wait(SETTLE_SECONDS)
    return place


def _offer() -> Html:
    links = [link(f"examples/{name}", name, kind="bare small", download=True) for name in EXAMPLE_FILES]
    return Html(
        f'<div class="offer">{button("example", "Use the example", kind="primary")}'
        f'<span class="note">or download it as a template: {joined(links)}</span></div>'
    )


def _state(scene: Scene) -> Html:
    """What there is to say about the data before its details."""
    if scene.source_error:
        return callout("warn", "These files are gone", scene.source_error)
    if scene.source is None or scene.check is None:
        return Html("")
    check, name = scene.check, scene.source.name
    if check.report is None and check.error is None:
        stop = button("stop", "Stop", kind="quiet small")
        return card(f"Checking {name}", progress(check.fraction or None, check.doing), aside=stop)
    if check.report is None:
        actions = joined([button("again", "Check again"), button("other", "Use other files")])
        tone: Tone = "warn" if check.stop.is_set() else "error"
        return callout(tone, f"{name} was not checked", check.error, actions)
    return _summary(scene, name)


def _summary(scene: Scene, name: str) -> Html:
    report = scene.report
    assert report is not None
    line = summary_line(report.rows, len(report.tools), report.issues)
    other = button("other", "Use other files", kind="quiet small")
    errors = sum(issue.severity == "error" for issue in report.issues)
    if errors:
        body = f"{text.count(errors, 'error')} must be mended before training. Mend the files, then upload them again."
        return _headed(name, line, callout("error", "Not ready to train", body), other)
    on = button("train", "Continue to Train", kind="primary")
    return _headed(name, line, Html(f'<div class="actions">{on}</div>'), other)


def _headed(name: str, line: str, body: Html, aside: Html) -> Html:
    return card(name, Html(f'<p class="summary">{line}</p>{body}'), aside=aside)


def blank(what: str) -> Html:
    """What another step shows while there is no data."""
    return empty("No data yet", what, button("step", "Go to Data", kind="primary", step="data"))
