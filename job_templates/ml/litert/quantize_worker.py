"""The quantization itself, in a process of its own: `python -m job_templates.ml.litert.quantize_worker ORDER`.

ORDER is a file with a JSON object: model and out (TFLite files), recipe (a name as ai_edge_quantizer.recipe or OWN has
it).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ai_edge_quantizer import quantizer, recipe
from ai_edge_quantizer.qtyping import TFLOperationName

from job_templates.ml.litert.memory import PEAK_MEMORY, peak_memory_mb


def rules_of(name: str) -> Any:
    """The quantizer's rules of a recipe, in the order in which later ones win."""
    return OWN[name]() if name in OWN else getattr(recipe, name)()


def _embedding_int4() -> Any:
    """Embedding tables in 4 bits, every other weight in 8: litert-torch 0.10.0's dynamic_wi8_emb4_afp32."""
    tables = recipe.dynamic_wi4c_afp32(operation_name=TFLOperationName.EMBEDDING_LOOKUP)
    return tables + recipe.dynamic_wi8c_afp32(operation_name=TFLOperationName.FULLY_CONNECTED)


OWN = {"dynamic_wi8_emb4_afp32": _embedding_int4}


def main(arguments: Sequence[str]) -> int:
    """Read the order that the command line names and carry it out."""
    order = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    worker = quantizer.Quantizer(order["model"])
    worker.load_quantization_recipe(rules_of(order["recipe"]))
    worker.quantize().export_model(order["out"], overwrite=True)
    print(f"{PEAK_MEMORY} {peak_memory_mb():.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
