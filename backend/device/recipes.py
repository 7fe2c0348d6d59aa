"""The ways to make an exported file's weights smaller, under the names that `--quantize` takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to quantize. `library_name` is "" if the weights are not changed. `suffix` is a part of file names."""

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
        Recipe("none", "", "f32", "None: 32 bits"),
    )
}
"""Those that passed on a real 270M (docs/export.md); the default comes first."""

DEFAULT_RECIPE = "dynamic_int8"
