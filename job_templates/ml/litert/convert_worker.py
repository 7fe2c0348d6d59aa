"""The conversion itself, in a process of its own: `python -m job_templates.ml.litert.convert_worker ORDER`.

ORDER is a JSON object: checkpoint, adapter (or null), out, prefill_lengths, cache_length, recipe. Writes
OUT/model.tflite, and OUT/model_quantized.tflite where the recipe is not "".
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from job_templates.ml.litert.memory import peak_memory_mb
from job_templates.ml.litert.tensorflow_alias import schema_alias

PEAK_MEMORY = "peak memory (MB):"
"""How the last line begins."""

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json")


def merge_adapter(base: Path, adapter: Path, out: Path) -> Path:
    """Merge a LoRA adapter into its base in float32 and save the whole model to `out`, which is returned."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    merged = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    merged.save_pretrained(out)
    for name in TOKENIZER_FILES:
        source = adapter / name if (adapter / name).is_file() else base / name
        if source.is_file():
            shutil.copyfile(source, out / name)
    return out


def convert(order: dict[str, Any]) -> None:
    """Carry out one order; whatever the libraries raise goes up."""
    out = Path(order["out"])
    checkpoint = Path(order["checkpoint"])
    if order["adapter"]:
        checkpoint = merge_adapter(checkpoint, Path(order["adapter"]), out / "merged")
    with schema_alias():
        from litert_torch.generative.export_hf import export
        from litert_torch.generative.export_hf.core import export_lib, exportable_module
    config = exportable_module.ExportableModuleConfig(
        model=str(checkpoint),
        output_dir=str(out),
        work_dir=str(out),
        prefill_lengths=order["prefill_lengths"],
        cache_length=order["cache_length"],
        quantization_recipe=order["recipe"],  # "" and not None, which would mean the library's default
        experimental_lightweight_conversion=True,  # 4.4 GB instead of 6.1 GB at 270M parameters
    )
    # Only the model: the library's own packing takes the tokenizer from a path that the checkpoint remembers, which is
    # wrong once a folder has moved, and writes metadata without what function calls need.
    export.run_export_tasks([export_lib.export_text_prefill_decode_model], config)


def main(arguments: Sequence[str]) -> int:
    """Read the order from the command line and carry it out."""
    convert(json.loads(arguments[0]))
    print(f"{PEAK_MEMORY} {peak_memory_mb():.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
