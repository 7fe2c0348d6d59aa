"""What verification.json says of a trimmed vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from backend.device.checked import Check, Result
from backend.document import Field
from backend.vocabulary import LANGUAGES, Coverage

VOCABULARY = "vocabulary"
"""The name of the check."""


@dataclass(frozen=True, slots=True)
class VocabularyResult:
    """The vocabulary of a file: `pieces` of the model's `full` number, chosen for some languages.

    `training` and `held_out` are messages of the run, `everyday` the product's own sentences by language: how many are
    tokenised as with the full vocabulary.
    """

    pieces: int
    full: int
    languages: tuple[str, ...]
    training: Coverage
    held_out: Coverage
    everyday: Mapping[str, Coverage]

    @classmethod
    def from_field(cls, field: Field) -> VocabularyResult:
        """Returns the result in a field of a document. Raises InputError if a field is damaged."""
        return cls(
            field["pieces"].count(),
            field["full"].count(),
            tuple(language.text() for language in field["languages"].list()),
            _coverage(field["training"]),
            _coverage(field["held_out"]),
            {code: _coverage(coverage) for code, coverage in field["everyday"].items().items()},
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
            "has more tokens and is understood less well."
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the result as one JSON object."""
        return {
            "pieces": self.pieces,
            "full": self.full,
            "languages": list(self.languages),
            "training": asdict(self.training),
            "held_out": asdict(self.held_out),
            "everyday": {code: asdict(coverage) for code, coverage in self.everyday.items()},
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


def _coverage(field: Field) -> Coverage:
    return Coverage(*(field[name].count() for name in ("texts", "same", "before", "after")))
