"""The kinds of errors, the most confused tools, and the accuracy of each argument."""

from __future__ import annotations

from markupsafe import Markup

from backend.scoring import Rate, Report
from ui.evaluate.charts import most_confused
from ui.evaluate.labels import KINDS
from ui.evaluate.selection import REFUSED
from ui.html import button, card, table, text

MOST_PAIRS = 5
MOST_ARGUMENTS = 10


def confusion_head(tuned: Report) -> Markup:
    """The heat map's title, and the largest confusions as buttons."""
    pairs = most_confused(tuned.confusion, MOST_PAIRS)
    chips = Markup("").join(
        button("rows", f"{gold} → {found} ({count:,})", kind="chip", gold=gold, predicted=found)
        for gold, found, count in pairs
    )
    note = "A line for each expected tool, a column for what was called. Click a cell to see its rows."
    listed = Markup('<div class="chips">{}</div>').format(chips) if chips else ""
    return Markup('{}<p class="note">{}</p>{}').format(chart_head("Confusion matrix", "confusion"), note, listed)


def chart_head(title: str, chart: str) -> Markup:
    """A chart's title with the button that saves it as a PNG."""
    save = Markup(
        '<button type="button" class="btn quiet small" data-png="{}" '
        'aria-label="Save the chart “{}” as PNG">PNG</button>'
    ).format(chart, title)
    return Markup('<div class="card-head"><h2>{}</h2><div class="aside">{}</div></div>').format(title, save)


def details_cards(tuned: Report) -> Markup:
    """The kinds of errors and the arguments, side by side on a wide screen."""
    return Markup('<div class="halves">{}{}</div>').format(_kinds(tuned), _arguments(tuned))


def _kinds(tuned: Report) -> Markup:
    counts = sorted(((kind, n) for kind, n in tuned.error_classes.items() if n), key=lambda pair: -pair[1])
    if not counts:
        return card("Kinds of errors", Markup('<p class="note">None: every held-out row is right.</p>'))
    most = counts[0][1]
    rows = Markup("").join(_kind(kind, count, count / most) for kind, count in counts)
    return card("Kinds of errors", Markup('<div class="kinds">{}</div>{}').format(rows, _refused(tuned)))


def _refused(tuned: Report) -> Markup:
    """The button that shows the answers that an app would not accept, if there are any."""
    if not tuned.refusals:
        return Markup("")
    return button("rows", f"Refused by an app ({sum(tuned.refusals.values()):,})", kind="chip", show=REFUSED)


def _kind(kind: str, count: int, share: float) -> Markup:
    name = KINDS.get(kind, kind)
    return Markup(
        '<button type="button" data-do="rows" data-kind="{kind}" aria-label="{name}: show {count:,} rows">'
        '<span>{name}</span><span class="bar still"><i style="width:{width:.1f}%"></i></span>'
        "<span>{count:,}</span></button>"
    ).format(kind=kind, name=name, count=count, width=100 * share)


def _arguments(tuned: Report) -> Markup:
    scores = [
        (tool, name, rate) for tool, found in tuned.per_argument.items() for name, rate in found.items() if rate.n
    ]
    if not scores:
        return card("Arguments", Markup('<p class="note">No row with the right tool has arguments.</p>'))
    scores.sort(key=lambda score: (score[2].value or 0.0, -score[2].n))
    rest = scores[MOST_ARGUMENTS:]
    shown = _table(scores[:MOST_ARGUMENTS])
    if rest:
        shown += Markup('<details class="more"><summary>{} more</summary>{}</details>').format(len(rest), _table(rest))
    return card("Arguments", shown, note="How often the value is right when the right tool was called.")


def _table(scores: list[tuple[str, str, Rate]]) -> Markup:
    rows = [
        [Markup("<span>{}<br><b>{}</b></span>").format(tool, name), _rate(rate), f"{rate.k:,} of {rate.n:,}"]
        for tool, name, rate in scores
    ]
    return table(["Argument", "Right", "Rows"], rows, kind="arguments-table", caption="Accuracy per argument")


def _rate(rate: Rate) -> Markup:
    interval = text.interval(rate.low or 0.0, rate.high or 0.0)
    return Markup('<span>{}<br><span class="note">{}</span></span>').format(text.percent(rate.value), interval)
