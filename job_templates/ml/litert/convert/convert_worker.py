"""The process that converts a checkpoint: `python -m job_templates.ml.litert.convert.convert_worker ORDER`.

ORDER is a file with a JSON object: checkpoint, adapter (or null), kept (rows of the embedding table, or empty),
tokenizer (its folder if rows are kept, or null), calibration (lists of token ids, or empty), block (the weights of a
scale if they are rounded, or 0), eight_bit_layers (the first layers, which are not rounded), out, prefill_lengths,
cache_length. Writes OUT/model.tflite with weights in float32.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from job_templates.ml.litert.convert.rounding import round_weights
from job_templates.ml.litert.convert.smoothing import smooth
from job_templates.worker_process import PEAK_MEMORY, ROUNDED_LAYERS, end_with_parent, peak_memory_mb

PACKAGE = "tensorflow.lite.python"


@contextmanager
def schema_alias() -> Iterator[None]:
    """Inside this context, `tensorflow.lite.python` is ai-edge-litert's copy of the schema.

    If TensorFlow is loaded, nothing changes. Only this name is defined, because a false `tensorflow` would
    mislead libraries that check whether it is installed.
    """
    if PACKAGE in sys.modules:
        yield
        return
    from ai_edge_litert import schema_py_generated

    alias = ModuleType(PACKAGE)
    alias.__dict__["schema_py_generated"] = schema_py_generated
    sys.modules[PACKAGE] = alias
    try:
        yield
    finally:
        del sys.modules[PACKAGE]


TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json")


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is changed in a checkpoint before it is converted.

    `adapter` is merged, the embedding table is trimmed to the rows `kept` of the tokenizer in the folder `tokenizer`,
    and with `calibration` the model is smoothed for 8-bit activations. With `block` too, its weights are rounded to 4
    bits with one scale for so many weights, except those of the first `eight_bit_layers`.
    """

    adapter: Path | None = None
    kept: Sequence[int] = ()
    tokenizer: Path | None = None
    calibration: Sequence[Sequence[int]] = ()
    block: int = 0
    eight_bit_layers: int = 0

    @property
    def changes(self) -> bool:
        """Whether anything is changed."""
        return bool(self.adapter or self.kept or self.calibration)


def prepare(checkpoint: Path, changes: Preparation, out: Path) -> Path:
    """Write the changed checkpoint to `out` in float32, with its tokenizer. Returns `out`."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    if changes.adapter is not None:
        model = PeftModel.from_pretrained(model, str(changes.adapter)).merge_and_unload()
    if changes.kept:
        trim_embeddings(model, changes.kept)
    if changes.calibration:
        smooth(model.eval(), changes.calibration)
        if changes.block:
            round_weights(model, changes.calibration, changes.block, changes.eight_bit_layers, _report_rounded)
    model.save_pretrained(out)
    folders = [folder for folder in (changes.tokenizer, changes.adapter, checkpoint) if folder is not None]
    for name in TOKENIZER_FILES:
        found = next((folder / name for folder in folders if (folder / name).is_file()), None)
        if found is not None:
            shutil.copyfile(found, out / name)
    return out


def _report_rounded(done: int, total: int) -> None:
    print(ROUNDED_LAYERS, done, total, flush=True)


def trim_embeddings(model: Any, kept: Sequence[int]) -> None:
    """Keep these rows of the model's embedding table, which is also its output layer.

    Raises ValueError if the table has fewer rows, or if the output layer is another one.
    """
    import torch

    table = model.get_input_embeddings()
    if model.get_output_embeddings().weight is not table.weight:
        raise ValueError("the output layer is not the embedding table")
    if max(kept) >= table.weight.shape[0]:
        raise ValueError(f"the embedding table has {table.weight.shape[0]} rows, and row {max(kept)} is to be kept")
    rows = table.weight.detach()[torch.tensor(list(kept))].clone()
    model.resize_token_embeddings(len(kept), mean_resizing=False)
    with torch.no_grad():
        model.get_input_embeddings().weight.copy_(rows)


def convert(order: dict[str, Any]) -> None:
    """Convert the checkpoint of an order. Raises whatever the libraries raise."""
    out = Path(order["out"])
    checkpoint = Path(order["checkpoint"])
    adapter, tokenizer = (Path(order[name]) if order[name] else None for name in ("adapter", "tokenizer"))
    changes = Preparation(
        adapter, order["kept"], tokenizer, order["calibration"], order["block"], order["eight_bit_layers"]
    )
    if changes.changes:
        checkpoint = prepare(checkpoint, changes, out / "prepared")
    with schema_alias():
        from litert_torch.generative.export_hf import export
        from litert_torch.generative.export_hf.core import export_lib, exportable_module
    config = exportable_module.ExportableModuleConfig(
        model=str(checkpoint),
        output_dir=str(out),
        work_dir=str(out),
        prefill_lengths=order["prefill_lengths"],
        cache_length=order["cache_length"],
        quantization_recipe="",  # None would mean the library's default
        experimental_lightweight_conversion=True,  # 4.4 GB instead of 6.1 GB at 270M parameters
    )
    # Only the model is exported. The library's own packing reads the tokenizer from a path in the checkpoint, which is
    # wrong if the folder has moved, and its metadata lacks what function calls need.
    export.run_export_tasks([export_lib.export_text_prefill_decode_model], config)


def main(arguments: Sequence[str]) -> int:
    """Read the order that the command line names, and convert."""
    end_with_parent()
    convert(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    print(f"{PEAK_MEMORY} {peak_memory_mb():.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
