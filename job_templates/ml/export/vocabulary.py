"""The vocabulary of an exported file: the pieces that its model needs, and a tokenizer with those alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from backend.device import VocabularyResult
from backend.errors import InputError
from backend.prompts import RESERVED
from backend.runs import answers_by_language
from backend.tokens import load_plain_counter
from backend.vocabulary import (
    AUTO,
    FULL,
    everyday_sentences,
    kept_languages,
    kept_pieces,
    measure_coverage,
    model_texts,
    trim_tokenizer,
)
from job_templates.cli import say
from job_templates.ml.litert.convert import KeptRows
from job_templates.ml.litert.verify import Trained
from job_templates.ml.models import ModelSource


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The vocabulary of a file: its tokenizer.model, and the run with its tokens.

    `kept` and `result` are None if it is the model's full one.
    """

    tokenizer_model: Path
    trained: Trained | None
    kept: KeptRows | None = None
    result: VocabularyResult | None = None


def choose_vocabulary(
    choice: str, source: ModelSource, trained: Trained | None, template: str, out: Path
) -> Vocabulary:
    """Returns the vocabulary of the file; if it is trimmed, its tokenizer is written to `out`.

    Kept are the languages of `choice` (see read_vocabulary), and every token of the training rows, the tools and the
    template. Tokens of the held-out rows are not kept for that, because their scores would be too good. A model
    without rows keeps its full vocabulary with `auto`, because nothing says which languages it is for; so does one
    whose tokenizer cannot be trimmed. Raises InputError in the last case if languages are named.
    """
    full = Vocabulary(source.tokenizer_model, trained)
    if choice == FULL or (choice == AUTO and trained is None):
        return full
    try:
        return _trimmed(choice, source, trained, template, out) or full
    except InputError as error:
        if choice != AUTO:
            raise
        say(f"Vocabulary: all pieces are kept. {error}")
        return full


def _trimmed(choice: str, source: ModelSource, trained: Trained | None, template: str, out: Path) -> Vocabulary | None:
    """The trimmed vocabulary; None if the model has few pieces."""
    messages = [row.message for row in trained.train] if trained is not None else []
    before, languages = source.tokenizer_model.read_bytes(), kept_languages(choice, messages)
    kept = kept_pieces(before, _texts(source, trained, template), languages)
    if not kept.trims:
        say("Vocabulary: all pieces are kept, because the model has few.")
        return None
    ids = trim_tokenizer(source.tokenizer_model.parent, out, kept)
    tokenizer_model = out / source.tokenizer_model.name
    after = tokenizer_model.read_bytes()
    held_out = [row.message for row in trained.held_out] if trained is not None else []
    everyday = {code: texts for code, texts in everyday_sentences().items() if code in languages}
    result = VocabularyResult(
        len(ids),
        kept.pieces,
        languages,
        measure_coverage(before, after, messages),
        measure_coverage(before, after, held_out),
        {code: measure_coverage(before, after, texts) for code, texts in everyday.items()},
    )
    say(f"Vocabulary: {len(ids):,} of {kept.pieces:,} pieces are kept, for {', '.join(languages)}.")
    own = replace(trained, counter=load_plain_counter(out, source.name)) if trained is not None else None
    return Vocabulary(tokenizer_model, own, KeptRows(ids, out), result)


def _texts(source: ModelSource, trained: Trained | None, template: str) -> Iterable[str]:
    """What the model reads and writes; of a model without rows, the template alone."""
    if trained is None or source.run is None:
        return RESERVED.split(template)
    answers = answers_by_language(source.run.config.no_call_answer).values()
    return model_texts(trained.fmt, trained.tools, trained.train, template, answers)
