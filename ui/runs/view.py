"""The view of all runs: the table, the comparison of the picked ones, and the rows that differ."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from ui.html import Part, heading, page_number
from ui.page import RUNS, KeyedUpdate, Location, Page, PageState, Panel, Updates, open_run
from ui.runs.choice import Only, candidates, picked, read_only, toggled
from ui.runs.columns import next_order
from ui.runs.compared import compared_card
from ui.runs.differing_rows import differing_rows
from ui.runs.table import runs_table
from ui.services import stamp

LEAD = "All your runs with their results. Pick some to see which one is better, and whether that is more than chance."
KEEP_FOCUS = """
// Each rendering replaces the buttons: move the focus to the same button.
const same = (one, other) => one.do === other.do && one.run === other.run && one.by === other.by;
let focused;
element.addEventListener('focusin', (event) => { focused = event.target.closest('[data-do]')?.dataset; });
element.addEventListener('focusout', (event) => setTimeout(() => {
  if (event.target.isConnected && !element.contains(document.activeElement)) focused = undefined;
}));
watch('value', () => {
  if (!focused || (document.activeElement && document.activeElement !== document.body)) return;
  [...element.querySelectorAll('[data-do]')].find((one) => same(one.dataset, focused))?.focus({preventScroll: true});
});
"""
SHOW_ROWS = """
let shown;
watch('value', () => {
  const card = element.querySelector('.card');
  const now = element.querySelector('[data-only]')?.dataset.only;
  if (card && now !== shown) {
    card.tabIndex = -1;
    card.focus({preventScroll: true});
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    card.scrollIntoView({behavior: still ? 'auto' : 'smooth', block: 'start'});
  }
  shown = now;
});
"""


class RunsView(Panel):
    """The view's components."""

    def __init__(self) -> None:
        self.heading = Part(heading("Runs", LEAD))
        self.table = Part(elem_id="all-runs", also=KEEP_FOCUS)
        self.compared = Part(elem_id="compared")
        self.rows = Part(elem_id="rows-differ", also=SHOW_ROWS)

    def render(self, page_state: PageState) -> Updates:
        """The table; the comparison and its rows are computed only if a picked run or the choice changed."""
        runs, location = picked(page_state), page_state.location
        root = page_state.services.store.root
        key = str([(run.id, run.name, stamp(root / run.id / "evaluation.json")) for run in runs])
        only = read_only(location, runs)

        def compared() -> Markup:
            return compared_card(runs, candidates(page_state, runs))

        def rows() -> Markup:
            return differing_rows(candidates(page_state, runs), only)

        return {
            self.table: runs_table(page_state),
            self.compared: KeyedUpdate(key, compared),
            self.rows: KeyedUpdate(f"{key} {only}", rows),
        }

    def wire(self, page: Page) -> None:
        """Register the buttons."""
        for part in (self.table, self.compared, self.rows):
            page.on_click(part, _click)


def _click(page_state: PageState, data: dict[str, str]) -> Location:
    """The location after a click. Raises InputError if a run cannot be picked."""
    location = page_state.location
    match data.get("do"):
        case "new":
            return Location()
        case "open":
            return open_run(page_state, data.get("run", ""))
        case "pick":
            return replace(location, step=RUNS, picked=toggled(page_state, data.get("run", "")), only=None)
        case "sort":
            return replace(location, order=next_order(location.order, data.get("by", "")))
        case "clear":
            return replace(location, picked=None, only=None)
        case "only" | "page":
            listed = Only(data.get("right", ""), data.get("wrong", ""), page_number(data.get("page")))
            return replace(location, only=listed.text)
        case _:
            return replace(location, only=None)
