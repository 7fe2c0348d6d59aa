"""The form with the export's options, filled with the usual values."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component
from markupsafe import Markup

from backend.device import (
    AUTO,
    AUTO_CACHES,
    DEFAULT_RECIPE,
    PREFILL_LENGTHS,
    RECIPES,
    SMALL_CACHE,
    estimated_bytes,
    read_cache,
    read_prefill,
)
from backend.errors import InputError
from backend.vocabulary import FULL, read_vocabulary
from ui.html import Part, text
from ui.page import QUICK, KeyedUpdate, Page, PageState, Panel, Updates, readable

USUAL_PREFILL = ",".join(map(str, PREFILL_LENGTHS))


class ExportOptions(Panel):
    """The form; `fields` are its inputs in the order that read_options takes them."""

    def __init__(self) -> None:
        with gr.Accordion("Options", open=False, visible=False, elem_classes=["ft-accordion"]) as self.box:
            with gr.Row(elem_classes=["ft-row"]):
                self.recipe = gr.Dropdown(
                    [(recipe.label, name) for name, recipe in RECIPES.items()], value=DEFAULT_RECIPE,
                    label="Weights", info="Fewer bits: a smaller file, usually less accurate.", filterable=False,
                )  # fmt: skip
                self.context = gr.Dropdown(
                    [AUTO, *map(str, (SMALL_CACHE, *AUTO_CACHES))], value=AUTO, allow_custom_value=True,
                    label="Context", info="Tokens that prompt and answer share.",
                )  # fmt: skip
                self.prefill = gr.Textbox(
                    USUAL_PREFILL, label="Prefill lengths", info="Tokens read at a time; the best fit is used."
                )
                self.vocabulary = gr.Dropdown(
                    [("Languages of your rows", AUTO), ("All languages", FULL)], value=AUTO, allow_custom_value=True,
                    label="Vocabulary", info="Smaller and faster with fewer languages; or name them: en, es.",
                )  # fmt: skip
            self.size = Part(elem_id="export-size")
            self.note = Part(elem_id="export-note")

    @property
    def fields(self) -> list[Component]:
        """The inputs of read_options."""
        return [self.recipe, self.context, self.prefill, self.vocabulary]

    def render(self, page_state: PageState) -> Updates:
        """Show the form if there is a model to export; a different run resets it to the usual values."""
        key = page_state.location.run or ""
        size = _size(page_state, DEFAULT_RECIPE, AUTO)
        usual = {
            self.recipe: DEFAULT_RECIPE,
            self.context: AUTO,
            self.prefill: USUAL_PREFILL,
            self.vocabulary: AUTO,
        }
        return {
            self.box: gr.update(visible=page_state.has("train") and not page_state.stage("export").active),
            self.size: KeyedUpdate(f"{key} {size != ''}", size),
            self.note: Markup('<p class="note">{}</p>').format(_note(page_state)),
            **{field: KeyedUpdate(key, value) for field, value in usual.items()},
        }

    def wire(self, page: Page) -> None:
        """Show the estimated size again for each choice."""

        def size_of(location: dict[str, Any], recipe: Any, vocabulary: Any, request: gr.Request) -> str:
            return _size(page.page_state(location, request), recipe, vocabulary)

        changed: list[Any] = [self.recipe, self.vocabulary]
        inputs = [page.location, *changed]
        gr.on([field.input for field in changed], size_of, inputs, self.size, trigger_mode="always_last", **QUICK)


def read_options(recipe: Any, context: Any, prefill: Any, vocabulary: Any) -> list[str]:
    """The flags of export.py for these values. Raises InputError if a value is not allowed."""
    if recipe not in RECIPES:
        raise InputError(f"{str(recipe)[:80]!r} is not a known recipe for the weights. Choose one from the list.")
    cache, lengths = read_cache(str(context)), read_prefill(str(prefill))
    flags = ["--quantize", str(recipe), "--kv-cache-max-len", AUTO if cache is None else str(cache)]
    if (kept := read_vocabulary(str(vocabulary))) != AUTO:
        flags += ["--vocabulary", kept]
    if lengths != PREFILL_LENGTHS:
        flags += ["--prefill-seq-len", ",".join(map(str, lengths))]
    return flags


def _size(page_state: PageState, recipe: Any, vocabulary: Any) -> Markup:
    """The estimated size of the file for these choices; empty if it is not known."""
    training = readable(lambda: page_state.training)
    if training is None or recipe not in RECIPES:
        return Markup("")
    try:
        choice = read_vocabulary(str(vocabulary))
        chosen = estimated_bytes(training, RECIPES[recipe], choice)
        full = estimated_bytes(training, RECIPES[recipe], FULL)
    except InputError as error:
        return Markup('<p class="note">{}</p>').format(error)
    if chosen is None or full is None:
        return Markup("")
    if choice == FULL:
        return Markup('<p class="estimate">The file will be about {}.</p>').format(text.size(full))
    own = f" ({training.kept_languages})" if choice == AUTO else ""
    return Markup('<p class="estimate">The file will be about {} with these languages{}, and {} with all.</p>').format(
        text.size(chosen), own, text.size(full)
    )


def _note(page_state: PageState) -> str:
    """The context length that the rows need, as a sentence."""
    training = readable(lambda: page_state.training)
    longest = training.max_seq_length if training else None
    if longest is None:
        return "Auto takes the smallest context that holds every row."
    enough = (
        f" {SMALL_CACHE} is enough for them and leaves less room for a long message." if longest < SMALL_CACHE else ""
    )
    return (
        f"The longest row of this run takes {longest:,} tokens: auto takes the smallest context that holds it.{enough}"
    )
