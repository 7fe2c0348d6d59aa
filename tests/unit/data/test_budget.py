"""The token budget counts what the model will see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backend.data import CheckOptions, check_files, load_dataset, measure_budget
from backend.prompts import get_format
from backend.records import DECLARATIONS, FORMATS, Declarations, FormatName
from backend.tokens import counter_for
from tests.conftest import DataSet
from tests.unit.data.builders import TOOLS, csv_of, write_files


@pytest.mark.parametrize("prompt_format", FORMATS)
@pytest.mark.parametrize("declarations", DECLARATIONS)
def test_rows_cost_what_their_whole_text_costs(
    prompt_format: FormatName, declarations: Declarations, cycling: DataSet
) -> None:
    tools, examples = load_dataset(cycling.dataset, cycling.tools)
    examples = examples[:40]
    options = CheckOptions(prompt_format=prompt_format, declarations=declarations)
    fmt = get_format(prompt_format, declarations)
    counter = counter_for("starter", tools, [one.message for one in examples])
    budget = measure_budget(tools, examples, options, counter)
    whole = [len(counter.encode(fmt.prompt(tools, one.message) + fmt.completion(one.calls))) for one in examples]
    assert budget is not None
    assert list(budget.lengths) == whole
    assert budget.longest_row == max(whole)
    assert budget.max_seq_length_needed > max(whole)
    assert budget.smallest_cache >= budget.max_seq_length_needed
    assert budget.smallest_cache % 128 == 0
    assert budget.longest_prompt == budget.prompt_tokens[declarations]


def test_tools_share_the_prompt(cycling: DataSet) -> None:
    budget = check_files(cycling.dataset, cycling.tools).tokens
    assert budget is not None
    assert set(budget.tool_shares) == {tool.name for tool in check_files(cycling.dataset, cycling.tools).tools}
    assert 0.8 < sum(budget.tool_shares.values()) < 1
    assert budget.prompt_tokens["none"] < budget.prompt_tokens["names"] < budget.prompt_tokens["full"]


def test_the_length_needed_is_enough_and_named(tmp_path: Path) -> None:
    files = write_files(tmp_path, csv_of(), TOOLS)
    options = CheckOptions(declarations="none", max_seq_length=20)
    report = check_files(*files, options)
    assert report.tokens is not None
    needed = report.tokens.max_seq_length_needed
    cut = [issue for issue in report.issues if issue.code == "tokens-cut-answer"]
    assert cut
    assert all(str(needed) in issue.message for issue in cut)
    assert check_files(*files, replace(options, max_seq_length=needed)).ok


def test_no_rows_no_budget(tmp_path: Path) -> None:
    report = check_files(*write_files(tmp_path, "user_message,tool_calls\n", TOOLS))
    assert report.tokens is None
    assert report.to_json()["tokens"] == {}
