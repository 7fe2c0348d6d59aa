"""The texts that a model reads and writes, whose tokens a trimmed vocabulary keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from backend.prompts import RESERVED, PromptFormat
from backend.records import Example, Tool
from backend.tokens import tool_texts


def model_texts(
    fmt: PromptFormat, tools: Sequence[Tool], rows: Iterable[Example], template: str, answers: Iterable[str]
) -> Iterator[str]:
    """Yields the parts of the chat template, the answers of a silent model, and whole prompts with their answers.

    A prompt is yielded together with its answer, because tokens also reach over the place at which they are joined.
    """
    yield from RESERVED.split(template)
    yield from answers
    for row in rows:
        yield fmt.prompt(tools, row.message) + fmt.completion(row.calls, row.answer)
    yield from tool_texts(tools)
