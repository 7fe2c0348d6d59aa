"""The ways to quantize that the installed library has, under the names that `--quantize` takes."""

from __future__ import annotations

from dataclasses import dataclass

from backend.errors import InputError

FRIENDLY = {
    "dynamic_int8": ("dynamic_wi8_afp32", "q8"),
    "weight_only_int8": ("weight_only_wi8_afp32", "w8"),
    "dynamic_int8_embedding_int4": ("dynamic_wi8_emb4_afp32", "q8_emb4"),
    "dynamic_int4": ("dynamic_wi4_afp32", "q4"),
    "dynamic_int4_block32": ("dynamic_wi4b32_afp32", "q4_block32"),
    "weight_only_int4": ("weight_only_wi4_afp32", "w4"),
    "none": ("", "f32"),
}
"""Our name: the library's name ("" leaves the weights in float), and what stands for it in the file's name."""

OF_LITERT_TORCH = ("dynamic_wi8_emb4_afp32",)
"""litert-torch 0.10.0 adds this one to ai-edge-quantizer's."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to quantize: `library_name` is "" where the weights stay as they are."""

    name: str
    library_name: str
    suffix: str


def find_recipe(name: str) -> Recipe:
    """The recipe called `name`, by our name or the library's; InputError lists those that there are."""
    if name in FRIENDLY:
        return Recipe(name, *FRIENDLY[name])
    if name.startswith("static_"):
        raise InputError(
            f"The recipe {name!r} needs calibration data, which this export does not make. "
            "Use dynamic_int8, or weight_only_int8 where accuracy counts more than speed."
        )
    known = library_recipes()
    if name not in known:
        raise InputError(
            f"Unknown recipe {name!r} for --quantize. Choose one of {', '.join(FRIENDLY)}; "
            f"or by the library's own name: {', '.join(known)}."
        )
    return Recipe(name, name, name.removeprefix("dynamic_").removesuffix("_afp32"))


def library_recipes() -> list[str]:
    """The library's own recipes for one text model that need no calibration data, sorted."""
    from ai_edge_quantizer import recipe

    own = [name for name in dir(recipe) if name.startswith(("dynamic_", "weight_only_"))]
    return sorted({*own, *OF_LITERT_TORCH})
