"""The ways to make an exported file's weights smaller, under the names that `--quantize` takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to quantize. `library_name` is "" if the weights are not changed. `suffix` is a part of file names.

    `bits` are those of a weight, `block` is the number of weights that share a scale (0: a row of them).
    `eight_bit_layers` are the first layers, which have 8 bits and one scale per row whatever `bits` says.
    `bytes_per_weight` is what a weight outside the embedding table takes in the file, with its share of scales and of
    the graph: the files of a Gemma 3 270M in docs/export.md without their table, divided by its other weights. That of
    `dynamic_int4_block32` is computed: 0.601 as measured with 4 bits in all layers, and 1.081 for three of 18.
    """

    name: str
    library_name: str
    suffix: str
    label: str = ""
    bits: int = 8
    block: int = 0
    bytes_per_weight: float = 1.081
    eight_bit_layers: int = 0


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("dynamic_int8", "dynamic_wi8_afp32", "q8", "8 bits"),
        Recipe("weight_only_int8", "weight_only_wi8_afp32", "w8", "8 bits, weights only: slow, 5 GB of memory"),
        Recipe(
            "dynamic_int4_block32",
            "dynamic_wi4b32_afp32",
            "q4_block32",
            "4 bits in blocks of 32, rounded by training rows; three layers in 8 bits",
            4,
            32,
            0.681,
            3,
        ),
        Recipe("none", "", "f32", "None: 32 bits", 32, 0, 4.034),
    )
}
"""The default comes first. All passed on a real 270M, `dynamic_int4_block32` with the nearest values in all layers
(docs/export.md)."""

DEFAULT_RECIPE = "dynamic_int8"
