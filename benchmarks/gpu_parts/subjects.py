"""What is trained and evaluated on a GPU: the starter, and a Gemma 3 of the 270M's shape with random weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, PreTrainedTokenizerBase

from backend.data import CheckOptions, load_dataset
from backend.prompts import BOS_ID, EOS_ID, PAD_ID, get_format
from backend.records import Example, Tool
from backend.runs import STARTER, RunConfig
from benchmarks.gpu_parts.records import MODELS
from job_templates.ml.models.base import starter_base, with_adapter
from job_templates.ml.models.starter import new_starter, starter_config
from job_templates.ml.rows.encoding import TokenRow, encode_rows

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SEED = 1
NOISE = 0.02
"""Standard deviation of the adapter's weights that begin at zero: so all of it has a gradient from the first step."""
VOCABULARY, HIDDEN, LAYERS, FEED_FORWARD = 262_144, 640, 18, 2048
HEADS, KEY_VALUE_HEADS, HEAD_SIZE, SLIDING_WINDOW, FULL_EVERY = 4, 1, 256, 512, 6
CONTEXT = 32_768


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a model is measured: rows a step, steps of each trainer, rows answered by each way."""

    batch: int
    steps: int
    reference_steps: int
    plain_steps: int
    prompts: int
    one_by_one: int


@dataclass(frozen=True, slots=True)
class Subject:
    """A model to measure: its settings, the rows of its step (the same in each), and the prompts that it answers."""

    name: str
    config: RunConfig
    size: Size
    shape: Gemma3TextConfig
    tokenizer: PreTrainedTokenizerBase
    rows: tuple[TokenRow, ...]
    prompts: tuple[TokenRow, ...]

    def model(self) -> Any:
        """A new model on the CPU, in float32, the same at each call, with an adapter if the settings say so."""
        if self.config.base_model == STARTER:
            model = new_starter(self.shape.vocab_size, SEED)
            model.set_attn_implementation("sdpa")
            return model
        torch.manual_seed(SEED)
        base = Gemma3ForCausalLM._from_config(self.shape, attn_implementation="sdpa", dtype=torch.float32)
        return _noisy(with_adapter(base, self.config))


def _noisy(model: PeftModel) -> PeftModel:
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, part in model.named_parameters():
            if "lora_B" in name:
                part.normal_(0, NOISE, generator=generator)
    return model


def subjects(device: str, quick: bool, work: Path) -> list[Subject]:
    """What is measured on the device: a CPU, which only tests the script, gets a very small Gemma and few rows."""
    tools, examples = load_dataset(EXAMPLES / "hiking.csv", EXAMPLES / "tools.json", CheckOptions())
    names = MODELS[device]
    steps, rows = (12, 16) if quick else (24, 48)
    if device == "cpu":
        small = Size(batch=3, steps=5, reference_steps=5, plain_steps=5, prompts=6, one_by_one=2)
        sizes, shape = (small, small), tiny_gemma_config()
    else:
        sizes = (
            Size(batch=32, steps=2 * steps, reference_steps=steps, plain_steps=12, prompts=4 * rows, one_by_one=rows),
            Size(batch=8, steps=steps, reference_steps=steps // 2, plain_steps=8, prompts=rows, one_by_one=rows // 2),
        )
        shape = gemma_270m_config()
    starter, gemma = ({"base_model": STARTER}, {"base_model": "a/gemma", "declarations": "full"})
    return [
        _subject(names[0], starter, sizes[0], None, tools, examples, work),
        _subject(names[1], gemma, sizes[1], shape, tools, examples, work),
    ]


def _subject(
    name: str,
    settings: dict[str, Any],
    size: Size,
    shape: Gemma3TextConfig | None,
    tools: Sequence[Tool],
    examples: Sequence[Example],
    work: Path,
) -> Subject:
    fixed = {"batch_size": size.batch, "epochs": 1, "lr_scheduler": "constant", "warmup_ratio": 0, "seed": SEED}
    config = RunConfig.from_dict({**settings, **fixed})
    fmt = get_format(config.prompt_format, config.declarations)
    # the 270M's own tokenizer cannot be had without the network; the starter's gives a prompt of about as many tokens
    tokenizer = starter_base(SEED, examples, tools, fmt, work).tokenizer
    apart = examples[:: max(1, len(examples) // (size.batch + size.prompts))]
    rows = encode_rows(apart[: max(size.batch, size.prompts)], tools, fmt, tokenizer)
    shape = shape or starter_config(len(tokenizer))
    return Subject(name, config, size, shape, tokenizer, tuple(rows[: size.batch]), tuple(rows[: size.prompts]))


def gemma_270m_config() -> Gemma3TextConfig:
    """The shape of google/gemma-3-270m, as its config.json has it."""
    return Gemma3TextConfig(
        vocab_size=VOCABULARY,
        hidden_size=HIDDEN,
        intermediate_size=FEED_FORWARD,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KEY_VALUE_HEADS,
        head_dim=HEAD_SIZE,
        query_pre_attn_scalar=HEAD_SIZE,
        sliding_window=SLIDING_WINDOW,
        layer_types=[_kind(layer) for layer in range(1, LAYERS + 1)],
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        pad_token_id=PAD_ID,
        eos_token_id=EOS_ID,
        bos_token_id=BOS_ID,
    )


def _kind(layer: int) -> str:
    return "sliding_attention" if layer % FULL_EVERY else "full_attention"


def tiny_gemma_config() -> Gemma3TextConfig:
    """A shape of three small layers with all kinds of parts, for testing the script on a CPU."""
    config = gemma_270m_config().to_dict()
    small = {"vocab_size": 2_048, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "head_dim": 16}
    kinds = ["sliding_attention", "full_attention", "sliding_attention"]
    more = {"query_pre_attn_scalar": 16, "num_attention_heads": 2, "sliding_window": 64, "layer_types": kinds}
    return Gemma3TextConfig(**{**config, **small, **more})
