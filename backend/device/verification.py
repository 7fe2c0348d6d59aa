"""verification.json in its types: what was checked about an exported file, and how it ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backend.device.checked import Check, Result, read_result
from backend.device.vocabulary import VocabularyResult
from backend.document import Field, check_schema
from backend.files import read_json
from backend.scoring import OffTopic, Rate, Report

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of `rows`, `same` are answered alike; `lost` only the checkpoint got right, `won` only the file."""

    same: int
    rows: int
    lost: int
    won: int

    @classmethod
    def from_field(cls, field: Field) -> Agreement:
        """Returns the agreement in a field of a document. Raises InputError if a field is damaged."""
        return cls(*(field[name].count() for name in ("same", "rows", "lost", "won")))

    def to_dict(self) -> dict[str, Any]:
        """Returns the agreement as one JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Conversion:
    """How the file was made: the recipe of its weights, its prefill lengths in tokens, and what that took."""

    recipe: str
    prefill_lengths: tuple[int, ...]
    seconds: float
    peak_memory_mb: float

    @classmethod
    def from_field(cls, field: Field) -> Conversion:
        """Returns the conversion in a field of a document. Raises InputError if a field is damaged."""
        lengths = tuple(length.count() for length in field["prefill_lengths"].list())
        return cls(field["recipe"].text(), lengths, field["seconds"].number(), field["peak_memory_mb"].number())

    def to_dict(self) -> dict[str, Any]:
        """Returns the conversion as one JSON object."""
        return {**asdict(self), "prefill_lengths": list(self.prefill_lengths)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What verification.json holds of an exported file.

    `bytes` is the file's size, `context` its tokens, `rows` how many messages it answered; `sections` are its parts as
    their writer lists them. `later_messages` is the rate of later messages in a conversation that get the calls that
    they get alone. `off_topic` has the answers to messages that no tool should answer. `vocabulary` is None if the file
    has the model's full vocabulary. What was not measured is None, and so are the last four fields in files of earlier
    versions.
    """

    file: str
    bytes: int
    sha256: str
    verdict: Result
    reason: str
    checks: tuple[Check, ...]
    sections: tuple[Mapping[str, Any], ...] = ()
    accuracy: Report | None = None
    checkpoint_agreement: Agreement | None = None
    load_seconds: float | None = None
    first_token_seconds: float | None = None
    decode_tokens_per_second: float | None = None
    peak_memory_mb: float | None = None
    runtime: str
    context: int
    rows: int
    conversion: Conversion | None = None
    later_messages: Rate | None = None
    off_topic: OffTopic | None = None
    vocabulary: VocabularyResult | None = None

    @classmethod
    def read(cls, path: Path) -> Verification:
        """Returns the verification in a file. Raises InputError, with the first field that is missing or wrong."""
        return cls.from_dict(read_json(path), str(path))

    @classmethod
    def from_dict(cls, value: object, source: str = "verification.json") -> Verification:
        """Returns the verification in a JSON object. Raises InputError if a field is damaged."""
        document = Field(source, value)
        check_schema(document, SCHEMA)
        sections = document.optional("sections", Field.list) or ()
        return cls(
            file=document["file"].text(),
            bytes=document["bytes"].count(),
            sha256=document["sha256"].text(),
            verdict=read_result(document["verdict"]),
            reason=document["reason"].text(),
            checks=tuple(map(Check.from_field, document["checks"].list())),
            sections=tuple(section.mapping() for section in sections),
            accuracy=document.optional("accuracy", Report.from_field),
            checkpoint_agreement=document.optional("checkpoint_agreement", Agreement.from_field),
            load_seconds=document.optional("load_seconds", Field.number),
            first_token_seconds=document.optional("first_token_seconds", Field.number),
            decode_tokens_per_second=document.optional("decode_tokens_per_second", Field.number),
            peak_memory_mb=document.optional("peak_memory_mb", Field.number),
            runtime=document["runtime"].text(),
            context=document["context"].count(),
            rows=document["rows"].count(),
            conversion=document.optional("conversion", Conversion.from_field),
            later_messages=document.optional("later_messages", Rate.from_field),
            off_topic=document.optional("off_topic", OffTopic.from_field),
            vocabulary=document.optional("vocabulary", VocabularyResult.from_field),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the verification as one JSON object, as it stands in verification.json."""
        return {
            "schema": SCHEMA,
            "file": self.file,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "checks": [check.to_dict() for check in self.checks],
            "sections": [dict(section) for section in self.sections],
            "accuracy": self.accuracy.to_dict() if self.accuracy else None,
            "checkpoint_agreement": self.checkpoint_agreement.to_dict() if self.checkpoint_agreement else None,
            "load_seconds": self.load_seconds,
            "first_token_seconds": self.first_token_seconds,
            "decode_tokens_per_second": self.decode_tokens_per_second,
            "peak_memory_mb": self.peak_memory_mb,
            "runtime": self.runtime,
            "context": self.context,
            "rows": self.rows,
            **({"conversion": self.conversion.to_dict()} if self.conversion else {}),
            **({"later_messages": self.later_messages.to_dict()} if self.later_messages else {}),
            **({"off_topic": self.off_topic.to_dict()} if self.off_topic else {}),
            **({"vocabulary": self.vocabulary.to_dict()} if self.vocabulary else {}),
        }
