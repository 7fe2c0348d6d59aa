"""Says in one line what was read, and in further sentences what was not carried over."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.data.imports.columns import ALTERNATIVES
from backend.data.imports.conversation import LATER_TURNS, OPENINGS, SPOKEN, SYSTEM_TEXTS
from backend.data.text import count, escape, listing

_PLACES = 5
_REASONS = 6


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What was read from the given files.

    `format` is empty if both files were already in the standard form. `no_calls` and `several_calls` count rows.
    """

    format: str = ""
    rows: int = 0
    tools: int = 0
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    details: tuple[str, ...] = ()
    no_calls: int = 0
    several_calls: int = 0

    @property
    def line(self) -> str:
        """One line, such as `Read as OpenAI chat messages: 1,240 rows, 7 tools, 18 left out because …`."""
        if not self.format:
            return ""
        parts = [count(self.rows, "row"), count(self.tools, "tool"), *self._left_out()]
        return f"Read as {self.format}: {', '.join(parts)}."

    @property
    def sentences(self) -> tuple[str, ...]:
        """The line and the details; empty if nothing was converted."""
        return (self.line, *self.details) if self.format else ()

    def to_json(self) -> dict[str, object]:
        """Returns the summary as one JSON object; `left_out` has the places by reason."""
        left_out = {reason: list(places) for reason, places in self.left_out.items()}
        return {"line": self.line, "details": list(self.details), "left_out": left_out}

    def _left_out(self) -> list[str]:
        if not self.left_out:
            return []
        ranked = sorted(self.left_out.items(), key=lambda item: -len(item[1]))
        total = sum(len(places) for _, places in ranked)
        if len(ranked) == 1:
            reason, places = ranked[0]
            return [f"{total:,} left out because {reason} ({_some(places)})"]
        said = [f"{len(places):,} because {reason} ({_some(places)})" for reason, places in ranked[:_REASONS]]
        rest = sum(len(places) for _, places in ranked[_REASONS:])
        return [f"{total:,} left out: " + "; ".join([*said, *([f"{rest:,} for other reasons"] if rest else [])])]


def _some(places: Sequence[str]) -> str:
    return listing(places, _PLACES)


@dataclass(slots=True)
class Tally:
    """Counts while rows are read: the records that were left out, by reason, and what rows did not carry over."""

    left_out: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    notes: Counter[str] = field(default_factory=Counter)
    rows_with: Counter[str] = field(default_factory=Counter)
    no_calls: int = 0
    several_calls: int = 0

    def leave_out(self, reason: str, place: str) -> None:
        """Count a record that becomes no row."""
        self.left_out[escape(reason)].append(place)

    def note(self, notes: Mapping[str, int]) -> None:
        """Count what one row does not carry over."""
        if notes:
            self.notes.update(notes)
            self.rows_with.update(dict.fromkeys(notes, 1))

    def sentences(self, total: int) -> list[str]:
        """Returns a sentence for each kind of thing that was not carried over; `total` is the number of rows."""
        said = []
        for kind, text in _SENTENCES.items():
            if rows := self.rows_with[kind]:
                verb = "has" if rows == 1 else "have"
                said.append(text.format(rows=count(rows, "row"), verb=verb, number=self.notes[kind]))
        if self.no_calls:
            said.append(f"{count(self.no_calls, 'row')} without a call: the label is silence, or the answer's text.")
        if self.no_calls == total > 0:
            said.append("No row has a call. Check that the calls are in a known notation.")
        if self.several_calls:
            said.append(f"{count(self.several_calls, 'row')} with several calls.")
        return said


_SENTENCES = {
    SYSTEM_TEXTS: "{rows} {verb} a system text, which is not carried over, because all rows of a run share one "
    "developer turn.",
    OPENINGS: "{rows} {verb} turns before the user's first message, which are not carried over.",
    LATER_TURNS: "{rows} {verb} later turns ({number:,} in all), which are not carried over, because a row has one "
    "message and one answer.",
    SPOKEN: "{rows} {verb} a text beside the calls, which is not carried over.",
    ALTERNATIVES: "{rows} {verb} several right answers, of which the first was taken.",
}
