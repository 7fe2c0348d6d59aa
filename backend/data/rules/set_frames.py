"""The rule on rows that a script wrote by filling words into a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from backend.data.rows.label_errors import class_labels
from backend.data.rows.registry import Finding, rule
from backend.data.rows.set_view import SetView
from backend.data.similarity.templates import find_frames
from backend.data.text.display import count, show
from backend.data.text.options import MESSAGE

_SHARE = 0.1
_SHOWN_FRAMES = 4
_SHOWN_LINES = 8


@rule(
    "set-sentence-frames",
    "set",
    "warning",
    "Rows are one sentence with other words in it",
    'Such rows come from scripts ("Display water", "Display quiet"): the model learns the frame, not how people ask, '
    "and the call often does not fit the sentence. Reported where a tenth of the rows or more are made so.",
)
def sentence_frames(view: SetView) -> Iterator[Finding]:
    frames = find_frames([example.message for example in view.examples], class_labels(view.examples))
    rows = {at for frame in frames for at in frame.fillers}
    if len(rows) < _SHARE * len(view.examples) or not rows:
        return
    lines = [view.examples[at].line for at in frames[0].fillers]
    shown = "; ".join(
        f"{show(frame.text)} in {count(len(frame.fillers), 'row')} with {count(frame.labels, 'different call')}"
        for frame in frames[:_SHOWN_FRAMES]
    )
    yield Finding(
        f"{count(len(rows), 'row')} of {len(view.examples):,} look like a sentence that was filled with other words: "
        f"{shown}. The first of these is on lines {', '.join(map(str, lines[:_SHOWN_LINES]))}"
        f"{', …' if len(lines) > _SHOWN_LINES else ''}.",
        lines[0],
        MESSAGE,
        "Replace most of them with sentences that people would say.",
    )
