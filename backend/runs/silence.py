"""The settings of what a model writes if no tool fits, and of how it learns that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from backend.errors import InputError
from backend.prompts import NO_CALL_ANSWER, RESERVED
from backend.runs.setting import setting
from backend.runs.training_settings import TrainingSettings

SHARE_OF_ROWS = 0.3
"""The share of off-topic rows in the training. 0.5 misses more calls (docs/training.md, "Silence")."""
LONGEST_PUT_BACK = 4_000
"""Characters of all topics and words that are put back: there are about 100 topics."""
_LANGUAGE = re.compile(r"\s*([a-z]{2})\s*:\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SilenceSettings(TrainingSettings):
    """What a model learns for messages that are not for its tools."""

    stay_silent: bool = setting(
        True,
        earlier=False,
        help="also train on off-topic messages of the trainer's own, which are answered without a call",
        label="Stay silent on what is not for these tools",
        info="Adds off-topic messages in eight languages to the training. Without them, a model calls a tool for every "
        "sentence.",
        row="silence",
    )
    off_topic_share: float = setting(
        SHARE_OF_ROWS,
        help="share of off-topic messages among the training rows",
        above=0,
        below=0.9,
        allowed="a share above 0 and below 0.9, such as 0.2",
        label="Share of such messages",
        info="Of all rows that are trained on.",
        row="share",
        step=0.05,
        unit="%",
    )
    no_call_answer: str | None = setting(
        None,
        earlier=NO_CALL_ANSWER,
        help='what the model writes without a call: nothing by default, or a sentence, for each language if needed: "I '
        'cannot do that. | de: Das kann ich nicht."',
        label="Answer without a call",
        info="Empty: the model writes nothing. Or a sentence: I cannot do that. | de: Das kann ich nicht.",
        row="answer",
        absent="nothing",
    )
    put_back: str | None = setting(
        None,
        metavar="TOPIC,WORD",
        help="topics or words, separated by commas, whose messages count as off-topic even if they seem to be for the "
        "tools",
        longest=LONGEST_PUT_BACK,
        absent="none",
        summary=False,
    )

    @property
    def kept_topics(self) -> frozenset[str]:
        """The topics and words in `put_back`."""
        return put_back_keys(self.put_back or "")

    def off_topic_rows(self, rows: int) -> int:
        """Returns the number of off-topic rows that are added to this many rows."""
        return round(rows * self.off_topic_share / (1 - self.off_topic_share)) if self.stay_silent and rows else 0

    def rows_in_a_step(self, own: int, added: int) -> int:
        """Returns the rows of a step: `batch_size` of the user's `own` rows, and the same share of the `added` ones.

        So `added` off-topic rows change the number of steps, and the user's rows in each, by rounding alone.
        """
        return round(self.batch_size * (own + added) / own) if own else self.batch_size


def put_back_keys(written: str) -> frozenset[str]:
    """Returns the topics and words in a text that separates them by commas."""
    return frozenset(part.strip() for part in written.split(",") if part.strip())


def answers_by_language(written: str | None) -> Mapping[str, str]:
    """Returns the sentence for each language code; the one of the empty code is for all other languages.

    Raises InputError if a language has two sentences, if none is for the others, or if one would be read as a call.
    """
    answers: dict[str, str] = {}
    for part in (written or "").split("|"):
        found = _LANGUAGE.fullmatch(part)
        code, sentence = (found[1], found[2].strip()) if found else ("", part.strip())
        if code in answers:
            raise InputError(f"no call answer: there are two sentences for {code or 'all languages'}. Give one.")
        if RESERVED.search(sentence) or sentence.startswith(("[", "{")):
            raise InputError(
                f"no call answer: {sentence[:60]!r} would be read as a call. Give a sentence without control tokens, "
                "which does not begin with a bracket."
            )
        answers[code] = sentence
    if "" not in answers:
        raise InputError(
            "no call answer: no sentence is for all other languages. Begin with one that names no language, such as "
            '"I cannot do that. | de: Das kann ich nicht."'
        )
    return answers
