"""The process that converts a checkpoint: `python -m job_templates.ml.litert.convert.convert_worker ORDER`.

ORDER is a file with a JSON object: checkpoint, adapter (or null), calibration (lists of token ids, or empty), out,
prefill_lengths, cache_length. Writes OUT/model.tflite with weights in float32.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from job_templates.ml.litert.convert.smoothing import smooth
from job_templates.worker_process import PEAK_MEMORY, end_with_parent, peak_memory_mb

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


def prepare(checkpoint: Path, adapter: Path | None, calibration: Sequence[Sequence[int]], out: Path) -> Path:
    """Write the checkpoint to `out` in float32, with its LoRA adapter merged, smoothed for 8-bit activations.

    Without `calibration` it is not smoothed. Returns `out`.
    """
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    if calibration:
        smooth(model.eval(), calibration)
    model.save_pretrained(out)
    for name in TOKENIZER_FILES:
        source = adapter / name if adapter is not None and (adapter / name).is_file() else checkpoint / name
        if source.is_file():
            shutil.copyfile(source, out / name)
    return out


def convert(order: dict[str, Any]) -> None:
    """Convert the checkpoint of an order. Raises whatever the libraries raise."""
    out = Path(order["out"])
    checkpoint = Path(order["checkpoint"])
    adapter = Path(order["adapter"]) if order["adapter"] else None
    if adapter is not None or order["calibration"]:
        checkpoint = prepare(checkpoint, adapter, order["calibration"], out / "prepared")
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
