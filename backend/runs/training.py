"""training.json, the summary of a training."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backend.document import Field, check_schema, finite
from backend.files import read_json

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSummary:
    """The summary of a training: `seconds` of training, losses in nats per token, lengths in tokens.

    `held_out_loss` and `held_out_match` are from the best evaluation of the held-out rows. `off_topic_rows` are those
    of each epoch beside `rows`. A large model wrote `grown_rows` of `rows`;
    `grown_by` lists their origins. `pieces` is the size of the vocabulary, `hidden_size` the width of a row of the
    embedding table, and `kept_pieces` what an export for `kept_languages` (codes with commas) keeps. A field that an
    earlier version of the trainer did not write is None.
    """

    rows: int
    off_topic_rows: int | None = None
    grown_rows: int | None = None
    grown_by: str | None = None
    test_rows: int
    max_seq_length: int | None = None
    parameters: int | None = None
    trained_parameters: int | None = None
    method: str | None = None
    device: str | None = None
    precision: str | None = None
    epochs: float | None = None
    steps: int
    planned_steps: int | None = None
    stopped_early: bool | None = None
    best_step: int | None = None
    rows_at_once: int | None = None
    tokens: int | None = None
    tokens_saved: int | None = None
    seconds: float
    final_loss: float | None = None
    held_out_loss: float | None = None
    held_out_match: float | None = None
    hidden_size: int | None = None
    pieces: int | None = None
    kept_pieces: int | None = None
    kept_languages: str | None = None

    @property
    def grown(self) -> str:
        """The number of training rows that a large model wrote, and their origins; a dash if it is not known."""
        if self.grown_rows is None:
            return "–"
        return f"{self.grown_rows} ({self.grown_by})" if self.grown_rows and self.grown_by else str(self.grown_rows)

    @classmethod
    def read(cls, path: Path) -> TrainingSummary:
        """Reads the summary in a file. Raises InputError with the first field that is missing or wrong."""
        return cls.from_dict(read_json(path), str(path))

    @classmethod
    def from_dict(cls, value: object, source: str = "training.json") -> TrainingSummary:
        """Returns the summary in a JSON object. Raises InputError with the first field that is missing or wrong."""
        summary = Field(source, value)
        check_schema(summary, SCHEMA)
        return cls(
            rows=summary["rows"].count(),
            off_topic_rows=summary.optional("off_topic_rows", Field.count),
            grown_rows=summary.optional("grown_rows", Field.count),
            grown_by=summary.optional("grown_by", Field.text),
            test_rows=summary["test_rows"].count(),
            seconds=summary["seconds"].number(),
            steps=summary["steps"].count(),
            final_loss=summary.optional("final_loss", Field.number),
            parameters=summary.optional("parameters", Field.count),
            trained_parameters=summary.optional("trained_parameters", Field.count),
            max_seq_length=summary.optional("max_seq_length", Field.count),
            method=summary.optional("method", Field.text),
            device=summary.optional("device", Field.text),
            precision=summary.optional("precision", Field.text),
            epochs=summary.optional("epochs", Field.number),
            planned_steps=summary.optional("planned_steps", Field.count),
            stopped_early=summary.optional("stopped_early", Field.flag),
            best_step=summary.optional("best_step", Field.count),
            rows_at_once=summary.optional("rows_at_once", Field.count),
            tokens=summary.optional("tokens", Field.count),
            tokens_saved=summary.optional("tokens_saved", Field.count),
            held_out_loss=summary.optional("held_out_loss", Field.number),
            held_out_match=summary.optional("held_out_match", Field.number),
            hidden_size=summary.optional("hidden_size", Field.count),
            pieces=summary.optional("pieces", Field.count),
            kept_pieces=summary.optional("kept_pieces", Field.count),
            kept_languages=summary.optional("kept_languages", Field.text),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the summary as the object in training.json, without the fields that are None."""
        losses = {name: finite(getattr(self, name)) for name in ("final_loss", "held_out_loss", "held_out_match")}
        written = {"schema": SCHEMA, **asdict(self), **losses}
        return {name: value for name, value in written.items() if value is not None}
