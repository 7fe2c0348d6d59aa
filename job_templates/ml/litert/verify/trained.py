"""The training of a checkpoint's run: its tools, its prompt format, and its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.errors import InputError
from backend.off_topic import Selection, evenly_divided
from backend.prompts import START_CALL, PromptFormat, get_format
from backend.records import Example, FormatName, Tool
from backend.runs import Run, read_json
from backend.tokens import TokenCounter, load_counter
from job_templates.ml.models import TEMPLATE, ModelSource
from job_templates.ml.run import off_topic_messages, scored_rows

TOKENIZER_CONFIG = "tokenizer_config.json"
MOST_ROWS = 500
"""The most held-out rows that a file is run on, evenly spaced: about 8 minutes at 270M parameters on 2 cores."""

MOST_OFF_TOPIC = 200
"""The most off-topic messages that a file is asked, evenly divided by kind, language and topic.

A 270M that answered each with a call took 0.3 s without declarations in the prompt and 0.6 s with full ones on 2 cores
(2026-11-28), so 200 take one to two minutes. While other work used the cores, it took 1.3 s and 6.3 s.
"""

CALIBRATION_TOKENS = 6_000
"""Enough tokens to find the largest values of each channel; a 270M takes 10 s for them on 2 cores."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A run's tools and prompt format, all its rows, its training rows, and what a file is asked.

    A file is asked the `held_out` rows and the messages of `off_topic`.
    """

    tools: tuple[Tool, ...]
    fmt: PromptFormat
    rows: tuple[Example, ...]
    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    counter: TokenCounter
    off_topic: Selection

    def longest(self) -> int:
        """Returns the largest number of tokens of a prompt and its answer together."""
        return max(len(self._tokens(row)) for row in self.rows)

    def off_topic_that_fit(self, context: int) -> Selection:
        """Returns the off-topic messages that fit into a context of so many tokens together with the longest answer."""
        messages = self.off_topic.messages
        fit = self.that_fit([one.text for one in messages], context)
        return replace(self.off_topic, messages=tuple(one for one in messages if one.text in fit))

    def that_fit(self, messages: Sequence[str], context: int) -> frozenset[str]:
        """Returns the messages that fit into a context of so many tokens together with the longest answer."""
        longest = max(len(self.counter.encode(self.fmt.completion(row.calls, row.answer))) for row in self.rows)
        room = context - longest
        return frozenset(one for one in messages if len(self.counter.encode(self.fmt.prompt(self.tools, one))) <= room)

    def calibration(self) -> list[list[int]]:
        """Returns the token ids of some evenly spaced training rows, as examples of what the model reads and writes."""
        some = _evenly(self.train, CALIBRATION_TOKENS // self.longest() or 1)
        return [self._tokens(row) for row in some]

    def _tokens(self, row: Example) -> list[int]:
        prompt = self.counter.encode(self.fmt.prompt(self.tools, row.message))
        return prompt + self.counter.encode(self.fmt.completion(row.calls, row.answer))

    def check_fits(self, cache_length: int) -> None:
        """Raises InputError, with a sufficient length, if a prompt with its answer is longer than the cache."""
        needed = self.longest()
        if needed > cache_length:
            raise InputError(
                f"The longest prompt with its answer has {needed:,} tokens, more than the {cache_length:,} of "
                f"--kv-cache-max-len. Export with --kv-cache-max-len {_round_up(needed)}, "
                "or train with fewer declarations in the prompt (--declarations names or none)."
            )


def load_trained(run: Run) -> Trained:
    """Returns the training of a run. Raises InputError if its inputs or its split are missing or do not match."""
    own = scored_rows(run, None, None, "")
    rows = (*own.trained_on, *own.rows)
    off_topic = off_topic_messages(own.tools, rows, run)
    return Trained(
        own.tools,
        get_format(run.config.prompt_format, run.config.declarations),
        rows,
        own.trained_on,
        _evenly(own.rows, MOST_ROWS),
        load_counter(run.checkpoint, run.name),
        replace(off_topic, messages=evenly_divided(off_topic.messages, MOST_OFF_TOPIC)),
    )


def prompt_of_checkpoint(source: ModelSource) -> tuple[FormatName, str]:
    """Returns the prompt format and chat template of a checkpoint. Raises InputError if it has no template."""
    folders = [folder for folder in (source.adapter, source.weights) if folder is not None]
    for folder in folders:
        if (folder / TEMPLATE).is_file():
            template: object = (folder / TEMPLATE).read_text(encoding="utf-8")
        else:
            path = folder / TOKENIZER_CONFIG
            template = read_json(path).get("chat_template") if path.is_file() else None
        if isinstance(template, str) and template:
            return ("native" if START_CALL in template else "json"), template
    raise InputError(
        f"{folders[0]} has no chat template ({TEMPLATE}), so the phone cannot make the prompt. Copy the template "
        "that the model was trained with into this folder, or export its run."
    )


def _round_up(tokens: int) -> int:
    """The next power of two, from 64."""
    return max(64, 1 << (tokens - 1).bit_length())


def _evenly(rows: Sequence[Example], most: int) -> tuple[Example, ...]:
    """At most `most` of the rows, evenly spaced, in order."""
    count = min(len(rows), most)
    return tuple(rows[index * len(rows) // count] for index in range(count))
