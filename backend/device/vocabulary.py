"""What verification.json says of a trimmed vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from backend.device.checked import Check, Result
from backend.document import Field
from backend.vocabulary import LANGUAGES, Coverage

VOCABULARY = "vocabulary"
"""The name of the check."""


@dataclass(frozen=True, slots=True)
class SameAnswers:
    """How many of the messages of one kind the file answers as the full checkpoint does."""

    asked: int
    same: int


@dataclass(frozen=True, slots=True)
class VocabularyResult:
    """The vocabulary of a file: `pieces` of the model's `full` number, chosen for some languages.

    `training` and `held_out` are messages of the run, `everyday` the product's own sentences by language: how many are
    tokenised as with the full vocabulary. `answers` are those to unusual messages by kind; it is empty if the file
    was not asked.
    """

    pieces: int
    full: int
    languages: tuple[str, ...]
    training: Coverage
    held_out: Coverage
    everyday: Mapping[str, Coverage]
    answers: Mapping[str, SameAnswers] = field(default_factory=dict)

    @classmethod
    def from_field(cls, value: Field) -> VocabularyResult:
        """Returns the result in a field of a document. Raises InputError if a field is damaged."""
        return cls(
            value["pieces"].count(),
            value["full"].count(),
            tuple(language.text() for language in value["languages"].list()),
            _coverage(value["training"]),
            _coverage(value["held_out"]),
            {code: _coverage(coverage) for code, coverage in value["everyday"].items().items()},
            value.optional("answers", _answers) or {},
        )

    @property
    def named_languages(self) -> str:
        """The English names of the languages, with commas between them."""
        return ", ".join(LANGUAGES[code].name if code in LANGUAGES else code for code in self.languages)

    @property
    def sentence(self) -> str:
        """What the file's vocabulary is, and what that costs."""
        return (
            f"The vocabulary keeps {self.pieces:,} of {self.full:,} pieces, for {self.named_languages}: "
            f"{_same(self.held_out)} held-out messages have the same tokens as before. A message in another language "
            f"has more tokens and is understood less well.{self._of_answers}"
        )

    @property
    def _of_answers(self) -> str:
        """A sentence on the answers to unusual messages; empty if none was asked."""
        if not self.answers:
            return ""
        asked, same = (sum(getattr(one, name) for one in self.answers.values()) for name in ("asked", "same"))
        kinds = ", ".join(f"{kind} {one.same:,} of {one.asked:,}" for kind, one in self.answers.items())
        return f" Of {asked:,} unusual messages, {same:,} are answered as by the full checkpoint ({kinds})."

    def to_dict(self) -> dict[str, Any]:
        """Returns the result as one JSON object."""
        return {
            "pieces": self.pieces,
            "full": self.full,
            "languages": list(self.languages),
            "training": asdict(self.training),
            "held_out": asdict(self.held_out),
            "everyday": {code: asdict(coverage) for code, coverage in self.everyday.items()},
            "answers": {kind: asdict(one) for kind, one in self.answers.items()},
        }


def check_vocabulary(result: VocabularyResult) -> Check:
    """Returns the check that trimming changed the tokens of no training message."""
    everyday = ", ".join(f"{_same(coverage)} {LANGUAGES[code].name}" for code, coverage in result.everyday.items())
    detail = (
        f"{result.pieces:,} of {result.full:,} pieces, for {result.named_languages}. Messages with the same tokens as "
        f"before: {_same(result.training)} trained on, {_same(result.held_out)} held out"
        f"{f'; everyday sentences: {everyday}' if everyday else ''}."
    )
    sound = result.training.same == result.training.texts
    return Check(VOCABULARY, Result.PASSED if sound else Result.FAILED, detail)


def _same(coverage: Coverage) -> str:
    return f"{coverage.same:,} of {coverage.texts:,}"


def _coverage(value: Field) -> Coverage:
    return Coverage(*(value[name].count() for name in ("texts", "same", "before", "after")))


def _answers(value: Field) -> dict[str, SameAnswers]:
    return {kind: SameAnswers(one["asked"].count(), one["same"].count()) for kind, one in value.items().items()}
