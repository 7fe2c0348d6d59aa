"""One trial of a search, a process of its own: `python -m job_templates.ml.search.trial RUN`.

It trains the run in a folder by train.py's own code, from its last saved state if there is one. It scores the held-out
rows by evaluate.py's own code, and writes trial.json. It ends with its parent.
"""

from __future__ import annotations

import sys
from pathlib import Path

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

from backend.runs import Run, write_json
from job_templates import cli
from job_templates.worker_process import end_with_parent

RESULT = "trial.json"


def main() -> None:
    """Train and score the run. Raises InputError if its rows or settings are at fault."""
    end_with_parent()
    run = Run.open(Path(sys.argv[1]))
    from job_templates.ml.evaluation import score_model
    from job_templates.ml.models import find_source, load_tuned
    from job_templates.ml.run import scored_rows
    from job_templates.ml.training import train

    summary = train(run, resume=True)
    scored = scored_rows(run, None, None, "test")
    model = load_tuned(find_source(str(run.path)), scored.tools)
    report = score_model(model, scored.tools, scored.rows, lambda _done, _total: None)
    wrong = [row.id for row in report.rows if not row.right]
    write_json(run.path / RESULT, {"match": summary.held_out_match or 0.0, "rows": report.n, "wrong": wrong})


if __name__ == "__main__":
    cli.run(main)
