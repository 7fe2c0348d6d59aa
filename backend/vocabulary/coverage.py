"""Measures how many texts a trimmed tokenizer still reads as before, and has everyday sentences to measure with."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import sentencepiece

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Coverage:
    """How texts are tokenised after trimming.

    `same` of the `texts` have the same pieces as before. The others had `before` tokens and have `after` now.
    """

    texts: int
    same: int
    before: int
    after: int

    @property
    def share(self) -> float:
        """The share of the texts that are tokenised as before; 1 if there are no texts."""
        return self.same / self.texts if self.texts else 1.0

    @property
    def growth(self) -> float:
        """How many times as many tokens the other texts have; 1 if there are none."""
        return self.after / self.before if self.before else 1.0


def measure_coverage(before: bytes, after: bytes, texts: Iterable[str]) -> Coverage:
    """Returns how a SentencePiece model `after` trimming tokenises the texts that `before` did."""
    asked = list(texts)
    old, new = (
        sentencepiece.SentencePieceProcessor(model_proto=model).encode(asked, out_type=str) for model in (before, after)
    )
    changed = [(len(first), len(second)) for first, second in zip(old, new, strict=True) if first != second]
    return Coverage(
        len(asked), len(asked) - len(changed), sum(first for first, _ in changed), sum(second for _, second in changed)
    )


@lru_cache(maxsize=1)
def everyday_sentences() -> Mapping[str, tuple[str, ...]]:
    """Returns what people say to an assistant on a phone, by language code; no training uses these sentences."""
    return _read("sentences.csv", "language")


@lru_cache(maxsize=1)
def probes() -> Mapping[str, tuple[str, ...]]:
    """Returns English messages with unusual words, by their kind: in capitals, with emoji, numbers, URLs and others."""
    return _read("probes.csv", "kind")


def _read(name: str, key: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row[key]].append(row["text"])
    return {group: tuple(texts) for group, texts in found.items()}
