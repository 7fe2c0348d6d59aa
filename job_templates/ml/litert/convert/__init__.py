"""The conversion of a checkpoint to a quantized TFLite model, in separate processes."""

from job_templates.ml.litert.convert.conversion import KeptRows, convert, quantize
from job_templates.ml.litert.convert.recipes import find_recipe

__all__ = [
    "KeptRows",
    "convert",
    "find_recipe",
    "quantize",
]
