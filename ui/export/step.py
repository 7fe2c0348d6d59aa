"""Step 4, Export: converts the checkpoint to a `.litertlm` file and verifies it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from backend.device import (
    CONSTRAINED,
    RECIPES,
    Check,
    Result,
    Verification,
    app_use,
    app_use_line,
    off_topic_sentence,
)
from backend.errors import InputError
from backend.runs import Run
from backend.scoring import Evaluation, Rate
from ui.export.android_kit import COPY, android_card
from ui.export.options import ExportOptions, read_options
from ui.html import (
    Figure,
    Part,
    Tone,
    badge,
    button,
    callout,
    card,
    code,
    empty,
    facts,
    figures,
    heading,
    link,
    table,
    text,
)
from ui.jobs import StagePanel, begin
from ui.page import Location, Page, PageState, Panel, Updates, go, readable
from ui.services import Exported, exported

LEAD = "One file for the phone. It is verified: the LiteRT-LM runtime opens it and answers the held-out rows."
WORDS = {
    "busy": "Exporting",
    "failed": "The export failed",
    "cancelled": "The export was cancelled",
    "again": "Export again",
}
VERDICTS: dict[Result, tuple[Tone, str]] = {
    Result.PASSED: ("ok", "The file passed verification"),
    Result.FAILED: ("error", "The file failed a check: do not ship it"),
    Result.UNCHECKED: ("warn", "The file could not be checked"),
}
RESULT_TONES: dict[Result, Tone] = {Result.PASSED: "ok", Result.FAILED: "error", Result.UNCHECKED: "warn"}


class ExportStep(Panel):
    """The step's components."""

    def __init__(self) -> None:
        self.heading = Part(heading("Export", LEAD))
        self.blank = Part(elem_id="export-blank")
        self.panel = StagePanel("export")
        self.options = ExportOptions()
        self.file = Part(elem_id="export-file")
        self.kit = Part(elem_id="android-kit", also=COPY)
        self.panel.build_log()

    def render(self, page_state: PageState) -> Updates:
        """The file and its verification, or the next step to get it."""
        view = page_state.stage("export")
        shown = page_state.run is not None and page_state.has("export") and not view.active
        wanted: Updates = {
            self.blank: _blank(page_state),
            **self.panel.render(page_state, WORDS),
            **self.options.render(page_state),
            self.file: _exported(page_state, page_state.run) if shown and page_state.run else "",
            self.kit: android_card(page_state.run)
            if shown and page_state.run and readable(lambda: page_state.verification)
            else "",
        }
        if not page_state.has("train") and not view.active:
            wanted[self.panel.state] = ""
        return wanted

    def wire(self, page: Page) -> None:
        """Register the events."""
        self.options.wire(page)
        for part in (self.blank, self.panel.state, self.file):
            page.on_click(part, self._click, self.options.fields)

    def _click(self, page_state: PageState, data: dict[str, str], *options: Any) -> Location:
        if data.get("do") == "step":
            return go(data.get("step", "data"))(page_state)
        return self.panel.click(page_state, data, lambda here: _start(here, *options))


def _start(page_state: PageState, *options: Any) -> Location:
    if page_state.run is None:
        return page_state.location
    return begin(page_state, page_state.run, "export", read_options(*options))


def _blank(page_state: PageState) -> Markup:
    if page_state.has("train"):
        if page_state.has("export") or page_state.stage("export").state != "none":
            return Markup("")
        start = button("start", "Export", kind="primary")
        return empty(
            "Not exported yet",
            "The model is converted for the phone, then the file is opened and scored. A model of 270M parameters "
            "takes five to six minutes on two cores, a starter less.",
            start,
        )
    if page_state.stage("train").active:
        back = button("step", "See the training", step="train")
        return empty("Training first", "You can export the model when training is done.", back)
    train = button("step", "Go to Train", kind="primary", step="train")
    return empty("Nothing to export yet", "Train a model, or open a run from the list.", train)


def _exported(page_state: PageState, run: Run) -> Markup:
    file = exported(run)
    assert file is not None
    try:
        verification = page_state.verification
    except InputError as error:
        return _unverified(file, str(error))
    if verification is None or verification.file != file.name:
        return _unverified(file, "Its verification is missing or cannot be read.")
    evaluation = readable(lambda: page_state.evaluation)
    parts = [
        _verdict(verification),
        _figures(verification, evaluation),
        _off_topic(verification),
        _vocabulary(verification),
        _app_use(verification),
        _actions(run, file),
    ]
    again = button("start", "Export again", kind="quiet small")
    shown = card(file.name, Markup('<div class="stack">{}</div>').format(Markup("").join(parts)), aside=again)
    return Markup('<div class="stack">{}{}{}</div>').format(shown, _checks(verification), _facts(verification))


def _unverified(file: Exported, why: str) -> Markup:
    start = button("start", "Export again", kind="primary")
    return callout("warn", f"{file.name} was not verified", why, start)


def _verdict(verification: Verification) -> Markup:
    tone, title = VERDICTS[verification.verdict]
    return callout(tone, title, verification.reason)


def _figures(verification: Verification, evaluation: Evaluation | None) -> Markup:
    accuracy = verification.accuracy.combined if verification.accuracy else None
    items = [Figure("Size", text.size(verification.bytes))]
    if accuracy and accuracy.low is not None and accuracy.high is not None:
        rows = f"{text.interval(accuracy.low, accuracy.high)} · {accuracy.k:,} of {accuracy.n:,} rows"
        note = Markup("{}{}").format(rows, _compared_accuracy(accuracy, evaluation))
        items.insert(0, Figure("The file's own accuracy", text.percent(accuracy.value), note, "accent"))
    first, speed = verification.first_token_seconds, verification.decode_tokens_per_second
    if first is not None:
        items.append(Figure("First token after", text.duration(first), "on this machine's CPU"))
    if speed is not None:
        items.append(Figure("Tokens per second", f"{speed:,.0f}", "on this machine's CPU"))
    return figures(items)


def _off_topic(verification: Verification) -> Markup:
    """One sentence on calls for messages that are not for the tools; empty if none was asked."""
    sentence = off_topic_sentence(verification.off_topic) if verification.off_topic else ""
    return Markup('<p id="export-off-topic">{}</p>').format(sentence) if sentence else Markup("")


def _vocabulary(verification: Verification) -> Markup:
    """One sentence on a trimmed vocabulary; empty if the file has the full one."""
    found = verification.vocabulary
    return Markup('<p id="export-vocabulary">{}</p>').format(found.sentence) if found else Markup("")


def _compared_accuracy(accuracy: Rate, evaluation: Evaluation | None) -> Markup:
    """The checkpoint's accuracy, if both have the same number of rows."""
    rate = evaluation.tuned.combined if evaluation else None
    if rate is None or rate.n != accuracy.n:
        return Markup("")
    return Markup("<br>checkpoint: {}").format(text.percent(rate.value))


def _app_use(verification: Verification) -> Markup:
    """One line on how the file behaves in an app, and the table behind it; empty if that was not tried."""
    line = app_use_line(verification)
    if not line:
        return Markup("")
    rows = [[use.use, badge(use.outcome, RESULT_TONES[use.result]), use.detail] for use in app_use(verification)]
    shown = table(["In an app", "Outcome", "Found"], rows, kind="checks", caption="How the file behaves in an app")
    return Markup('<details class="more" id="app-use"><summary>{}</summary>{}</details>').format(line, shown)


def _actions(run: Run, file: Exported) -> Markup:
    save = link(file.link, f"Download {text.size(file.size)}", kind="primary", download=True)
    tools = link(f"runs/{run.id}/tools_android.json", "Tools for Android", download=True)
    report = link(f"runs/{run.id}/verification.json", "Verification", download=True)
    extra = tools if (run.export_dir / "tools_android.json").is_file() else Markup("")
    on = button("step", "Try it", step="try")
    return Markup('<div class="actions">{}{}{}{}</div>').format(save, on, extra, report)


def _checks(verification: Verification) -> Markup:
    rows = [[badge(check.result, _tone(check)), check.name, check.detail or "–"] for check in verification.checks]
    return card(
        "Checks", table(["Result", "Check", "Found"], rows, kind="checks", caption="Checks of the exported file")
    )


def _tone(check: Check) -> Tone:
    """The colour of a check; constrained decoding fails no file, so its failure is a warning."""
    failed = check.result == Result.FAILED
    return "warn" if failed and check.name == CONSTRAINED else RESULT_TONES[check.result]


def _facts(verification: Verification) -> Markup:
    agreement, conversion = verification.checkpoint_agreement, verification.conversion
    recipe = RECIPES.get(conversion.recipe) if conversion else None
    memory = verification.peak_memory_mb
    pairs: list[tuple[str, object]] = [
        ("Weights", recipe.label if recipe else conversion.recipe if conversion else "–"),
        ("Runtime", verification.runtime or "–"),
        ("Context", f"{verification.context:,} tokens" if verification.context else "–"),
        ("Loads in", text.duration(verification.load_seconds)),
        ("Memory at most", f"{memory:,.0f} MB" if memory else "–"),
    ]
    if conversion:
        lengths = ", ".join(map(str, conversion.prefill_lengths))
        pairs += [
            ("Prefill lengths", f"{lengths} tokens"),
            ("Made in", f"{text.duration(conversion.seconds)}, {conversion.peak_memory_mb:,.0f} MB of memory"),
        ]
    if agreement:
        pairs.append(("Same answer as the checkpoint", f"{agreement.same:,} of {agreement.rows:,} rows"))
    hash_line = Markup('<p class="note">SHA-256 {}</p>').format(code(verification.sha256))
    return card("The file", Markup("").join([facts(pairs), hash_line]))
