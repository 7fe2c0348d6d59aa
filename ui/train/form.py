"""The settings of a run: a few in sight, the others folded away; the defaults follow the base model."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component
from markupsafe import Markup

from backend.errors import InputError
from backend.jobs.workload import trained_rows
from backend.runs import STARTER, RunConfig, default_config
from backend.runs.epochs import Effort, shown, with_effort
from ui.html.markup import callout
from ui.html.part import Part
from ui.page.page import QUICK, Page
from ui.page.state import Scene
from ui.page.updates import Holder, Keyed, Wanted
from ui.train.estimate import estimate_line
from ui.train.fields import (
    DECLARATIONS,
    DECLARATIONS_NOTE,
    EFFORT_CHOICES,
    EFFORT_NOTE,
    FORMATS,
    FUNCTIONGEMMA,
    METHOD_CHOICES,
    METHOD_NOTE,
    OTHER,
    SCHEDULE_CHOICES,
    TARGET_CHOICES,
    read_settings,
    setting_values,
)  # fmt: skip

BASES = [("Starter", STARTER), ("FunctionGemma 270M", FUNCTIONGEMMA), ("A folder or a Hub id", OTHER)]
FOLDER_OR_ID: dict[str, Any] = {
    "label": "Folder or Hub id",
    "info": "A folder on this machine with a Gemma 3 checkpoint, or its id on the Hugging Face Hub.",
}
HUB_ID: dict[str, Any] = {"label": "Hub id", "info": "The id of a Gemma 3 checkpoint on the Hugging Face Hub."}
"""A job on Hugging Face sees no folder of this machine."""
BASE_NOTES = {
    STARTER: callout(
        "accent",
        "The starter is a demo model to try the workflow. Do not ship it.",
        "A model of about a million parameters, trained from scratch on your rows in a minute or two. "
        "It needs no download. For an app that ships, fine-tune FunctionGemma or another Gemma 3 model.",
    ),
    FUNCTIONGEMMA: callout(
        "plain",
        "Its licence comes first",
        Markup(
            'Google asks you to accept the terms on <a href="https://huggingface.co/{0}" target="_blank" '
            'rel="noopener">{0}</a>, with the account whose login or token is used.'
        ).format(FUNCTIONGEMMA),
    ),
}


class SettingsForm(Holder):
    """The form; `fields` are its inputs in the order that read_settings takes them."""

    def __init__(self) -> None:
        start = RunConfig()
        with gr.Column(elem_classes=["ft-card"]):
            self.name = gr.Textbox(label="Name", info="How the run is called in the list.", max_length=100)
            self.base = gr.Radio(BASES, value=STARTER, label="Base model", elem_classes=["ft-segments"])
            self.base_note = Part(BASE_NOTES[STARTER])
            self.base_id = gr.Textbox(
                placeholder="google/functiongemma-270m-it", visible=False, **FOLDER_OR_ID
            )  # fmt: skip
            self.effort = gr.Radio(
                EFFORT_CHOICES,
                value="balanced",
                label="Speed or quality",
                elem_classes=["ft-segments"],
                info=EFFORT_NOTE,
            )
            with gr.Row(elem_classes=["ft-row", "ft-fields"]):
                self.epochs = gr.Textbox(
                    shown(start.epochs),
                    label="Epochs",
                    info="How often every row is seen. Auto: more often where rows are few.",
                )
                self.declarations = gr.Dropdown(
                    DECLARATIONS, value=start.declarations, label="Tools in the prompt", filterable=False,
                    info=DECLARATIONS_NOTE,
                )  # fmt: skip
        with gr.Accordion("Advanced", open=False, elem_classes=["ft-accordion"]):
            self._advanced(start)

    def build_estimate(self) -> None:
        """Place the estimate of time where this is called."""
        self.estimate = Part(elem_id="estimate")

    def _advanced(self, start: RunConfig) -> None:
        self.prompt_format = gr.Dropdown(FORMATS, value=start.prompt_format, label="Prompt format", filterable=False)
        with gr.Row(elem_classes=["ft-row"]):
            self.lr = gr.Number(start.lr, label="Learning rate", info="The peak.", step=0.0001)
            self.lr_scheduler = gr.Dropdown(
                SCHEDULE_CHOICES,
                value=start.lr_scheduler,
                label="After the peak",
                info="How the rate falls.",
                filterable=False,
            )
            self.warmup_ratio = gr.Number(
                start.warmup_ratio, label="Warm-up", info="Share of the steps.", step=0.05, minimum=0
            )
        with gr.Row(elem_classes=["ft-row"]):
            self.batch_size = gr.Number(
                start.batch_size, label="Batch size", info="Rows a step.", precision=0, minimum=1
            )
            self.max_length = gr.Textbox(str(start.max_seq_length), label="Max length", info="Tokens a row, or auto.")
            self.weight_decay = gr.Number(
                start.weight_decay, label="Weight decay", info="Draws weights to zero.", step=0.01, minimum=0
            )
        with gr.Column(visible=False) as self.tuning:
            self.method = gr.Dropdown(
                METHOD_CHOICES, value=start.method, label="What is trained", info=METHOD_NOTE, filterable=False
            )
            with gr.Column() as self.adapter:
                self._adapter(start)
        with gr.Row(elem_classes=["ft-row"]):
            self.test_split = gr.Number(
                start.test_split, label="Held out", info="Share of rows kept for measuring.", step=0.05
            )
            self.max_examples = gr.Textbox("", label="Rows at most", info="Empty: all of them.")
            self.seed = gr.Number(
                start.seed, label="Seed", info="The same seed, the same split.", precision=0, minimum=0
            )
        with gr.Row(elem_classes=["ft-row"]):
            self.early_stopping = gr.Textbox(
                "", label="Early stopping", info="Looks without a better one; empty: never."
            )
            self.checkpoint_minutes = gr.Number(
                start.checkpoint_minutes, label="Save every", info="Minutes, and after each epoch.", minimum=0.1
            )
            self.trackio = gr.Textbox("", label="Trackio project", info="Also log there; empty: no.", max_length=100)

    def _adapter(self, start: RunConfig) -> None:
        self.lora_targets = gr.Dropdown(TARGET_CHOICES, value=start.lora_targets, label="Adapter on", filterable=False)
        with gr.Row(elem_classes=["ft-row"]):
            self.lora_r = gr.Number(start.lora_r, label="LoRA rank", precision=0, minimum=1)
            self.lora_alpha = gr.Number(start.lora_alpha, label="LoRA alpha", precision=0, minimum=1)
            self.lora_dropout = gr.Number(start.lora_dropout, label="LoRA dropout", step=0.05, minimum=0)

    @property
    def fields(self) -> list[Component]:
        """The inputs of read_settings."""
        return [self.name, self.base, self.base_id, *self._numbers]

    @property
    def _numbers(self) -> list[Component]:
        return [
            self.epochs, self.declarations, self.prompt_format, self.lr, self.batch_size, self.max_length,
            self.lora_r, self.lora_alpha, self.test_split, self.max_examples, self.seed,
            self.method, self.lora_targets, self.lora_dropout, self.warmup_ratio, self.lr_scheduler,
            self.weight_decay, self.early_stopping, self.checkpoint_minutes, self.trackio,
        ]  # fmt: skip

    def paint(self, scene: Scene) -> Wanted:
        """The defaults, or another run's settings, once for each data set."""
        config, name = _beginning(scene)
        key = f"{scene.place.data} {scene.place.like}"
        values = dict(zip(self._numbers, setting_values(config), strict=True))
        base = config.base_model if config.base_model in (STARTER, FUNCTIONGEMMA) else OTHER
        estimate = estimate_line(scene, config)
        told = FOLDER_OR_ID if scene.services.identity.machine else HUB_ID
        other = gr.update(value=config.base_model if base == OTHER else "", visible=base == OTHER, **told)
        return {
            self.name: Keyed(key, name),
            self.base: Keyed(key, gr.update(choices=_bases(scene), value=base)),
            self.base_id: Keyed(key, other),
            self.base_note: Keyed(key, BASE_NOTES.get(base, "")),
            self.tuning: Keyed(key, gr.update(visible=base != STARTER)),
            self.adapter: Keyed(key, gr.update(visible=config.method == "lora")),
            **{field: Keyed(key, value) for field, value in values.items()},
            self.trackio: Keyed(key, gr.update(value=values[self.trackio], visible=scene.services.identity.machine)),
            self.estimate: Keyed(f"{key} {estimate != ''}", estimate),
        }

    def wire(self, page: Page) -> None:
        """Let the base model set the defaults, and every field the estimate."""

        def follow(base: str) -> list[Any]:
            config = default_config(base)
            seen = [base == OTHER, base != STARTER, config.method == "lora"]
            shown = [gr.update(visible=visible) for visible in seen]
            return ["balanced", BASE_NOTES.get(base, ""), *shown, *setting_values(config)]

        led = [self.effort, self.base_note, self.base_id, self.tuning, self.adapter, *self._numbers]
        followed = self.base.input(follow, self.base, led, **QUICK)

        def adapt(method: str, base: str) -> tuple[float, Any]:
            return default_config(base, method).lr, gr.update(visible=method == "lora")

        adapted = self.method.input(adapt, [self.method, self.base], [self.lr, self.adapter], **QUICK)

        def take(place: dict[str, Any], effort: Effort, request: gr.Request, *values: Any) -> tuple[str, str]:
            scene = page.scene(place, request)
            try:
                _, config = read_settings(values, folders=scene.services.identity.machine)
            except InputError:  # half-typed settings: the base model's own say as well how many rows there are
                config = default_config(str(values[1]))
            report = scene.report
            config = with_effort(config, effort, trained_rows(report, config) if report else None)
            return shown(config.epochs), str(config.early_stopping or "")

        inputs = [page.place, self.effort, *self.fields]
        taken = self.effort.input(take, inputs, [self.epochs, self.early_stopping], **QUICK)

        def reckon(place: dict[str, Any], request: gr.Request, *values: Any) -> str:
            scene = page.scene(place, request)
            try:
                _, config = read_settings(values, folders=scene.services.identity.machine)
            except InputError:  # half-typed settings; Start says what is wrong with them
                return ""
            return estimate_line(scene, config)

        # what the page paints comes with its estimate; one asked for by a field just painted would come after it
        alone = [_input(field) for field in self.fields[1:] if field not in (self.base, self.method)]
        gr.on(alone, reckon, [page.place, *self.fields], self.estimate, trigger_mode="always_last", **QUICK)
        for done in (followed, adapted, taken):
            done.then(reckon, [page.place, *self.fields], self.estimate, **QUICK)


def _bases(scene: Scene) -> list[tuple[str, str]]:
    """The base models to choose from: a job on Hugging Face sees no folder of this machine."""
    return BASES if scene.services.identity.machine else [*BASES[:-1], ("Another model of the Hub", OTHER)]


def _input(field: Any) -> Any:
    """The event that a visitor changed a field; gradio adds it to its classes as they are made, out of mypy's sight."""
    return field.input


def _beginning(scene: Scene) -> tuple[RunConfig, str]:
    """The settings and the name that the form starts with: what works without an account, on a machine of one's own."""
    usual = default_config(STARTER if scene.services.identity.machine else FUNCTIONGEMMA)
    name = scene.source.name.rpartition(".")[0] if scene.source else ""
    if scene.place.like:
        try:
            earlier = scene.services.store.open(scene.place.like)
        except InputError:  # it was deleted since: the defaults serve as well
            return usual, name
        return earlier.config, earlier.name
    return usual, name
