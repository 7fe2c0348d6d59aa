"""The process that quantizes a model: `python -m job_templates.ml.litert.convert.quantize_worker ORDER`.

ORDER is a file with a JSON object: model and out (TFLite files), recipe (its name in ai_edge_quantizer.recipe),
eight_bit_layers (the first layers, which have 8 bits with every recipe).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ai_edge_quantizer import qtyping, quantizer, recipe

from job_templates.worker_process import PEAK_MEMORY, end_with_parent, peak_memory_mb


def _rules(name: str, eight_bit_layers: int) -> qtyping.ModelQuantizationRecipe:
    """The rules of a recipe; of several that fit, the quantizer takes the last one.

    An operation's name contains the class and the number of its layer, as litert-torch 0.10.0 writes them.
    """
    rules = getattr(recipe, name)()
    if not eight_bit_layers:
        return rules
    layers = "|".join(map(str, range(eight_bit_layers)))
    own = recipe.dynamic_wi8c_afp32(
        regex=rf"DecoderLayer_({layers})/", operation_name=qtyping.TFLOperationName.FULLY_CONNECTED
    )
    return [*rules, *own]


def main(arguments: Sequence[str]) -> int:
    """Read the order that the command line names, and quantize."""
    end_with_parent()
    order = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    worker = quantizer.Quantizer(order["model"])
    worker.load_quantization_recipe(_rules(order["recipe"], order["eight_bit_layers"]))
    worker.quantize().export_model(order["out"], overwrite=True)
    print(f"{PEAK_MEMORY} {peak_memory_mb():.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
