"""The n-gram classifier is a fair floor: it learns what the words give away, and no more."""

from __future__ import annotations

from backend.prompts import get_format
from backend.records import Call, Example, Tool
from backend.scoring.ngram_baseline import ngram_report

FORMAT = get_format("native", "none")
TOOLS = (Tool("water", "x"), Tool("weather", "x"))


def rows(*pairs: tuple[str, str]) -> list[Example]:
    return [Example(str(at), at, message, (Call(tool),)) for at, (message, tool) in enumerate(pairs)]


def test_it_learns_what_the_words_give_away() -> None:
    train = rows(
        ("drink water", "water"), ("water now", "water"), ("rain today", "weather"), ("will it rain", "weather")
    )
    report = ngram_report(train, rows(("more water", "water"), ("rain soon", "weather")), TOOLS, FORMAT, 42)
    assert report is not None
    assert report.combined.k == 2


def test_one_label_and_no_rows_are_no_trouble() -> None:
    report = ngram_report(rows(("a", "water")), rows(("b", "weather")), TOOLS, FORMAT, 42)
    assert report is not None
    assert report.error_classes == {"wrong_tool": 1}
    assert ngram_report([], rows(("b", "weather")), TOOLS, FORMAT, 42) is None
