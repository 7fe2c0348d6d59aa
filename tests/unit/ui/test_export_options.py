"""The export's form becomes flags of export.py, and nothing else does."""

from __future__ import annotations

import pytest

from backend.device.recipes import RECIPES
from backend.errors import InputError
from job_templates.export import parser, request_from
from ui.export.options import USUAL_PREFILL, read_options


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize(("context", "cache"), [("auto", None), ("256", 256), (" 4096 ", 4096)])
@pytest.mark.parametrize(("prefill", "lengths"), [(USUAL_PREFILL, None), ("64, 16", (16, 64))])
@pytest.mark.parametrize(("vocabulary", "kept"), [("auto", "auto"), ("full", "full"), (" Spanish, de ", "en,es,de")])
def test_the_flags_say_what_the_form_says(
    recipe: str,
    context: str,
    cache: int | None,
    prefill: str,
    lengths: tuple[int, ...] | None,
    vocabulary: str,
    kept: str,
) -> None:
    options = parser().parse_args(["--model", "x", *read_options(recipe, context, prefill, vocabulary)])
    request = request_from(options, "x", None)
    assert (request.recipe.name, request.cache_length, request.prefill_lengths) == (recipe, cache, lengths)
    assert request.vocabulary == kept


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("--model=y", "auto", USUAL_PREFILL, "auto"), "Choose one from the list"),
        (("none", "many", USUAL_PREFILL, "auto"), "give auto, or a number"),
        (("none", "auto", "32;ls", "auto"), "several such as 32,256"),
        ((None, "auto", USUAL_PREFILL, "auto"), "Choose one from the list"),
        (("none", "auto", USUAL_PREFILL, "en;ls"), "There is no language 'en;ls' here"),
        (("none", "auto", USUAL_PREFILL, None), "There is no language 'None' here"),
    ],
)
def test_what_may_not_be_asked_for_never_reaches_a_command_line(
    values: tuple[str, str, str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_options(*values)
