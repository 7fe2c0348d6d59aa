"""The process that quantizes a model: `python -m job_templates.ml.litert.convert.quantize_worker ORDER`.

ORDER is a file with a JSON object: model and out (TFLite files), recipe (its name in
ai_edge_quantizer.recipe).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ai_edge_quantizer import quantizer, recipe

from job_templates.worker_process import PEAK_MEMORY, end_with_parent, peak_memory_mb


def main(arguments: Sequence[str]) -> int:
    """Read the order that the command line names, and quantize."""
    end_with_parent()
    order = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    worker = quantizer.Quantizer(order["model"])
    worker.load_quantization_recipe(getattr(recipe, order["recipe"])())
    worker.quantize().export_model(order["out"], overwrite=True)
    print(f"{PEAK_MEMORY} {peak_memory_mb():.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
