"""The vocabulary that an export of this training would keep, so that its size is known before the export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend.errors import InputError
from backend.prompts import PromptFormat
from backend.records import Example, Tool
from backend.runs import RunConfig, answers_by_language
from backend.vocabulary import AUTO, kept_languages, kept_pieces, model_texts
from job_templates.ml.models import Base


def export_vocabulary(
    config: RunConfig, base: Base, fmt: PromptFormat, tools: Sequence[Tool], train: Sequence[Example]
) -> dict[str, Any]:
    """Returns the fields of TrainingSummary on the vocabulary; none if the tokenizer cannot be trimmed.

    Takes two to three seconds with Gemma 3's tokenizer, most of them for the commonest words of the languages.
    """
    if base.tokenizer_model is None:
        return {}
    languages = kept_languages(AUTO, [row.message for row in train])
    answers = answers_by_language(config.no_call_answer).values()
    texts = model_texts(fmt, tools, train, fmt.chat_template(tools), answers)
    try:
        kept = kept_pieces(base.tokenizer_model.read_bytes(), texts, languages)
    except InputError:  # the export keeps such a vocabulary whole
        return {}
    return {
        "hidden_size": base.model.config.hidden_size,
        "pieces": kept.pieces,
        "kept_pieces": len(kept.ids),
        "kept_languages": ",".join(languages),
    }
