"""The command line of each job; jobs on Hugging Face run the same scripts."""

from __future__ import annotations

from backend.errors import InputError
from backend.runs import STAGES, Run, RunConfig, settings_of

PIPELINE, SWEEP = "pipeline", "sweep"
STAGES_OF: dict[str, tuple[str, ...]] = {PIPELINE: STAGES, SWEEP: ("train", "evaluate")}
"""The stages of the jobs that do several."""
JOBS = (*STAGES, *STAGES_OF)


def job_arguments(run: Run, stage: str) -> list[str]:
    """The arguments of `job_templates/STAGE.py` for a run in a folder. Raises InputError if there is no such stage."""
    folder = str(run.path)
    match stage:
        case "train" | "pipeline" | "sweep":
            inputs = ["--dataset", str(run.dataset_path), "--tools", str(run.tools_path), "--output-repo", folder]
            return inputs + config_arguments(run.config)
        case "evaluate":
            return ["--model", folder]
        case "export":
            return ["--model", folder, "--output-repo", folder]
        case _:
            raise InputError(f"There is no stage {stage!r}. The stages are {', '.join(JOBS)}.")


def config_arguments(config: RunConfig) -> list[str]:
    """The flags of train.py for these settings, without those that are not set."""
    arguments = []
    for one in settings_of(type(config)):
        value = getattr(config, one.name)
        if value is True:
            arguments.append(one.flag)
        elif value is False and one.default:
            arguments.append(one.flag.replace("--", "--no-", 1))
        elif value is not None and value is not False:
            arguments.append(f"{one.flag}={value}")
    return arguments
