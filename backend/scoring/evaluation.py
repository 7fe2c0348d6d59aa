"""The types of evaluation.json: the reports of a model and of its base, and the significance of their difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from backend.document import Field, check_schema
from backend.files import read_json
from backend.scoring.advice import Advice
from backend.scoring.comparison import ComparedRows
from backend.scoring.confidence import Confidence
from backend.scoring.intervals import Rate
from backend.scoring.off_topic import OffTopic
from backend.scoring.report import Report
from backend.scoring.verdict import Verdict

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What was scored, and with which prompt; a field is None if it does not apply or an earlier version lacked it.

    `rows` and `trained_on` count rows. `seconds` is the time of the model's own answers. `note` says which rows were
    left out. `base_missing` is the reason if the base was not scored.
    """

    model: str | None = None
    predictions: str | None = None
    prompt_format: str | None = None
    declarations: str | None = None
    rows: int | None = None
    trained_on: int | None = None
    note: str | None = None
    seconds: float | None = None
    base_model: str | None = None
    base_missing: str | None = None
    base_declarations: str | None = None

    @classmethod
    def from_field(cls, document: Field) -> Setup:
        """Returns the setup in the top fields of an evaluation. Raises InputError if a field is damaged."""
        return cls(
            model=document.optional("model", Field.text),
            predictions=document.optional("predictions", Field.text),
            prompt_format=document.optional("prompt_format", Field.text),
            declarations=document.optional("declarations", Field.text),
            rows=document.optional("rows", Field.count),
            trained_on=document.optional("trained_on", Field.count),
            note=document.optional("note", Field.text),
            seconds=document.optional("seconds", Field.number),
            base_model=document.optional("base_model", Field.text),
            base_missing=document.optional("base_missing", Field.text),
            base_declarations=document.optional("base_declarations", Field.text),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the top fields of evaluation.json."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Paired:
    """Two models on the same rows: how many only the first has right (`worse`), only the second, and McNemar's p."""

    worse: int
    better: int
    p: float

    @classmethod
    def from_field(cls, document: Field) -> Paired:
        """Returns the pair in a field of a document. Raises InputError if a field is damaged."""
        return cls(document["worse"].count(), document["better"].count(), document["p"].share())

    def to_dict(self) -> dict[str, Any]:
        """Returns the pair as one JSON object."""
        return {"worse": self.worse, "better": self.better, "p": self.p}


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """A probe's rates, its comparison with the unchanged rows, and the ids of the rows that the change made wrong."""

    tool: Rate
    combined: Rate
    mcnemar: Paired
    broken: tuple[str, ...]

    @classmethod
    def from_field(cls, document: Field) -> ProbeResult:
        """Returns the probe in a field of a document. Raises InputError if a field is damaged."""
        return cls(
            Rate.from_field(document["tool"]),
            Rate.from_field(document["combined"]),
            Paired.from_field(document["mcnemar"]),
            tuple(row.text() for row in document["broken"].list()),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the probe as one JSON object."""
        return {
            "tool": self.tool.to_dict(),
            "combined": self.combined.to_dict(),
            "mcnemar": self.mcnemar.to_dict(),
            "broken": list(self.broken),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison with another report on the rows that both scored; `source` is the address of that report."""

    source: str
    pair: ComparedRows

    @classmethod
    def from_field(cls, document: Field) -> Comparison:
        """Returns the comparison in a field of a document. Raises InputError if a field is damaged."""
        return cls(document["source"].text(), ComparedRows.from_field(document))

    def to_dict(self) -> dict[str, Any]:
        """Returns the comparison as one JSON object."""
        return {"source": self.source, **self.pair.to_dict()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The content of evaluation.json.

    `base` is the report of the model before fine-tuning, `ngram_baseline` that of the n-gram classifier; `mcnemar` and
    `ngram_mcnemar` compare them with the tuned model. All are None if they were not scored. `beside` is None if no
    comparison with other reports was requested. `confidence` is None if the rows have no probabilities.
    """

    setup: Setup = field(default_factory=Setup)
    verdict: Verdict
    advice: tuple[Advice, ...] = ()
    tuned: Report
    base: Report | None = None
    ngram_baseline: Report | None = None
    mcnemar: Paired | None = None
    ngram_mcnemar: Paired | None = None
    probes: Mapping[str, ProbeResult] = field(default_factory=dict)
    off_topic: OffTopic | None = None
    confidence: Confidence | None = None
    beside: tuple[Comparison, ...] | None = None

    @classmethod
    def read(cls, path: Path) -> Evaluation:
        """Returns the evaluation in a file. Raises InputError, with the first field that is missing or wrong."""
        return cls.from_dict(read_json(path), str(path))

    @classmethod
    def from_dict(cls, value: object, source: str = "evaluation.json") -> Evaluation:
        """Returns the evaluation in a JSON object. Raises InputError if a field is damaged."""
        document = Field(source, value)
        check_schema(document, SCHEMA)
        probes = document.optional("probes", Field.items) or {}
        beside = document.optional("beside", Field.list)
        return cls(
            setup=Setup.from_field(document),
            verdict=Verdict.from_field(document["verdict"]),
            advice=tuple(map(Advice.from_field, document.optional("advice", Field.list) or ())),
            tuned=Report.from_field(document["tuned"]),
            base=document.optional("base", Report.from_field),
            ngram_baseline=document.optional("floor", Report.from_field),
            mcnemar=document.optional("mcnemar", Paired.from_field),
            ngram_mcnemar=document.optional("floor_mcnemar", Paired.from_field),
            probes={name: ProbeResult.from_field(found) for name, found in probes.items()},
            off_topic=document.optional("off_topic", OffTopic.from_field),
            confidence=document.optional("confidence", Confidence.from_field),
            beside=None if beside is None else tuple(map(Comparison.from_field, beside)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the evaluation as one JSON object, the content of evaluation.json."""
        pairs = {"mcnemar": self.mcnemar, "floor_mcnemar": self.ngram_mcnemar}
        compared = {} if self.beside is None else {"beside": [one.to_dict() for one in self.beside]}
        return {
            "schema": SCHEMA,
            **self.setup.to_dict(),
            "verdict": self.verdict.to_dict(),
            "advice": [one.to_dict() for one in self.advice],
            "tuned": self.tuned.to_dict(),
            "base": self.base.to_dict() if self.base else None,
            "floor": self.ngram_baseline.to_dict() if self.ngram_baseline else None,
            **{name: pair.to_dict() if pair else None for name, pair in pairs.items()},
            "probes": {name: found.to_dict() for name, found in self.probes.items()},
            **({"off_topic": self.off_topic.to_dict()} if self.off_topic else {}),
            **({"confidence": self.confidence.to_dict()} if self.confidence else {}),
            **compared,
        }
