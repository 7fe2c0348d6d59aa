"""The model card of a checkpoint: its tools, data, accuracy and use."""

from __future__ import annotations

import json
from collections.abc import Sequence

from backend.data.text import plain_line
from backend.device.app_use import app_use_table, off_topic_sentence
from backend.device.verification import Verification
from backend.errors import InputError
from backend.records import Tool
from backend.runs import STARTER, Run, TrainingSummary, shown
from backend.scoring import Evaluation, Rate, Report
from backend.trials import search_section

GEMMA_TERMS = "https://ai.google.dev/gemma/terms"
TAGS = ("function-calling", "tool-use", "gemma3", "litert-lm", "on-device")


def model_card(run: Run, tools: Sequence[Tool], exported: Verification | None = None) -> str:
    """Returns README.md for a run's checkpoint; it contains accuracies if the run was evaluated.

    `exported` is the verification of the file that was exported from this checkpoint.
    """
    training = TrainingSummary.read(run.training_path) if run.training_path.is_file() else None
    evaluation = Evaluation.read(run.evaluation_path) if run.evaluation_path.is_file() else None
    sections = [
        _front_matter(run, evaluation),
        f"# {plain_line(run.name)}",
        _opening(run),
        _tools(tools),
        _accuracy(evaluation),
        _phone(exported) if exported else "",
        _training(run, training),
        search_section(run),
        _usage(run),
        _licence(run),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _front_matter(run: Run, evaluation: Evaluation | None) -> str:
    """The metadata that the Hub reads; JSON texts are valid YAML."""
    lines = ["---", "library_name: transformers", "pipeline_tag: text-generation"]
    base = run.config.base_model
    if base != STARTER:
        lines += ["license: gemma"]
        if not base.startswith((".", "/", "~")):
            lines += [f"base_model: {json.dumps(base)}"]
    lines += ["tags:", *(f"- {tag}" for tag in TAGS)]
    if evaluation:
        lines += ["model-index:", f"- name: {json.dumps(run.name)}", "  results:", "  - task:"]
        lines += ["      type: text-generation", "      name: Function calling", "    dataset:"]
        lines += [f"      name: {json.dumps(str(run.data.get('dataset_name', 'dataset')))}", "      type: private"]
        lines += ["      split: test", "    metrics:"]
        for name, rate in _rates(evaluation.tuned).items():
            lines += [f"    - type: accuracy\n      name: {name}\n      value: {rate.value:.4f}"]
    return "\n".join([*lines, "---"])


def _opening(run: Run) -> str:
    if run.config.base_model == STARTER:
        return (
            "A **starter** model: a Gemma 3 of about a million parameters, made from the rows of one data set "
            "alone. It is a demo model to try the workflow from data to phone. Do not ship it."
        )
    base = run.config.base_model
    shown = plain_line(base) if not base.startswith((".", "/", "~")) else "a local Gemma 3 checkpoint"
    if run.config.method == "full":
        return f"{shown}, all of its weights fine-tuned to call the tools below."
    return f"{shown}, fine-tuned (LoRA, merged) to call the tools below. The adapter alone is in `adapter/`."


def _tools(tools: Sequence[Tool]) -> str:
    rows = [
        f"| `{plain_line(tool.name)}` | {', '.join(f'`{plain_line(name)}`' for name in tool.properties) or '–'} "
        f"| {plain_line(tool.description)} |"
        for tool in tools
    ]
    return "\n".join(["## Tools", "", "| tool | arguments | what it does |", "|---|---|---|", *rows])


def _accuracy(evaluation: Evaluation | None) -> str:
    if not evaluation:
        return "## Accuracy\n\nNot measured yet: run `evaluate.py`."
    compared = [_rates(report) if report else {} for report in (evaluation.base, evaluation.ngram_baseline)]
    lines = [
        "## Accuracy",
        "",
        f"On {evaluation.tuned.n} held-out rows, greedy decoding, with 95 % Wilson intervals:",
        "",
    ]
    lines += ["| | this model | before training | n-gram classifier, same rows |", "|---|---|---|---|"]
    for name, rate in _rates(evaluation.tuned).items():
        others = [f"{rates[name].value:.1%}" if name in rates else "–" for rates in compared]
        lines.append(f"| {name} | {_interval(rate)} | {' | '.join(others)} |")
    if evaluation.off_topic:
        lines += ["", off_topic_sentence(evaluation.off_topic)]
    return "\n".join(lines)


def verification_of(run: Run) -> Verification | None:
    """Returns the verification of the run's export; None if there is none, or if it is outdated or damaged."""
    path = run.export_dir / "verification.json"
    weights = [weight.stat().st_mtime for weight in run.checkpoint.glob("*.safetensors")]
    if not path.is_file() or path.stat().st_mtime < max(weights, default=0.0):
        return None
    try:
        return Verification.read(path)
    except InputError:  # a damaged verification is left out of the card
        return None


def _phone(exported: Verification) -> str:
    """Returns the section on the exported file: its verdict, size, hash and speed."""
    accuracy, agreement = exported.accuracy, exported.checkpoint_agreement
    facts = {
        "size": f"{exported.bytes / 1e6:,.1f} MB",
        "SHA-256": f"`{exported.sha256}`",
        "context": f"{exported.context:,} tokens",
        "ran in": exported.runtime,
    }
    if exported.vocabulary:
        facts["vocabulary"] = exported.vocabulary.sentence
    if accuracy:
        facts["combined accuracy of the file"] = _interval(accuracy.combined)
    if exported.off_topic:
        facts["calls for messages that are not for the tools"] = _interval(exported.off_topic.calls)
    if agreement:
        facts["answers as the checkpoint"] = f"{agreement.same} of {agreement.rows}"
    ran = {
        "loads in": (exported.load_seconds, "s"),
        "first token after": (exported.first_token_seconds, "s"),
        "decodes": (exported.decode_tokens_per_second, "tokens a second"),
        "memory": (exported.peak_memory_mb, "MB"),
    }
    for name, (value, unit) in ran.items():
        if value is not None:
            facts[name] = f"{value:,.{0 if value >= 100 else 2}f} {unit}"
    table = [f"| {name} | {value} |" for name, value in facts.items()]
    verdict = f"Verification **{exported.verdict.value}**: {plain_line(exported.reason)}"
    apps = app_use_table(exported)
    lines = [f"## On a phone: {plain_line(exported.file)}", "", verdict, "", "| | |", "|---|---|", *table]
    return "\n".join([*lines, *(["", *apps] if apps else [])])


def _rates(report: Report) -> dict[str, Rate]:
    """Returns the rates on the card, without those that have no rows."""
    named = {"tool selection": report.tool, "arguments": report.argument, "combined": report.combined}
    return {name: rate for name, rate in named.items() if rate.n}


def _interval(rate: Rate) -> str:
    if rate.value is None:
        return "–"
    return f"{rate.value:.1%} ({rate.low:.1%}–{rate.high:.1%}; {rate.k} of {rate.n})"


def _training(run: Run, training: TrainingSummary | None) -> str:
    config = run.config
    facts = {
        "rows trained on / held out": f"{training.rows} / {training.test_rows}" if training else "– / –",
        "rows trained on that a large model wrote": plain_line(training.grown) if training else "–",
        "data (SHA-256)": f"`{run.data.get('dataset_sha256', '–')}`",
        "tools (SHA-256)": f"`{run.data.get('tools_sha256', '–')}`",
        "prompt": f"{config.prompt_format} format, declarations: {config.declarations}",
        "epochs": shown((training.epochs if training else None) or config.epochs),
        "batch, peak rate": f"{config.batch_size}, {config.lr:g} ({config.lr_scheduler})",
        "warm-up, weight decay": f"{config.warmup_ratio:g}, {config.weight_decay:g}",
        **_measured(training),
        "seed": str(config.seed),
        "code": f"`{run.code_version or '–'}`",
    }
    if training and training.method == "lora":
        facts["LoRA rank, alpha, dropout"] = f"{config.lora_r}, {config.lora_alpha}, {config.lora_dropout:g}"
        facts["LoRA on"] = "all linear layers" if config.lora_targets == "all" else "attention"
    return "\n".join(
        ["## Training", "", "| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in facts.items())]
    )


def _measured(training: TrainingSummary | None) -> dict[str, str]:
    """Returns the results of the training, or dashes if there is no summary."""
    best, longest = (training.best_step, training.max_seq_length) if training else (None, None)
    return {
        "steps, seconds": f"{_steps(training)}, {training.seconds}" if training else "–, –",
        "loss at the end": _number(training.final_loss if training else None),
        "saved checkpoint": f"step {_or_dash(best)}, which was best on the held-out rows",
        "loss on the held-out rows": _number(training.held_out_loss if training else None),
        "mean probability of their right answers": _number(training.held_out_match if training else None),
        "longest row": f"{_or_dash(longest)} tokens",
    }


def _steps(training: TrainingSummary) -> str:
    planned = f" of {training.planned_steps}, ended early" if training.stopped_early else ""
    return f"{training.steps}{planned}"


def _usage(run: Run) -> str:
    note = {
        "none": "The model learned the tools: the template leaves them out of the prompt.",
        "names": "The template puts the tools' names into the prompt.",
        "full": "The template puts the tools' declarations into the prompt.",
    }[run.config.declarations]
    return f"""## Use

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = "checkpoint"
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder)
prompt = tokenizer.apply_chat_template(
    [{{"role": "user", "content": "…"}}], tools=tools, add_generation_prompt=True, return_tensors="pt", return_dict=True
)
answer = model.generate(**prompt, max_new_tokens=128)
print(tokenizer.decode(answer[0, prompt["input_ids"].shape[1] :], skip_special_tokens=False))
```

`tools` is the list in tools.json. {note}
Generation stops at `<eos>`, `<end_of_turn>` or `<start_function_response>`."""


def _licence(run: Run) -> str:
    if run.config.base_model == STARTER:
        return "## Licence\n\nThis model has no pretrained weights. The licence of its training data applies."
    return (
        "## Licence\n\nA derivative of Gemma: Gemma is provided under and subject to the Gemma Terms of Use found at "
        f"{GEMMA_TERMS}."
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _or_dash(value: int | None) -> str:
    return "–" if value is None else str(value)
