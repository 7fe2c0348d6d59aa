"""The settings of a run: a few in sight, the others folded away; the defaults follow the base model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.components import Component

from backend.errors import InputError
from backend.runs import STARTER, RunConfig, default_config
from ui.markup import callout
from ui.page import QUICK, Page
from ui.painter import Holder, Keyed, Wanted
from ui.part import Part
from ui.place import Place
from ui.scene import Scene
from ui.train_estimate import estimate_line

OTHER = "other"
BASES = [("Starter", STARTER), ("A folder or a Hub id", OTHER)]
STARTER_NOTE = callout(
    "accent",
    "The starter is for trying the road, not for shipping",
    "A model of about a million parameters, trained from scratch on your rows in a minute or two. "
    "It needs no download. For an app that ships, fine-tune FunctionGemma or another Gemma 3 model.",
).text
DECLARATIONS = [("None: the tools live in the weights", "none"), ("Names only", "names"), ("Full declarations", "full")]
FORMATS = [("Native (FunctionGemma's own)", "native"), ("JSON (for apps that read raw text)", "json")]


class SettingsForm(Holder):
    """The form; `fields` are its inputs in the order that read_settings takes them."""

    def __init__(self) -> None:
        start = RunConfig()
        with gr.Column(elem_classes=["ft-card"]):
            self.name = gr.Textbox(label="Name", info="How the run is called in the list.", max_length=100)
            self.base = gr.Radio(BASES, value=STARTER, label="Base model", elem_classes=["ft-segments"])
            self.starter_note = Part(STARTER_NOTE)
            self.base_id = gr.Textbox(
                label="Folder or Hub id", placeholder="google/functiongemma-270m-it", visible=False,
                info="A folder on this machine with a Gemma 3 checkpoint, or its id on the Hugging Face Hub.",
            )  # fmt: skip
            with gr.Row(elem_classes=["ft-row"]):
                self.epochs = gr.Number(
                    start.epochs, label="Epochs", info="How often every row is seen.", minimum=0.1, step=1
                )
                self.declarations = gr.Dropdown(
                    DECLARATIONS, value=start.declarations, label="Tools in the prompt", filterable=False,
                    info="Less of them makes a shorter prompt and a faster answer.",
                )  # fmt: skip
        with gr.Accordion("Advanced", open=False, elem_classes=["ft-accordion"]):
            self._advanced(start)

    def build_estimate(self) -> None:
        """Place the estimate of time where this is called."""
        self.estimate = Part(elem_id="estimate")

    def _advanced(self, start: RunConfig) -> None:
        self.prompt_format = gr.Dropdown(FORMATS, value=start.prompt_format, label="Prompt format", filterable=False)
        with gr.Row(elem_classes=["ft-row"]):
            self.lr = gr.Number(
                start.lr, label="Learning rate", info="The peak; it falls to zero by the end.", step=0.0001
            )
            self.batch_size = gr.Number(
                start.batch_size, label="Batch size", info="Rows a step.", precision=0, minimum=1
            )
            self.max_length = gr.Textbox(str(start.max_seq_length), label="Max length", info="Tokens a row, or auto.")
        with gr.Row(visible=False, elem_classes=["ft-row"]) as self.lora:
            self.lora_r = gr.Number(start.lora_r, label="LoRA rank", precision=0, minimum=1)
            self.lora_alpha = gr.Number(start.lora_alpha, label="LoRA alpha", precision=0, minimum=1)
        with gr.Row(elem_classes=["ft-row"]):
            self.test_split = gr.Number(
                start.test_split, label="Held out", info="Share of rows kept for measuring.", step=0.05
            )
            self.max_examples = gr.Textbox("", label="Rows at most", info="Empty: all of them.")
            self.seed = gr.Number(
                start.seed, label="Seed", info="The same seed, the same split.", precision=0, minimum=0
            )

    @property
    def fields(self) -> list[Component]:
        """The inputs of read_settings."""
        return [self.name, self.base, self.base_id, *self._numbers]

    @property
    def _numbers(self) -> list[Component]:
        return [
            self.epochs, self.declarations, self.prompt_format, self.lr, self.batch_size, self.max_length,
            self.lora_r, self.lora_alpha, self.test_split, self.max_examples, self.seed,
        ]  # fmt: skip

    def paint(self, scene: Scene) -> Wanted:
        """The defaults, or another run's settings, once for each data set."""
        config, name = _beginning(scene)
        key = f"{scene.place.data} {scene.place.like}"
        values = dict(zip(self._numbers, _values(config), strict=True))
        starter = config.base_model == STARTER
        return {
            self.name: Keyed(key, name),
            self.base: Keyed(key, STARTER if starter else OTHER),
            self.base_id: Keyed(key, gr.update(value="" if starter else config.base_model, visible=not starter)),
            self.starter_note: Keyed(key, STARTER_NOTE if starter else ""),
            self.lora: Keyed(key, gr.update(visible=not starter)),
            **{field: Keyed(key, value) for field, value in values.items()},
            self.estimate: Keyed(key, estimate_line(scene, config).text),
        }

    def wire(self, page: Page) -> None:
        """Let the base model set the defaults, and every field the estimate."""

        def follow(base: str) -> list[Any]:
            starter = base == STARTER
            config = default_config(STARTER if starter else OTHER)
            shown = [STARTER_NOTE if starter else "", gr.update(visible=not starter), gr.update(visible=not starter)]
            return [*shown, *_values(config)]

        self.base.input(follow, self.base, [self.starter_note, self.base_id, self.lora, *self._numbers], **QUICK)

        def reckon(place: dict[str, Any], *values: Any) -> str:
            try:
                _, config = read_settings(values)
            except InputError:  # half-typed settings; Start says what is wrong with them
                return ""
            return estimate_line(Scene(page.services, Place.from_mapping(place)), config).text

        changed = [_change(field) for field in self.fields[1:]]
        gr.on(changed, reckon, [page.place, *self.fields], self.estimate, trigger_mode="always_last", **QUICK)


def read_settings(values: Sequence[Any]) -> tuple[str, RunConfig]:
    """The run's name and settings from the form's fields; InputError for the first that is not allowed."""
    name, base, base_id, epochs, declarations, fmt, lr, batch, length, r, alpha, held_out, most, seed = values
    base_model = STARTER if base == STARTER else str(base_id or "").strip()
    if not base_model:
        raise InputError(
            "Name the base model: a folder on this machine, or a Hub id such as google/functiongemma-270m-it."
        )
    config = replace(
        default_config(base_model),
        epochs=epochs, declarations=declarations, prompt_format=fmt, lr=lr, batch_size=batch,
        max_seq_length=_whole(length or "auto", "auto"), lora_r=r, lora_alpha=alpha,
        test_split=held_out, max_examples=_whole(most, None), seed=seed,
    )  # fmt: skip
    return str(name or "").strip(), config


def _change(field: Any) -> Any:
    """The event that a field's value changed; gradio adds it to its classes as they are made, out of mypy's sight."""
    return field.change


def _whole(value: object, without: Any) -> Any:
    """A whole number written in a text field; `without` where it is empty or says auto; other text as it is."""
    written = str(value if value is not None else "").strip().replace(",", "").casefold()
    if written in ("", "auto", "all"):
        return without
    return int(written) if written.isdecimal() else value


def _values(config: RunConfig) -> list[Any]:
    return [
        config.epochs, config.declarations, config.prompt_format, config.lr, config.batch_size,
        str(config.max_seq_length),
        config.lora_r, config.lora_alpha, config.test_split, str(config.max_examples or ""), config.seed,
    ]  # fmt: skip


def _beginning(scene: Scene) -> tuple[RunConfig, str]:
    """The settings and the name that the form starts with."""
    name = scene.source.name.rpartition(".")[0] if scene.source else ""
    if scene.place.like:
        try:
            earlier = scene.services.store.open(scene.place.like)
        except InputError:  # it was deleted since: the defaults serve as well
            return default_config(STARTER), name
        return earlier.config, earlier.name
    return default_config(STARTER), name
