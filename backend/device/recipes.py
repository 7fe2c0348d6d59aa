"""The ways to make an exported file's weights smaller, under the names that `--quantize` takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to quantize: `library_name` is "" where the weights stay as they are, `suffix` stands in file names."""

    name: str
    library_name: str
    suffix: str
    label: str = ""


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("dynamic_int8", "dynamic_wi8_afp32", "q8", "8 bits"),
        Recipe("weight_only_int8", "weight_only_wi8_afp32", "w8", "8 bits, weights only: slow, 5 GB of memory"),
        Recipe("dynamic_int4_block32", "dynamic_wi4b32_afp32", "q4_block32", "4 bits in blocks of 32"),
        Recipe("dynamic_int4", "dynamic_wi4_afp32", "q4", "4 bits"),
        Recipe("weight_only_int4", "weight_only_wi4_afp32", "w4", "4 bits, weights only"),
        Recipe("none", "", "f32", "None: 32 bits"),
    )
}
"""Those with a name of our own; the default comes first."""

DEFAULT_RECIPE = "dynamic_int8"
