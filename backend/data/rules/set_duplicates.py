"""Rules on rows that are equal or nearly equal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice

from backend.data.fixers import drop_conflicting, drop_equal, drop_normalised, drop_trained
from backend.data.rows import Finding, Label, SetView, class_labels, rule
from backend.data.similarity import THRESHOLD, find_templates, similarity
from backend.data.text import MESSAGE, SPLIT, count, show

_MOST_LINES = 8
_COMPARED = 40


@rule(
    "set-duplicate",
    "set",
    "warning",
    "A row occurs twice",
    "The same message with the same calls adds nothing new and counts twice. The fix keeps the first row.",
    fixer=drop_equal,
)
def duplicate(view: SetView) -> Iterator[Finding]:
    for first, later in drop_equal(view):
        yield Finding(
            f"The row repeats line {first}, message and calls.", later, MESSAGE, f"Delete it and keep line {first}."
        )


@rule(
    "set-normalised-duplicate",
    "set",
    "warning",
    "Two rows differ only in case, spaces or punctuation",
    "The model learns the same from both. If one is a test row, the other already shows the model its answer. The fix "
    "keeps the first row. Keep both if the difference is intended.",
    fixer=drop_normalised,
    safe=False,
)
def normalised_duplicate(view: SetView) -> Iterator[Finding]:
    text = {example.line: example.message for example in view.examples}
    for first, later in drop_normalised(view):
        yield Finding(
            f"Except for case, spaces and punctuation the message equals that on line {first}: {show(text[later])} and "
            f"{show(text[first])}, with the same calls.",
            later,
            MESSAGE,
            f"Delete it and keep line {first}.",
        )


@rule(
    "set-conflict",
    "set",
    "error",
    "The same message has different calls",
    "The model cannot learn both. The fix keeps the most frequent calls, or else the first ones. Check first which "
    "calls are right.",
    fixer=drop_conflicting,
    safe=False,
)
def conflict(view: SetView) -> Iterator[Finding]:
    for positions in view.by_normal.values():
        labels = [view.labels[at] for at in positions]
        if len(set(labels)) < 2:
            continue
        for at, label in zip(positions, labels, strict=True):
            other = next(one for one in positions if view.labels[one] != label)
            example = view.examples[at]
            yield Finding(
                f"The message {show(example.message)} calls {_shown(label)} here, and on line "
                f"{view.examples[other].line} {_shown(view.labels[other])}. Keep one of them.",
                example.line,
                MESSAGE,
                "Keep the most frequent calls, or else the first ones.",
            )


def _shown(label: Label) -> str:
    return show(", ".join(label) or "nothing", 80)


@rule(
    "set-near-duplicate",
    "set",
    "warning",
    "Rows are nearly the same",
    f"At least {THRESHOLD:.0%} of their three-character sequences and all of their calls are the same. A few such "
    "rows are useful; many dominate the training. The split puts them all on one side.",
)
def near_duplicate(view: SetView) -> Iterator[Finding]:
    rows = list(view.by_normal.values())
    groups: dict[tuple[int, Label], list[int]] = defaultdict(list)
    shared = _shared_groups(view)
    for at, group in enumerate(view.near.group):
        if group in shared:
            first_row = rows[at][0]
            groups[group, view.labels[first_row]].append(first_row)
    for positions in groups.values():
        if len(positions) < 2:
            continue
        first, *others = (view.examples[at] for at in positions)
        lines = [example.line for example in others]
        others_too = f" So {'is' if len(lines) == 2 else 'are'} {count(len(lines) - 1, 'other')}: {_lines(lines[1:])}."
        rest = others_too if len(lines) > 1 else ""
        yield Finding(
            f"The message {show(others[0].message)} is nearly the same as on line {first.line}, {show(first.message)}, "
            f"with the same calls.{rest}",
            lines[0],
            MESSAGE,
        )


def _shared_groups(view: SetView) -> set[int]:
    """Returns the groups of near-duplicates with several messages."""
    return {group for group, messages in Counter(view.near.group).items() if messages > 1}


def _lines(lines: list[int]) -> str:
    shown = ", ".join(map(str, lines[:_MOST_LINES]))
    return f"lines {shown}, …" if len(lines) > _MOST_LINES else f"lines {shown}" if len(lines) > 1 else f"line {shown}"


@rule(
    "set-test-row-in-train",
    "set",
    "error",
    "A test row has the text of a training row",
    "The split column puts the same message on both sides, so the accuracy would be measured on rows that the model "
    "was trained on. The fix takes the training rows out.",
    fixer=drop_trained,
    safe=False,
    batch=True,
)
def test_row_in_train(view: SetView) -> Iterator[Finding]:
    for positions in view.by_normal.values():
        rows = [view.examples[at] for at in positions]
        trained = next((row for row in rows if row.split == "train"), None)
        for row in rows if trained else ():
            if row.split == "test" and trained:
                yield Finding(
                    f"The message {show(row.message)} is a test row here and a training row on line {trained.line}. "
                    "Put both on one side, or delete one.",
                    row.line,
                    SPLIT,
                    "Take the row out of training.",
                )


@rule(
    "set-near-duplicate-across-split",
    "set",
    "warning",
    "A test row is nearly a training row",
    "The model was trained on almost the same row, so the measured accuracy is too high.",
)
def near_across_split(view: SetView) -> Iterator[Finding]:
    if view.split is None:
        return
    tested = {example.id for example in view.split.test}
    used = tested.union(example.id for example in view.split.train)
    groups: dict[int, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    shared = _shared_groups(view)
    for key, group in zip(view.by_normal, view.near.group, strict=True):
        if group not in shared:
            continue
        sides = {name in tested for at in view.by_normal[key] if (name := view.examples[at].id) in used}
        if len(sides) == 1:
            groups[group][sides.pop()].append(key)
    for trained, test in groups.values():
        for key in test if trained else ():
            near = next((one for one in islice(trained, _COMPARED) if similarity(one, key) >= THRESHOLD), None)
            if near is not None:
                row, other = (view.examples[view.by_normal[one][0]] for one in (key, near))
                yield Finding(
                    f"The test row {show(row.message)} is nearly the training row on line {other.line}, "
                    f"{show(other.message)}.",
                    row.line,
                    MESSAGE,
                )


_SHARE = 0.1
_SHOWN_TEMPLATES = 4
_SHOWN_LINES = 8


@rule(
    "set-sentence-frames",
    "set",
    "warning",
    "Many rows are one sentence with different words in it",
    'Scripts write such rows ("Display water", "Display quiet"). The model learns the template, not how people ask, '
    "and the call often does not fit the sentence. The check reports it if they are at least a tenth of the rows.",
)
def sentence_frames(view: SetView) -> Iterator[Finding]:
    templates = find_templates([example.message for example in view.examples], class_labels(view.examples))
    rows = {at for template in templates for at in template.fillers}
    if len(rows) < _SHARE * len(view.examples) or not rows:
        return
    lines = [view.examples[at].line for at in templates[0].fillers]
    shown = "; ".join(
        f"{show(one.text)} in {count(len(one.fillers), 'row')} with {count(one.labels, 'different call')}"
        for one in templates[:_SHOWN_TEMPLATES]
    )
    yield Finding(
        f"{count(len(rows), 'row')} of {len(view.examples):,} look like one sentence with different words in it: "
        f"{shown}. The first of these is on lines {', '.join(map(str, lines[:_SHOWN_LINES]))}"
        f"{', …' if len(lines) > _SHOWN_LINES else ''}.",
        lines[0],
        MESSAGE,
        "Replace most of them with sentences that people say.",
    )
