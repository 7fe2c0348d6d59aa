"""The conversion itself, in a process of its own: `python -m job_templates.ml.litert.convert.convert_worker ORDER`.

ORDER is a file with a JSON object: checkpoint, adapter (or null), calibration (lists of token ids, or empty), out,
prefill_lengths, cache_length. Writes OUT/model.tflite, its weights in float32.
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
    """While open, `tensorflow.lite.python` names ai-edge-litert's copy of the schema; nothing where TensorFlow is.

    Only that one name: a whole false `tensorflow` would mislead the libraries that look whether it is installed.
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
    """The checkpoint in float32, its LoRA adapter merged, then smoothed for 8-bit activations, in `out`; returned."""
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
    """Carry out one order; whatever the libraries raise goes up."""
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
    # Only the model: the library's own packing takes the tokenizer from a path that the checkpoint remembers, which is
    # wrong once a folder has moved, and writes metadata without what function calls need.
    export.run_export_tasks([export_lib.export_text_prefill_decode_model], config)


def main(arguments: Sequence[str]) -> int:
    """Read the order that the command line names and carry it out."""
    end_with_parent()
    convert(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    print(f"{PEAK_MEMORY} {peak_memory_mb():.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
