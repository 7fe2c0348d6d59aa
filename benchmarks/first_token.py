"""How soon an exported file begins to answer, by how much of the tools stands in the prompt.

The same file reads the same questions behind full declarations, names alone, and nothing: what it answers does not
matter here, only when. Prints the prompt's tokens, the median time to the first token, and its share of the slowest.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

from backend.prompts import get_format
from backend.records import DECLARATIONS
from job_templates.cli import quiet
from job_templates.ml.litert.runtime.phone_model import PhoneModel
from job_templates.ml.litert.verify.trained import load_trained
from job_templates.ml.models.source import find_source


def main() -> None:
    """Print a line for each choice of declarations, and all of it as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="the run that the file was made of")
    parser.add_argument("--file", type=Path, help="the file (default: the run's)")
    parser.add_argument("--rows", type=int, default=8, help="held-out questions to ask (default: %(default)s)")
    options = parser.parse_args()
    quiet()
    run = find_source(options.model).run
    if run is None:
        raise SystemExit(f"error: {options.model} is no run.")
    file = options.file or next(run.export_dir.glob("*.litertlm"), None)
    if file is None:
        raise SystemExit(f"error: {options.model} has no exported file. Export it first.")
    trained = load_trained(run)
    messages = [row.message for row in trained.held_out[: options.rows]]
    found = {}
    with tempfile.TemporaryDirectory() as cache, PhoneModel(file, [], Path(cache)) as model:
        model.answer(trained.fmt.prompt(trained.tools, messages[0]))  # the first one also unpacks the weights
        for declarations in DECLARATIONS:
            fmt = get_format(trained.fmt.name, declarations)
            prompts = [fmt.prompt(trained.tools, message).removeprefix("<bos>") for message in messages]
            tokens = [len(model.encode(prompt)) for prompt in prompts]
            if max(tokens) + 1 >= model.context:
                print(f"{declarations:<6} {median(tokens):>6.0f} tokens  do not fit in the file's {model.context}")
                continue
            seconds = median(model.answer(prompt).first_token_seconds for prompt in prompts)
            found[declarations] = {"tokens": median(tokens), "seconds": seconds}
    slowest = max(one["seconds"] for one in found.values())
    for declarations, one in found.items():
        share = one["seconds"] / slowest
        print(f"{declarations:<6} {one['tokens']:>6.0f} tokens  first token after {one['seconds']:.3f} s  {share:.2f}")
    print(json.dumps({"file": file.name, **found}))


if __name__ == "__main__":
    main()
