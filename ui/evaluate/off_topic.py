"""Messages that are not for the tools: how often they were answered with a call, each answer, and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from backend.off_topic import NEAR_MISS
from backend.prompts import RESERVED
from backend.scoring import Evaluation, LeftOutGroup, OffTopic, OffTopicRow, Rate
from ui.evaluate.labels import language_name
from ui.evaluate.probes import is_probed
from ui.html import Slice, badge, button, code, marked, table, text

ALL, NO_LANGUAGE = "all", "none"
CALLED, SILENT, UNREADABLE = "called", "silent", "unreadable"
ANSWERS = {CALLED: "Calls a tool", UNREADABLE: "Cannot be read", SILENT: "No call"}
"""What an answer is, the worst first."""
PAGE_SIZE = 8
TITLE = Markup('<div class="card-head"><h2>Messages that are not for these tools</h2></div>')
LEAD = (
    "The model was also asked messages of other topics. The right answer is no call, so lower is better. A message "
    "that is answered with a call makes the app act without being asked."
)
NEAR_MISSES = (
    "Near misses are your own messages about the subject of the tools that no tool can carry out, such as “cycling is "
    "fun” for a cycling app. They are the hardest to leave unanswered."
)
NONE_ASKED = (
    "This evaluation is from an earlier version, which asked no such messages: evaluate again to see how often the "
    "model calls a tool for them."
)
TABLE_HEADERS = ("Message", "Kind", "Answered", "Result")


@dataclass(frozen=True, slots=True)
class OffTopicChoice:
    """The filters: a kind, a language code or "none", and one of ANSWERS; each can be "all"."""

    kind: str = ALL
    language: str = ALL
    answer: str = ALL


def off_topic_head(evaluation: Evaluation) -> Markup:
    """The title and the tables of rates, or the button to evaluate again if nothing was asked."""
    found = evaluation.off_topic
    if found is None:
        again = button("start", "Evaluate again", probes="yes" if is_probed(evaluation) else "no")
        return Markup('{}<p class="note">{}</p><div class="actions">{}</div>').format(TITLE, NONE_ASKED, again)
    kinds = _rates("Kind", found.by_kind, str)
    languages = _rates("Language", found.by_language, language_name)
    return Markup('{}<p class="note">{}</p><div class="halves">{}{}</div><div class="notes said">{}</div>').format(
        TITLE, LEAD, kinds, languages, Markup("").join(Markup("<p>{}</p>").format(line) for line in _notes(found))
    )


def left_out_groups(groups: Sequence[LeftOutGroup]) -> Markup:
    """The messages that were not asked, by group and with the reasons, behind a line that says how many."""
    if not groups:
        return Markup("")
    count = sum(len(group.texts) for group in groups)
    title = f"{text.count(count, 'message')} left out, because your tools might answer them"
    rows = [
        [
            Markup("<span><b>{}</b></span>").format(group.key),
            Markup("<span>{}</span>").format(group.reason),
            Markup('<ul class="examples">{}</ul>').format(
                Markup("").join(Markup("<li>{}</li>").format(one) for one in group.texts)
            ),
        ]
        for group in groups
    ]
    shown = table(("Topic or word", "Why", "Messages"), rows, kind="off-topic-left", caption="Messages left out")
    return Markup('<details class="more"><summary>{}</summary>{}</details>').format(title, shown)


def chosen_rows(found: OffTopic, choice: OffTopicChoice) -> list[OffTopicRow]:
    """The rows that match every filter; those that call a tool come first."""
    order = list(ANSWERS)
    rows = [
        row
        for row in found.rows
        if choice.kind in (ALL, row.kind)
        and choice.language in (ALL, row.language or NO_LANGUAGE)
        and choice.answer in (ALL, answer_of(row))
    ]
    return sorted(rows, key=lambda row: order.index(answer_of(row)))


def answer_of(row: OffTopicRow) -> str:
    """Which of ANSWERS the row's answer is."""
    return CALLED if row.called else UNREADABLE if row.answer.predicted is None else SILENT


def off_topic_table(found: OffTopic, choice: OffTopicChoice, page: int) -> Markup:
    """One page of the chosen rows."""
    rows = chosen_rows(found, choice)
    if not rows:
        return Markup('<p class="note">No message matches these filters.</p>')
    part = Slice.of(rows, page, PAGE_SIZE)
    shown = table(TABLE_HEADERS, map(_cells, part.items), kind="off-topic", caption="Off-topic messages")
    return Markup("").join([shown, part.pager()])


def _rates(name: str, rates: Mapping[str, Rate], label: Callable[[str], str]) -> Markup:
    rows = [[label(key), f"{rate.k:,} of {rate.n:,}", _rate(rate)] for key, rate in rates.items()]
    caption = f"Calls on off-topic messages by {name.lower()}"
    return Markup("<div>{}</div>").format(
        table((name, "Calls", "Share"), rows, kind="arguments-table", caption=caption)
    )


def _rate(rate: Rate) -> Markup:
    interval = text.interval(rate.low or 0.0, rate.high or 0.0)
    return Markup('<span>{} <span class="note">{}</span></span>').format(text.percent(rate.value), interval)


def _notes(found: OffTopic) -> list[str]:
    """What the tables do not say: undeclared tools, unreadable answers, near misses."""
    lines = []
    if found.undeclared.k:
        lines.append(f"{text.count(found.undeclared.k, 'answer')} call a tool that is not declared.")
    if found.unreadable.k:
        lines.append(f"{text.count(found.unreadable.k, 'answer')} cannot be read by an app.")
    asked = found.by_kind.get(NEAR_MISS)
    own = (
        f"{text.count(asked.n, 'near miss', 'near misses')} of yours {'was' if asked.n == 1 else 'were'} asked."
        if asked
        else "None was asked: add some in the Data step, or give evaluate.py a file with --near-misses."
    )
    return [*lines, f"{NEAR_MISSES} {own}"]


def _cells(row: OffTopicRow) -> list[object]:
    answer, said = answer_of(row), row.answer
    about = " · ".join(filter(None, [row.topic, language_name(row.language) if row.language else ""]))
    spoken = said.raw if answer == UNREADABLE else RESERVED.sub("", said.raw).strip()
    answered = marked((), said.predicted or ())[1] if row.called else code(spoken) if spoken else "nothing"
    return [
        Markup('<div>{}<div class="note">{}</div></div>').format(said.message or "(an empty message)", about),
        row.kind,
        Markup("<div>{}</div>").format(answered),
        _result(answer, said.probability),
    ]


def _result(answer: str, probability: float | None) -> Markup:
    """What the answer is, and how sure the model was of it."""
    shown = badge(ANSWERS[answer].lower(), "ok" if answer == SILENT else "warn")
    if probability is None:
        return shown
    return Markup('<div>{}<div class="note">sure: {}</div></div>').format(shown, text.probability(probability))
