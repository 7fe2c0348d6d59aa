"""The settings form: a few fields are visible, the others are in an accordion; the base model sets the defaults."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component
from markupsafe import Markup

from backend.errors import InputError
from backend.runs import STARTER, Effort, RunConfig, with_effort
from ui.html import Part, callout
from ui.page import QUICK, KeyedUpdate, Page, PageState, Panel, Updates
from ui.services import trained_rows
from ui.train.estimate import estimate_line
from ui.train.field_components import SettingFields
from ui.train.fields import EFFORT_CHOICES, EFFORT_NOTE, FUNCTIONGEMMA, OTHER, read_settings, setting_values

BASES = [("Starter", STARTER), ("FunctionGemma 270M", FUNCTIONGEMMA), ("A folder or a Hub id", OTHER)]
FOLDER_OR_ID: dict[str, Any] = {
    "label": "Folder or Hub id",
    "info": "A folder on this machine with a Gemma 3 checkpoint, or its id on the Hugging Face Hub.",
}
HUB_ID: dict[str, Any] = {"label": "Hub id", "info": "The id of a Gemma 3 checkpoint on the Hugging Face Hub."}
"""A job on Hugging Face cannot read a folder on this machine."""
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


class SettingsForm(Panel):
    """The form; `inputs` are its fields by the names that read_settings takes."""

    def __init__(self, settings: type[RunConfig] = RunConfig) -> None:
        self._settings = settings
        self.fields = SettingFields(settings)
        with gr.Column(elem_classes=["ft-card"]):
            self.name = gr.Textbox(label="Name", info="The run's name in the list of runs.", max_length=100)
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
            self.fields.build("basic", "ft-fields")
            with gr.Row(elem_classes=["ft-row", "ft-fields"]):
                self.fields.build("silence")
                with gr.Column(min_width=0) as self.share:
                    self.fields.build("share")
        with gr.Accordion("Advanced", open=False, elem_classes=["ft-accordion"]):
            self._advanced()

    def build_estimate(self) -> None:
        """Create the time estimate in the current Gradio context."""
        self.estimate = Part(elem_id="estimate")

    def _advanced(self) -> None:
        for row in ("format", "rate", "batch"):
            self.fields.build(row)
        with gr.Column(visible=False) as self.tuning:
            self.fields.build("method")
            with gr.Column() as self.adapter:
                self.fields.build("adapter")
                self.fields.build("lora")
        for row in ("answer", "rows", "last", "more"):
            self.fields.build(row)

    @property
    def inputs(self) -> dict[str, Component]:
        """The inputs of read_settings, by name."""
        return {"name": self.name, "base": self.base, "base_id": self.base_id, **self.fields.named()}

    def _updates(self, config: RunConfig, page_state: PageState | None = None) -> dict[Block, Any]:
        """The updates of the settings' fields; `page_state` says whether Trackio has a disk to write to."""
        named = self.fields.named()
        updates: dict[Block, Any] = {named[name]: value for name, value in setting_values(config).items()}
        if page_state is not None:
            trackio = named["trackio_project"]
            updates[trackio] = gr.update(value=updates[trackio], visible=page_state.services.identity.machine)
        return updates

    def render(self, page_state: PageState) -> Updates:
        """The defaults or another run's settings, sent once for each data set."""
        config, name = _beginning(page_state, self._settings)
        key = f"{page_state.location.data} {page_state.location.like}"
        base = config.base_model if config.base_model in (STARTER, FUNCTIONGEMMA) else OTHER
        estimate = estimate_line(page_state, config)
        labels = FOLDER_OR_ID if page_state.services.identity.machine else HUB_ID
        other = gr.update(value=config.base_model if base == OTHER else "", visible=base == OTHER, **labels)
        return {
            self.name: KeyedUpdate(key, name),
            self.base: KeyedUpdate(key, gr.update(choices=_bases(page_state), value=base)),
            self.base_id: KeyedUpdate(key, other),
            self.base_note: KeyedUpdate(key, BASE_NOTES.get(base, "")),
            self.tuning: KeyedUpdate(key, gr.update(visible=base != STARTER)),
            self.adapter: KeyedUpdate(key, gr.update(visible=config.method == "lora")),
            self.share: KeyedUpdate(key, gr.update(visible=config.stay_silent)),
            **{field: KeyedUpdate(key, update) for field, update in self._updates(config, page_state).items()},
            self.estimate: KeyedUpdate(f"{key} {estimate != ''}", estimate),
        }

    def wire(self, page: Page) -> None:
        """Register the events: the base model sets the defaults, and every field updates the estimate."""
        named, inputs = self.fields.named(), self.inputs
        lr, epochs, stopping, method = (named[name] for name in ("lr", "epochs", "early_stopping", "method"))

        def follow(base: str) -> dict[Block, Any]:
            config = self._settings.defaults(base)
            return {
                self.effort: "balanced",
                self.base_note: BASE_NOTES.get(base, ""),
                self.base_id: gr.update(visible=base == OTHER),
                self.tuning: gr.update(visible=base != STARTER),
                self.adapter: gr.update(visible=config.method == "lora"),
                self.share: gr.update(visible=config.stay_silent),
                **self._updates(config),
            }

        shown = [self.tuning, self.adapter, self.share]
        led: list[Block] = [self.effort, self.base_note, self.base_id, *shown, *named.values()]
        followed = self.base.input(follow, self.base, led, **QUICK)

        def adapt(method: str, base: str) -> tuple[float, Any]:
            return self._settings.defaults(base, method).lr, gr.update(visible=method == "lora")

        adapted = _input(method)(adapt, [method, self.base], [lr, self.adapter], **QUICK)

        _input(named["stay_silent"])(lambda on: gr.update(visible=on), named["stay_silent"], self.share, **QUICK)

        def take(location: dict[str, Any], effort: Effort, request: gr.Request, *values: Any) -> dict[Block, Any]:
            page_state, given = page.page_state(location, request), dict(zip(inputs, values, strict=True))
            try:
                config = self._read(page_state, given)
            except InputError:  # incomplete settings: the defaults give the same number of rows
                config = self._settings.defaults(str(given["base"]))
            report = page_state.report
            config = with_effort(config, effort, trained_rows(report, config) if report else None)
            shown = self._updates(config)
            return {field: shown[field] for field in (epochs, stopping)}

        taken = self.effort.input(take, [page.location, self.effort, *inputs.values()], [epochs, stopping], **QUICK)

        def estimate_of(location: dict[str, Any], request: gr.Request, *values: Any) -> str:
            page_state = page.page_state(location, request)
            try:
                config = self._read(page_state, dict(zip(inputs, values, strict=True)))
            except InputError:  # incomplete settings; Start reports the error
                return ""
            return estimate_line(page_state, config)

        # a rendered form includes its estimate; only a visitor's input has to ask for a new one
        alone = [_input(field) for field in inputs.values() if field not in (self.name, self.base, method)]
        gr.on(alone, estimate_of, [page.location, *inputs.values()], self.estimate, trigger_mode="always_last", **QUICK)
        for done in (followed, adapted, taken):
            done.then(estimate_of, [page.location, *inputs.values()], self.estimate, **QUICK)

    def _read(self, page_state: PageState, values: dict[str, Any]) -> RunConfig:
        return read_settings(values, folders=page_state.services.identity.machine, settings=self._settings)[1]


def _bases(page_state: PageState) -> list[tuple[str, str]]:
    """The base models to choose from; a shared app offers no folder, because a job on Hugging Face cannot read one."""
    return BASES if page_state.services.identity.machine else [*BASES[:-1], ("Another model of the Hub", OTHER)]


def _input(field: Any) -> Any:
    """The event of a visitor's input; Gradio adds it to its classes at run time, so mypy cannot see it."""
    return field.input


def _beginning(page_state: PageState, settings: type[RunConfig]) -> tuple[RunConfig, str]:
    """The settings and the name that the form starts with; on the owner's machine these need no account."""
    usual = settings.defaults(STARTER if page_state.services.identity.machine else FUNCTIONGEMMA)
    name = page_state.source.name.rpartition(".")[0] if page_state.source else ""
    if page_state.location.like:
        try:
            earlier = page_state.services.store.open(page_state.location.like)
        except InputError:  # the run was deleted meanwhile: use the defaults
            return usual, name
        return settings.from_dict(earlier.config.to_dict()), earlier.name
    return usual, name
