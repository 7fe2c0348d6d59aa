"""The options of a check, and the limits for every file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from backend.records import Declarations, FormatName

MAX_CSV_BYTES = 20 * 1024 * 1024
MAX_TOOLS_BYTES = 2 * 1024 * 1024
MAX_ROWS = 50_000
MAX_CELL_CHARACTERS = 131_072

MESSAGE = "user_message"
CALLS = "tool_calls"
ANSWER = "answer"
SPLIT = "split"
ORIGINAL = "imported_from"
ORIGIN = "origin"
REQUIRED_COLUMNS = (MESSAGE, CALLS)
OPTIONAL_COLUMNS = (SPLIT, ANSWER, "developer", "id", ORIGINAL, ORIGIN)
"""Known columns; `imported_from` is the place of a row in the file that it was imported from.

`origin` says who wrote the row: given, grown by TEACHER on DATE, or corrected; empty means given.
"""


@dataclass(frozen=True)
class CheckOptions:
    """The options of a check: the rows to check, the calls that they may have, and their token budget.

    `split` selects the rows with this value in their `split` column. Lengths are in tokens of `base_model`'s tokenizer.
    `max_seq_length` is None if training computes it. `folders` says whether the base may be a folder of this machine:
    True for its owner, False for a visitor. `token` is the token to read the base on the Hub: False sends none, and
    None, for the command line, sends the one that the client finds.
    """

    split: str | None = None
    allow_multiple_calls: bool = False
    allow_no_call: bool = False
    base_model: str = "starter"
    prompt_format: FormatName = "native"
    declarations: Declarations = "full"
    max_seq_length: int | None = None
    kv_cache_max_len: int = 1024
    test_split: float = 0.1
    seed: int = 42
    folders: bool = True
    count_tokens: bool = True
    token: str | Literal[False] | None = field(default=None, repr=False, compare=False)
