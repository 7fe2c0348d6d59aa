"""The recipe that `--quantize` names: one of ours, or one of the installed library."""

from __future__ import annotations

from backend.device import RECIPES, Recipe
from backend.errors import InputError

UNFIT = {
    "_wi2": "with weights of 2 bits, answers cannot be read",
    "_wi8b": "the installed quantizer leaves such a model in 32 bits",
    "_wi4_": "with weights of 4 bits and one scale per row, answers cannot be read or do not end",
    "_wi4c_afp32": "with weights of 4 bits and one scale per row, answers cannot be read or do not end",
}
"""Parts of recipe names, with the reason why such recipes cannot be used, as benchmarks/export.py showed
(ai-edge-quantizer 0.10.0, 2026-11-23; docs/export.md)."""


def find_recipe(name: str) -> Recipe:
    """Returns the recipe `name`, one of ours or of the library. Raises InputError, with all names, if there is none."""
    if name in RECIPES:
        return RECIPES[name]
    if name.startswith("static_"):
        raise InputError(
            f"The recipe {name!r} needs calibration data, which this export does not support. "
            "Use dynamic_int8, or weight_only_int8 if accuracy is more important than speed."
        )
    for part, why in UNFIT.items():
        if part in name:
            raise InputError(
                f"The recipe {name!r} cannot be used: {why}. Use dynamic_int8, or dynamic_int4_block32 for a smaller "
                "file."
            )
    names = library_recipes()
    if name not in names:
        raise InputError(
            f"Unknown recipe {name!r} for --quantize. Choose one of {', '.join(RECIPES)}, "
            f"or a recipe of the library: {', '.join(names)}."
        )
    return Recipe(name, name, name.removeprefix("dynamic_").removesuffix("_afp32"))


def library_recipes() -> list[str]:
    """Returns the library's recipes that can pass and need no calibration data, sorted."""
    from ai_edge_quantizer import recipe

    own = [name for name in dir(recipe) if name.startswith(("dynamic_", "weight_only_"))]
    return sorted(name for name in own if not any(part in name for part in UNFIT))
