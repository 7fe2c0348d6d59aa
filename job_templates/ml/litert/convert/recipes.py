"""The recipe behind `--quantize`: one with a name of our own, or any other that the installed library has."""

from __future__ import annotations

from backend.device import RECIPES, Recipe
from backend.errors import InputError

UNFIT = {
    "_wi2": "weights of 2 bits leave answers that cannot be read",
    "_wi8b": "the installed quantizer leaves such a model in 32 bits",
    "_wi4_": "weights of 4 bits with one scale a row leave answers that cannot be read or have no end",
    "_wi4c_afp32": "weights of 4 bits with one scale a row leave answers that cannot be read or have no end",
}
"""What benchmarks/export.py showed of a part of the names (ai-edge-quantizer 0.10.0, 2026-11-23; docs/export.md)."""


def find_recipe(name: str) -> Recipe:
    """The recipe called `name`, by our name or the library's; InputError lists those that there are."""
    if name in RECIPES:
        return RECIPES[name]
    if name.startswith("static_"):
        raise InputError(
            f"The recipe {name!r} needs calibration data, which this export does not make. "
            "Use dynamic_int8, or weight_only_int8 where accuracy counts more than speed."
        )
    for part, why in UNFIT.items():
        if part in name:
            raise InputError(
                f"The recipe {name!r} is of no use here: {why}. Use dynamic_int8, or dynamic_int4_block32 for less."
            )
    known = library_recipes()
    if name not in known:
        raise InputError(
            f"Unknown recipe {name!r} for --quantize. Choose one of {', '.join(RECIPES)}; "
            f"or by the library's own name: {', '.join(known)}."
        )
    return Recipe(name, name, name.removeprefix("dynamic_").removesuffix("_afp32"))


def library_recipes() -> list[str]:
    """The library's own recipes that make a text model that passes, and need no calibration data; sorted."""
    from ai_edge_quantizer import recipe

    own = [name for name in dir(recipe) if name.startswith(("dynamic_", "weight_only_"))]
    return sorted(name for name in own if not any(part in name for part in UNFIT))
