"""The settings of how a model is trained: the base, the prompt, the optimiser, and what is saved meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backend.records import Declarations, FormatName
from backend.runs.choices import SHARE, Engine, LoraTargets, Method, PrecisionName, Scheduler
from backend.runs.setting import setting
from backend.runs.usual_length import STARTER, STARTER_LENGTH, TUNED_LENGTH


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How a model is trained.

    `max_seq_length` is in tokens, `warmup_ratio` a share of the steps. "auto" epochs are as many as the rows need
    (epochs.planned_epochs).
    """

    base_model: str = setting(STARTER)
    prompt_format: FormatName = setting(
        "native",
        help="how tools and calls are written",
        label="Prompt format",
        choices={"native": "Native (FunctionGemma's own)", "json": "JSON (for apps that read raw text)"},
        row="format",
    )
    declarations: Declarations = setting(
        "none",
        help="how much of the tools the prompt contains: full declarations, names, or none (the model learns them)",
        label="Tools in the prompt",
        info="None answers fastest. Full can be more accurate with few rows per tool. A new tool needs a new training.",
        choices={"none": "None: the model learns the tools", "names": "Names only", "full": "Full declarations"},
        row="basic",
        column=1,
    )
    epochs: float | Literal["auto"] = setting(
        "auto",
        help=f"passes over the rows (default auto: {TUNED_LENGTH.epochs:g}, starter {STARTER_LENGTH.epochs:g}, "
        f"and more if they make fewer than {TUNED_LENGTH.steps} steps, starter {STARTER_LENGTH.steps})",
        above=0,
        below=100_000,
        allowed="a number above 0 (0.5 trains on half the rows once)",
        label="Epochs",
        info="How often the training uses each row. Auto: more often if there are few rows.",
        row="basic",
    )
    lr: float = setting(
        1e-3,
        tuned=5e-4,
        help="peak learning rate",
        above=0,
        below=1,
        allowed="a learning rate above 0 and below 1, such as 5e-4",
        label="Learning rate",
        info="The peak value.",
        row="rate",
        step=0.0001,
    )
    batch_size: int = setting(
        32,
        tuned=8,
        help="rows of the data per optimiser step",
        label="Batch size",
        info="Rows of yours per step.",
        row="batch",
    )
    max_seq_length: int | Literal["auto"] = setting(
        "auto",
        help='most tokens of prompt and answer; "auto" computes it; a number that would cut an answer is refused',
        least=16,
        most=131_072,
        label="Max length",
        info="Tokens per row, or auto.",
        row="batch",
        unit="tokens",
    )
    method: Method = setting(
        "full",
        tuned="lora",
        help="lora trains an adapter and merges it, full trains all weights",
        label="What is trained",
        info="All weights need more memory and a tenth of the rate. In the same time, both scored the same.",
        choices={"lora": "Adapter (LoRA)", "full": "All weights"},
        row="method",
    )
    lora_r: int = setting(16, help="rank of the adapter", label="LoRA rank", row="lora", summary=False)
    lora_alpha: int = setting(32, help="scale of the adapter", label="LoRA alpha", row="lora", summary=False)
    lora_targets: LoraTargets = setting(
        "all",
        help="adapt all linear layers or only attention",
        label="Adapter on",
        choices={"all": "All linear layers", "attention": "Only attention"},
        row="adapter",
        summary=False,
    )
    lora_dropout: float = setting(
        0.0,
        help="share of the adapter's inputs dropped",
        **SHARE,
        label="LoRA dropout",
        row="lora",
        step=0.05,
        summary=False,
    )
    warmup_ratio: float = setting(
        0.05,
        help="share of the steps in which the rate rises",
        **SHARE,
        label="Warm-up",
        info="Share of the steps in which the rate rises.",
        row="rate",
        column=2,
        step=0.05,
        summary=False,
    )
    lr_scheduler: Scheduler = setting(
        "cosine",
        help="how the rate changes after its peak",
        label="After the peak",
        info="How the rate falls.",
        choices={"cosine": "Cosine, to zero", "linear": "Linear, to zero", "constant": "Constant"},
        row="rate",
        column=1,
        summary=False,
    )
    weight_decay: float = setting(
        0.1,
        tuned=0.01,
        help="how strongly weights are pulled to zero",
        **SHARE,
        label="Weight decay",
        info="Pulls weights to zero.",
        row="batch",
        step=0.01,
        summary=False,
    )
    early_stopping: int | None = setting(
        None,
        help="stop after this many evaluations of the held-out rows without improvement",
        metavar="EVALUATIONS",
        absent="never",
        label="Early stopping",
        info="Evaluations without improvement before training stops (patience). Empty: off.",
        row="last",
    )
    checkpoint_minutes: float = setting(
        5.0,
        help="save the training at least this often, and after each epoch",
        above=0,
        below=10_000,
        allowed="a number of minutes above 0, such as 5",
        label="Save every",
        info="Minutes, and after each epoch.",
        row="last",
        lowest_offered=0.1,
        summary=False,
    )
    engine: Engine = setting(
        "shared",
        help="shared computes the prompt's common part once per step; plain computes it in every row, as TRL does; "
        "both give the same result",
    )
    precision: PrecisionName = setting(
        "auto",
        help="number type of the matrix products; auto is bfloat16 if the device has it, float16 with a scaled loss "
        "on an older GPU, float32 on other CPUs",
    )
