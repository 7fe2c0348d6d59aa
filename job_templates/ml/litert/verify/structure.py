"""The checks of a `.litertlm` file that do not run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sentencepiece

from backend.device import Check, Result
from backend.errors import InputError
from backend.prompts import BOS_ID, CONTROL_TOKENS, END_CALL, EOS_ID, START_CALL, START_RESPONSE, STOP_TOKENS
from backend.records import FormatName
from job_templates.ml.litert.bundle import METADATA, MODEL, PREFILL_DECODE, TOKENIZER, Bundle, read_bundle

TFLITE_MAGIC = b"TFL3"


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected content of a file; `tokenizer` is its tokenizer.model."""

    prompt_format: FormatName
    template: str
    tokenizer: bytes
    context: int


def check_structure(path: Path, expected: Expected) -> tuple[Bundle | None, list[Check]]:
    """Returns the file's header, or None if it cannot be read, and the results of the checks of RULES."""
    try:
        bundle = read_bundle(path)
    except (InputError, OSError) as error:
        return None, [Check("file", Result.FAILED, str(error))]
    return bundle, [_checked(name, rule, bundle, expected) for name, rule in RULES.items()]


def _checked(name: str, rule: Callable[[Bundle, Expected], str], bundle: Bundle, expected: Expected) -> Check:
    try:
        return Check(name, Result.PASSED, rule(bundle, expected))
    except InputError as error:
        return Check(name, Result.FAILED, str(error))


def _sections(bundle: Bundle, _: Expected) -> str:
    size = bundle.path.stat().st_size
    for section in bundle.sections:
        if not 0 < section.begin < section.end <= size:
            raise InputError(
                f"The section {section.kind} is at bytes {section.begin:,} to {section.end:,}, "
                f"but the file has {size:,}: it is truncated."
            )
    missing = [kind for kind in (METADATA, TOKENIZER, MODEL) if bundle.find(kind) is None]
    if missing:
        raise InputError(f"Missing sections: {', '.join(missing)}.")
    return f"{', '.join(section.kind for section in bundle.sections)}; all inside {size:,} bytes."


def _model(bundle: Bundle, _: Expected) -> str:
    section = _find(bundle, MODEL)
    if section.model_type != PREFILL_DECODE:
        raise InputError(f"The model section is a {section.model_type}, not a {PREFILL_DECODE}.")
    if bundle.read(section, 8)[4:8] != TFLITE_MAGIC:
        raise InputError(f"The model section does not begin as a TFLite model ({TFLITE_MAGIC!r}).")
    return f"{PREFILL_DECODE}, {section.end - section.begin:,} bytes."


def _model_type(bundle: Bundle, expected: Expected) -> str:
    found = bundle.metadata().llm_model_type
    kind = found.WhichOneof("model_type")
    if expected.prompt_format == "json":
        if kind == "function_gemma":
            raise InputError("The type is function_gemma, which expects fenced calls, but this model answers in JSON.")
        return f"{kind}: the app reads the JSON answer as text."
    if kind != "function_gemma":
        raise InputError(f"The type is {kind}, so a phone would read no tool calls; it must be function_gemma.")
    gemma = found.function_gemma
    if not gemma.use_template_for_fc_format:
        raise InputError("use_template_for_fc_format is off, so the runtime renders declarations in its own format.")
    fences = (gemma.code_fence_start, gemma.code_fence_end, gemma.function_response_start)
    if fences != (START_CALL, END_CALL, START_RESPONSE):
        raise InputError(f"The fences around calls are {fences}, not {(START_CALL, END_CALL, START_RESPONSE)}.")
    return "function_gemma, with our template for declarations and FunctionGemma's fences."


def _settings(bundle: Bundle, expected: Expected) -> str:
    metadata = bundle.metadata()
    if list(metadata.start_token.token_ids.ids) != [BOS_ID]:
        raise InputError(f"The start token is not {BOS_ID} (<bos>).")
    stops = {token.token_str for token in metadata.stop_tokens}
    missing = [token for token in STOP_TOKENS if token not in stops]
    if missing:
        raise InputError(f"Missing stop tokens: {', '.join(missing)}. Answers would not end.")
    if metadata.max_num_tokens != expected.context:
        raise InputError(f"max_num_tokens is {metadata.max_num_tokens}, but the cache holds {expected.context}.")
    if metadata.sampler_params.k != 1:
        raise InputError("The sampler is not greedy (k = 1), so answers would differ from those that were scored.")
    return f"Start {BOS_ID}; stops at {', '.join(STOP_TOKENS)}; {expected.context:,} tokens; greedy."


def _template(bundle: Bundle, expected: Expected) -> str:
    template = bundle.metadata().jinja_prompt_template
    if not template:
        raise InputError("There is no chat template, so the runtime would use a prompt of its own.")
    if template != expected.template:
        raise InputError("The chat template is not the one that belongs to this model.")
    return f"{len(template):,} characters, the model's own."


def _tokenizer(bundle: Bundle, expected: Expected) -> str:
    packed = bundle.read(_find(bundle, TOKENIZER))
    try:
        pieces = sentencepiece.SentencePieceProcessor(model_proto=packed)
    except RuntimeError as error:
        raise InputError(f"The packed SentencePiece model cannot be read: {error}.") from error
    wrong = [token for token, token_id in {**CONTROL_TOKENS, "<bos>": BOS_ID, "<eos>": EOS_ID}.items()
             if pieces.piece_to_id(token) != token_id]  # fmt: skip
    if wrong:
        raise InputError(f"Control tokens have other ids than FunctionGemma's: {', '.join(wrong)}.")
    if packed != expected.tokenizer:
        raise InputError("The packed tokenizer is not the one that belongs to this model.")
    return f"SentencePiece with {pieces.vocab_size():,} pieces; every control token has its id."


RULES: dict[str, Callable[[Bundle, Expected], str]] = {
    "sections": _sections,
    "model": _model,
    "type": _model_type,
    "tokens and limits": _settings,
    "chat template": _template,
    "tokenizer": _tokenizer,
}


def _find(bundle: Bundle, kind: str) -> Any:
    section = bundle.find(kind)
    if section is None:
        raise InputError(f"There is no {kind} section.")
    return section
