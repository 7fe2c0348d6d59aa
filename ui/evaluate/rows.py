"""The scored rows: filtered by who answered them right, by tool and by error, or selected by a click."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import astuple, replace
from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.scoring import Evaluation
from ui.evaluate.labels import KINDS, before
from ui.evaluate.others import Results, with_others
from ui.evaluate.scrolling import NO, YES, scroll_to
from ui.evaluate.selection import (
    ALL,
    BASE_ONLY,
    NGRAM_ONLY,
    REFUSED,
    RIGHT,
    TUNED_ONLY,
    WRONG,
    Choice,
    advice_key,
    cell_key,
    chosen_rows,
    comparison_key,
    first_choice,
    picked_rows,
    probe_key,
    shown_rows,
    tools_of,
)
from ui.evaluate.table import row_table
from ui.html import Part, clicked, link, page_number, text
from ui.page import QUICK, KeyedUpdate, Page, PageState, Panel, Updates

SHOWN = {
    ALL: "All rows",
    WRONG: "Wrong",
    RIGHT: "Right",
    BASE_ONLY: "Only the base right",
    TUNED_ONLY: "Only the tuned right",
    NGRAM_ONLY: "Only the n-gram classifier right",
    REFUSED: "Refused by an app",
}


class RowBrowser(Panel):
    """Three filters and the table below them."""

    def __init__(self) -> None:
        self.picked = gr.State("")
        self.reached = gr.Textbox("", visible=False)
        with gr.Column(elem_classes=["ft-card"], elem_id="row-browser"):
            self.title = Part()
            with gr.Row(elem_classes=["ft-row"]):
                self.show = gr.Dropdown([("Wrong", WRONG)], value=WRONG, label="Rows", filterable=False)
                self.tool = gr.Dropdown([("All tools", ALL)], value=ALL, label="Tool", filterable=False)
                self.kind = gr.Dropdown([("All errors", ALL)], value=ALL, label="Error", filterable=False)
            self.list = Part(elem_id="wrong-rows")

    def render(self, page_state: PageState) -> Updates:
        """Show the wrong rows of the run's evaluation until a visitor selects others."""
        evaluation = page_state.evaluation
        if evaluation is None:
            return {}
        key = f"{page_state.location.run} {page_state.run.evaluation_path.stat().st_mtime_ns if page_state.run else 0}"
        choice = first_choice(evaluation)
        return {
            self.title: _title(page_state),
            self.picked: KeyedUpdate(key, ""),
            self.show: KeyedUpdate(key, gr.update(choices=_show_choices(evaluation), value=choice.show)),
            self.tool: KeyedUpdate(key, gr.update(choices=_tool_choices(evaluation), value=ALL)),
            self.kind: KeyedUpdate(key, gr.update(choices=_kind_choices(evaluation), value=ALL)),
            self.list: KeyedUpdate(key, row_table(Results(evaluation), choice, 0, _seed(page_state))),
        }

    def wire(self, page: Page) -> None:
        """Register the events of the filters, the pager and the button that clears a selection."""

        def listed(page_state: PageState, choice: Choice, number: int = 0) -> str:
            results = with_others(page_state)
            return row_table(results, choice, number, _seed(page_state)) if results else ""

        def click(
            location: dict[str, Any],
            show: str,
            tool: str,
            kind: str,
            picked: str,
            event: gr.EventData,
            request: gr.Request,
        ) -> Any:
            data, page_state = clicked(event), page.page_state(location, request)
            if data.get("do") == "clear":
                return "", listed(page_state, Choice(show, tool, kind))
            return gr.skip(), listed(page_state, Choice(show, tool, kind, picked), page_number(data.get("page")))

        def choose(location: dict[str, Any], show: str, tool: str, kind: str, picked: str, request: gr.Request) -> str:
            return listed(page.page_state(location, request), Choice(show, tool, kind, picked))

        filters = [page.location, self.show, self.tool, self.kind, self.picked]
        self.list.act(click, filters, [self.picked, self.list], **QUICK)
        gr.on([self.show.input, self.tool.input, self.kind.input], choose, filters, self.list, **QUICK)

    def follow(self, page: Page, source: gr.HTML) -> None:
        """Show the rows that a click inside `source` selects, and scroll to them."""

        def pick(location: dict[str, Any], event: gr.EventData, request: gr.Request) -> Any:
            page_state = page.page_state(location, request)
            results = with_others(page_state)
            choice = choice_for(results, clicked(event)) if results else None
            if results is None or choice is None:
                return [NO, *[gr.skip()] * 5]
            show, tool, kind, picked = astuple(choice)
            return YES, show, tool, kind, picked, row_table(results, choice, 0, _seed(page_state))

        targets = [self.reached, self.show, self.tool, self.kind, self.picked, self.list]
        chosen = source.act(pick, page.location, targets, **QUICK)
        chosen.success(None, self.reached, None, js=scroll_to("row-browser"), **QUICK)


def choice_for(results: Results, data: Mapping[str, str]) -> Choice | None:
    """The rows that a clicked button, bar or cell selects; None if this evaluation has none of them."""
    at, tools = data.get("advice", ""), results.evaluation.tuned.per_tool
    match data:
        case {"do": "rows", "advice": _} if at.isdecimal():
            found = Choice(ALL, picked=advice_key(int(at)))
        case {"do": "rows", "probe": name}:
            found = Choice(ALL, picked=probe_key(name))
        case {"do": "rows", "beside": other, "side": side}:
            found = Choice(ALL, picked=comparison_key(other, side))
        case {"do": "rows", "show": str(show)} if show == REFUSED:
            found = Choice(REFUSED)
        case {"do": "rows", "kind": kind}:
            found = Choice(WRONG, kind=kind)
        case {"do": "rows", "gold": gold, "predicted": predicted}:
            found = Choice(ALL, picked=cell_key(gold, predicted))
        case {"do": "cell", "label": gold, "column": predicted}:
            found = Choice(ALL, picked=cell_key(gold, predicted))
        case {"do": "bar", "label": name} if name in tools:
            found = Choice(WRONG, tool=name)
        case _:
            return None
    if found.picked and picked_rows(results, found.picked) is None:
        return None
    return found if chosen_rows(results, found) else replace(found, show=ALL)


def _title(page_state: PageState) -> Markup:
    run_id = page_state.location.run
    save = link(f"runs/{run_id}/rows.csv", "Download as CSV", kind="quiet small", download=True)
    return Markup('<div class="card-head"><h2>Row by row</h2><div class="aside">{}</div></div>').format(save)


def _show_choices(evaluation: Evaluation) -> list[tuple[str, str]]:
    missing = {
        *(() if evaluation.base else (BASE_ONLY, TUNED_ONLY)),
        *(() if evaluation.ngram_baseline else (NGRAM_ONLY,)),
        *(() if evaluation.tuned.refusals else (REFUSED,)),
    }
    there = [name for name in SHOWN if name not in missing]
    shown = {**SHOWN, BASE_ONLY: "Only right before training"} if before(evaluation) != "base" else SHOWN
    return [(f"{shown[name]} ({len(shown_rows(evaluation, name)):,})", name) for name in there]


def _tool_choices(evaluation: Evaluation) -> list[tuple[str, str]]:
    counts = Counter(name for row in evaluation.tuned.rows for name in tools_of(row))
    return [("All tools", ALL), *((f"{name} ({text.count(n, 'row')})", name) for name, n in counts.most_common())]


def _kind_choices(evaluation: Evaluation) -> list[tuple[str, str]]:
    counts = Counter(evaluation.tuned.error_classes)
    return [("All errors", ALL), *((f"{KINDS.get(kind, kind)} ({n:,})", kind) for kind, n in counts.most_common())]


def _seed(page_state: PageState) -> int:
    return page_state.run.config.seed if page_state.run else 0
