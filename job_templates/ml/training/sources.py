"""The rows that a training draws: the user's, in their writings, and off-topic messages beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from backend.data.rows import other_writings
from backend.off_topic import Relation, as_rows, taught_messages
from backend.prompts import PromptFormat
from backend.records import Example, Tool
from backend.runs import STARTER, RunConfig, answers_by_language, planned_epochs
from job_templates.cli import say
from job_templates.ml.models import Base
from job_templates.ml.rows import (
    StarterRows,
    TokenRow,
    WithOffTopic,
    WrittenRows,
    encode_rows,
    in_languages_of,
    written_as_rows,
)
from job_templates.ml.shared_prefix import FixedRows, RowSource

LONGEST_OFF_TOPIC = 128
"""Tokens of the longest off-topic row; a longer one is used only if a row of the user is as long."""
MOST_TURNS = 2
"""How often a message is written anew at most, each time as another row; then the same are drawn again."""


class TrainingRows:
    """The user's rows `own`, and the off-topic ones of `pool`, of which each epoch has `extra`.

    `held_out` is only used to choose the pool: a message that is related to a held-out row is left out, too.
    """

    def __init__(
        self, config: RunConfig, tools: Sequence[Tool], own: Sequence[Example], held_out: Sequence[Example]
    ) -> None:
        self._config = config
        self._tools = tools
        self._own = own
        wanted = config.off_topic_rows(len(own))
        self._pool = _pool(config, tools, own, held_out, wanted) if wanted else ()
        self._others = [other_writings(row) if self._pool else () for row in own]
        self.extra = wanted if self._pool else 0

    @property
    def examples(self) -> list[Example]:
        """The rows of the first epoch, with those of the user in all writings."""
        return [*self._own, *(other for others in self._others for other in others), *self._pool[: self.extra]]

    def source(self, base: Base, fmt: PromptFormat, rows: Sequence[TokenRow], longest: int) -> RowSource:
        """Returns what a training draws from. `rows` are the user's as tokens, and `longest` is the most tokens."""
        if not self._pool:
            return self._starter(base, fmt, self._own) if self._is_starter else FixedRows(rows)
        pool_rows = encode_rows(self._pool, self._tools, fmt, base.tokenizer)
        fitting = [at for at, row in enumerate(pool_rows) if len(row) <= max(longest, LONGEST_OFF_TOPIC)]
        if self._is_starter:
            own: RowSource = self._starter(base, fmt, self._own, writings=True)
            taught: RowSource = self._starter(base, fmt, [self._pool[at] for at in fitting])
        else:
            others = [encode_rows(found, self._tools, fmt, base.tokenizer) for found in self._others]
            short = [[row for row in found if len(row) <= longest] for found in others]
            own = WrittenRows(rows, short, self._config.seed)
            taught = FixedRows([pool_rows[at] for at in fitting])
        return WithOffTopic(own, taught, self.extra)

    @property
    def _is_starter(self) -> bool:
        return self._config.base_model == STARTER

    def _starter(
        self, base: Base, fmt: PromptFormat, examples: Sequence[Example], *, writings: bool = False
    ) -> RowSource:
        """The rows varied at each draw: only the starter needs that."""
        return StarterRows(examples, self._tools, fmt, base.tokenizer, self._config.seed, writings=writings)


def _pool(
    config: RunConfig, tools: Sequence[Tool], own: Sequence[Example], held_out: Sequence[Example], extra: int
) -> tuple[Example, ...]:
    """The off-topic messages that are not related to the tools and the user's rows, as many as the training draws."""
    selection = Relation(tools, [*own, *held_out]).select(taught_messages(), config.kept_topics)
    left_out = sum(len(group.messages) for group in selection.left_out)
    say(
        f"Each epoch also has {extra} off-topic messages without a call, of {len(selection.messages)} "
        f"({left_out} are left out)"
    )
    count = min(extra * math.ceil(planned_epochs(config, len(own))), MOST_TURNS * len(selection.messages))
    messages = in_languages_of((row.message for row in own), selection.messages, count, config.seed)
    return as_rows(written_as_rows(messages, own, config.seed), answers_by_language(config.no_call_answer))
