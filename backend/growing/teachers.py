"""Teachers: chat models that write rows and label messages, on Hugging Face or at an OpenAI-compatible address."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from backend.errors import InputError
from backend.growing.addresses import check_address, check_key
from backend.growing.chat import ChatServer
from backend.growing.chat_answers import Completion
from backend.growing.prompt import Prompt

ROUTER = "https://router.huggingface.co/v1"
"""Hugging Face's Inference Providers (https://huggingface.co/docs/inference-providers, read 2026-11-28)."""
HUB = "hf:"
CHARACTERS_A_TOKEN = 3.5
"""An estimate for English text and JSON; a server's own count replaces it."""
TOKENS_A_ROW, TOKENS_A_LABEL = 70, 45
_MODEL = re.compile(r"[\w./:@+-]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens of prompts and of answers."""

    prompt: float
    answer: float

    def cost(self, prompt_tokens: float, answer_tokens: float) -> float:
        """Returns the cost in US dollars."""
        return (prompt_tokens * self.prompt + answer_tokens * self.answer) / 1e6


class Teacher(Protocol):
    """A model that answers prompts."""

    @property
    def name(self) -> str:
        """The name of the model, as the origin of rows has it."""
        ...

    @property
    def place(self) -> str:
        """The address to which the rows are sent."""
        ...

    def ask(self, prompt: Prompt, most_tokens: int) -> Completion:
        """Returns the model's answer. Raises Cancelled, or InputError if there is none."""
        ...

    def price(self) -> Price | None:
        """Returns the price; None if it is not known."""
        ...


class ChatTeacher:
    """A model of a chat server. `price` is the one that the user gives; without it, Hugging Face's list is asked."""

    def __init__(self, server: ChatServer, model: str, price: Price | None = None) -> None:
        if not _MODEL.fullmatch(model):
            raise InputError(f"{model[:80]!r} is not the name of a model. Give it as the server lists it.")
        self._server = server
        self._model = model
        self._price = price

    @property
    def name(self) -> str:
        """The name of the model."""
        return self._model

    @property
    def place(self) -> str:
        """The server's base address."""
        return self._server.address

    def ask(self, prompt: Prompt, most_tokens: int) -> Completion:
        """Returns the model's answer, in structured output if the server takes it."""
        payload = {"model": self._model, "messages": prompt.messages, "max_tokens": most_tokens, "temperature": 0.8}
        done = self._server.complete(payload, prompt.schema)
        return done if done.tokens else replace(done, tokens=(tokens_in(prompt.text), tokens_in(done.text)))

    def price(self) -> Price | None:
        """Returns the given price, or the highest of the model's providers on Hugging Face; None if it is not known."""
        if self._price is None and self._server.address == router():
            self._price = listed_price(self._server.models(), self._model)
        return self._price


def router() -> str:
    """Returns the address of Inference Providers; HF_INFERENCE_ROUTER names another one, as for tests."""
    return os.environ.get("HF_INFERENCE_ROUTER", ROUTER).rstrip("/")


def open_teacher(
    words: str,
    model: str | None,
    key: str | None,
    *,
    price: Price | None = None,
    public_only: bool = False,
    cancel: threading.Event | None = None,
    wait: Callable[[float], bool] | None = None,
) -> ChatTeacher:
    """Returns the teacher that the user names: `hf:MODEL`, or an address and a model.

    `key` is a Hugging Face token for the first. `public_only` is for installations with visitors. Raises InputError.
    """
    on_hub = words.startswith(HUB)
    if on_hub and model:
        raise InputError("--model is for an address. Name the model of Hugging Face in --teacher hf:MODEL alone.")
    if not on_hub and not model:
        raise InputError("An address needs the name of a model. Give --model NAME, as the server lists it.")
    checked = check_key(key)
    if on_hub and not checked:
        raise InputError("Inference Providers need a token of Hugging Face with that permission. Set HF_TOKEN.")
    address = router() if on_hub else check_address(words, public_only=public_only)
    server = ChatServer(address, checked, public_only and not on_hub, cancel or threading.Event(), wait)
    return ChatTeacher(server, words.removeprefix(HUB) if on_hub else str(model), price)


def listed_price(models: Any, name: str) -> Price | None:
    """Returns the highest price among the live providers of a model in the router's list; None if one is unknown.

    A name may end in a provider, such as `:novita`, or in a policy, such as `:cheapest`.
    """
    model, _, provider = name.partition(":")
    listed = models.get("data") if isinstance(models, dict) else None
    found = next((one for one in _objects(listed) if one.get("id") == model), {})
    providers = [one for one in _objects(found.get("providers")) if one.get("status") == "live"]
    providers = [one for one in providers if one.get("provider") == provider] or providers
    prices = [(_dollars(one, "input"), _dollars(one, "output")) for one in providers]
    known = [(read, written) for read, written in prices if read is not None and written is not None]
    if not known or len(known) < len(prices):
        return None
    return Price(max(read for read, _ in known), max(written for _, written in known))


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _dollars(provider: dict[str, Any], kind: str) -> float | None:
    pricing = provider.get("pricing")
    value = pricing.get(kind) if isinstance(pricing, dict) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6 else None


def tokens_in(text: str) -> int:
    """Returns an estimate of a text's tokens."""
    return round(len(text) / CHARACTERS_A_TOKEN)
