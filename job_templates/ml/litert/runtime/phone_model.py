"""A `.litertlm` file in the LiteRT-LM runtime, used as an app on a phone uses it."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import litert_lm

from backend.errors import InputError
from backend.prompts import DEVELOPER_SENTENCE, END_OF_TURN, START_RESPONSE
from job_templates.ml.litert.runtime.phone_conversation import PhoneConversation

MAX_ANSWER_TOKENS = 256
NO_CACHE = ":nocache"
"""The runtime's value for storing no compiled copy of the weights next to the file (272 MB at 270M parameters)."""

ENDINGS = (START_RESPONSE, END_OF_TURN)
"""The stop tokens that the runtime reads in a text; it reads <eos> as words."""

SPARE = 3
"""Tokens that scoring needs beside those of the prompt and the answer: the start token, and two more."""

GREEDY = litert_lm.SamplerConfig(top_k=1, top_p=1.0, temperature=0.0, seed=0)


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """The text of the model without its stop token, and the times; `tokens` includes the stop token.

    `ended` is False if the answer was cut off.
    """

    text: str
    ended: bool
    first_token_seconds: float
    seconds: float
    tokens: int
    tokens_per_second: float


class DescribedTool(litert_lm.Tool):
    """A tool's description, as an app passes it. The runtime never runs the tool here."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._description = {"type": "function", "function": dict(description.get("function", description))}

    def get_tool_description(self) -> dict[str, Any]:
        """Returns the description in the wrapper that the runtime expects."""
        return self._description

    def execute(self, param: Mapping[str, Any]) -> Any:
        """Raises AssertionError, because automatic tool calling is off."""
        raise AssertionError(f"the runtime ran a tool by itself, with {param}")


class PhoneModel:
    """An opened file, to be used as a context manager. Its compiled weights are stored in the folder `cache`, if given.

    Raises InputError if the runtime refuses the file.
    """

    def __init__(self, path: Path, tools: Sequence[Mapping[str, Any]], cache: Path | None = None) -> None:
        litert_lm.set_min_log_severity(litert_lm.LogSeverity.ERROR)
        started = time.perf_counter()
        try:
            self._engine = litert_lm.Engine(
                str(path),
                backend=litert_lm.Backend.CPU(thread_count=min(4, os.cpu_count() or 1)),
                cache_dir=str(cache) if cache is not None else NO_CACHE,
                enable_benchmark=True,
            )
        except RuntimeError as error:
            raise InputError(f"The LiteRT-LM runtime cannot open {path.name}.") from error
        self.load_seconds = time.perf_counter() - started
        self._tools = tools
        with litert_lm.ModelInfo(path) as info:
            self.context = info.max_context_tokens

    def __enter__(self) -> PhoneModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.close()

    @property
    def start_token(self) -> int | None:
        """The token id that the runtime puts before every prompt."""
        token: int | None = self._engine.bos_token_id
        return token

    @property
    def stop_tokens(self) -> list[list[int]]:
        """The sequences of token ids that end an answer."""
        return [list(ids) for ids in self._engine.eos_token_ids]

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of `text` by the file's tokenizer, without the start token."""
        ids: list[int] = self._engine.tokenize(text)
        return ids

    def render(self, message: str, tools: Sequence[Mapping[str, Any]] | None = None) -> str:
        """Returns the prompt that the file's template renders on the phone, for `tools` or those of the constructor.

        Raises InputError if the template cannot be rendered.
        """
        with self._conversation(tools) as conversation:
            prompt: str = conversation.render_message_to_string(message)
        if not prompt:
            raise InputError("The file's chat template could not be rendered for these tools.")
        return prompt

    def answer(self, prompt: str) -> RawAnswer:
        """Returns the greedy answer to a rendered prompt. Raises InputError if the prompt fills the context."""
        room = self.context - len(self.encode(prompt)) - 1
        if room < 1:
            raise InputError(
                f"The prompt has {self.context - room:,} tokens, and the file was exported for a total of "
                f"{self.context:,}. Send a shorter message, or export again with a larger --kv-cache-max-len."
            )
        started = time.perf_counter()
        limit = min(MAX_ANSWER_TOKENS, room)
        with self._session(limit) as session:
            session.run_prefill([prompt])
            texts = session.run_decode().texts
            seconds = time.perf_counter() - started
            measured = session.get_benchmark_info()
        return RawAnswer(
            texts[0] if texts else "",
            measured.last_decode_token_count < limit,
            measured.time_to_first_token_in_second,
            seconds,
            measured.last_decode_token_count,
            measured.last_decode_tokens_per_second,
        )

    def probability(self, prompt: str, answer: RawAnswer) -> float | None:
        """Returns the probability of a whole answer to a rendered prompt, from 0 to 1.

        None if the answer was cut off or just fits into the context, or if the prompt's last character is not a token.
        The stop token counts. Decoding gives no probabilities, so the runtime scores the text in a new session, which
        takes about as long as the answer. The text does not tell which stop token ended it: the likelier one is taken.
        """
        ids = self.encode(prompt)
        fits = len(ids) + answer.tokens + SPARE <= self.context
        if not answer.ended or not fits or ids[-1:] != self.encode(prompt[-1:]):
            return None
        best = -math.inf
        for ending in ENDINGS:
            logs = self._score(prompt, answer.text + ending)
            best = max(best, math.fsum(logs))
            if logs[-1] > math.log(0.5):
                break  # no other token is likelier
        return min(1.0, math.exp(best))

    def _score(self, prompt: str, text: str) -> Sequence[float]:
        """The natural logarithm of the probability of each token of a text after a prompt.

        The runtime goes back one position too many before it scores, and so overwrites the keys of the last token but
        one (https://github.com/google-ai-edge/LiteRT-LM/issues/3561, seen in 0.18.1 on 2026-11-28). The prompt's last
        token is therefore given twice: its own keys are then overwritten with the same ones.
        """
        with self._session(1) as session:  # a session scores one text: the next one would follow it
            session.run_prefill([prompt, prompt[-1:]])
            logs: Sequence[float] = session.run_text_scoring([text]).token_scores[0]
        return logs

    def _session(self, limit: int) -> Any:
        return self._engine.create_session(apply_prompt_template=False, sampler_config=GREEDY, max_output_tokens=limit)

    def conversation(
        self,
        limit: int = MAX_ANSWER_TOKENS,
        tools: Sequence[Mapping[str, Any]] | None = None,
        *,
        constrained: bool = False,
    ) -> PhoneConversation:
        """Returns a new conversation, as an app opens it, with `tools` or those that the file was opened with.

        An answer has at most `limit` tokens. `constrained` switches the runtime's constrained decoding on. Raises
        InputError if the runtime opens no conversation.
        """
        try:
            opened = self._conversation(tools, limit, constrained=constrained)
        except RuntimeError as error:
            raise InputError("No conversation can be opened.") from error
        return PhoneConversation(opened, self.encode, self.context, limit)

    def _conversation(
        self,
        tools: Sequence[Mapping[str, Any]] | None,
        limit: int = MAX_ANSWER_TOKENS,
        *,
        constrained: bool = False,
    ) -> Any:
        return self._engine.create_conversation(
            messages=[{"role": "system", "content": DEVELOPER_SENTENCE}],
            tools=[DescribedTool(tool) for tool in (self._tools if tools is None else tools)],
            automatic_tool_calling=False,
            sampler_config=GREEDY,
            max_output_tokens=limit,
            constrained_decoding_config=litert_lm.ConstrainedDecodingConfig(enable=True) if constrained else None,
        )
