"""What a `.litertlm` file says about itself, so that a phone renders the prompt that was trained and reads the calls.

Fields and their meaning: LiteRT-LM's runtime/proto/llm_metadata.proto, as litert-lm-builder 0.18.1 carries it.
"""

from __future__ import annotations

from typing import Any

from litert_lm_builder.runtime.proto import llm_metadata_pb2, sampler_params_pb2

from backend.prompts import STOP_TOKENS
from backend.prompts.tokens import END_CALL, START_CALL, START_RESPONSE
from backend.records import FormatName
from backend.tokens import BOS_ID, PAD_ID


def build_metadata(prompt_format: FormatName, template: str, context: int) -> Any:
    """The file's LlmMetadata: tokens, template, greedy sampling, `context` tokens, and how calls are written."""
    metadata = llm_metadata_pb2.LlmMetadata()
    metadata.start_token.token_ids.ids.append(BOS_ID)
    metadata.pad_token.token_ids.ids.append(PAD_ID)
    for token in STOP_TOKENS:
        metadata.stop_tokens.add().token_str = token
    metadata.max_num_tokens = context
    metadata.jinja_prompt_template = template
    metadata.supports_thinking = False
    metadata.supports_function_calling = prompt_format == "native"
    _set_greedy(metadata.sampler_params)
    if prompt_format == "native":
        _set_function_gemma(metadata.llm_model_type.function_gemma)
    else:  # under function_gemma the runtime would look for fenced calls in answers that are JSON
        metadata.llm_model_type.generic_model.SetInParent()
    return metadata


def _set_greedy(sampler: Any) -> None:
    """The likeliest token, always: TOP_P with one candidate, because the web runtime has no GREEDY."""
    sampler.type = sampler_params_pb2.SamplerParameters.TOP_P
    sampler.k = 1
    sampler.p = 1.0
    sampler.temperature = 1.0
    sampler.seed = 0


def _set_function_gemma(model_type: Any) -> None:
    model_type.code_fence_start = START_CALL
    model_type.code_fence_end = END_CALL
    model_type.function_response_start = START_RESPONSE
    model_type.use_template_for_fc_format = True  # else the template is handed strings where it reads objects
