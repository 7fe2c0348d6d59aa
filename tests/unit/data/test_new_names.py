"""Names that the phone cannot read, renamed in tools.json and in the rows."""

from __future__ import annotations

import json
from pathlib import Path

from backend.data import check_files
from backend.data.fixing.fixing import plan_fixes
from tests.unit.data.brought import HEADER, OPTIONS, after, book, check, errors, fixed
from tests.unit.data.builders import argument, call, quoted, tool, write_files

NAMES = {
    "github/git_commit": "github_git_commit",
    "uv:run:dev": "uv_run_dev",
    "new Tool": "new_Tool",
    "2fa_code": "tool_2fa_code",
    "call": "call_tool",
    "天気": "get_the_weather_of",
    "погода": "pogoda",
    "spiel_ä": "spiel_a",
    "x" * 70: "x" * 64,
}


def test_names_are_renamed_in_both_files(tmp_path: Path) -> None:
    tools = [tool(name, "Get the weather of a place.", {"größe (cm)": argument("string")}) for name in NAMES]
    cells = [call(name, **{"größe (cm)": "5"}) for name in NAMES]
    rows = HEADER + "".join(quoted(f"Say {at} {cell[:30]}", cell) + "\n" for at, cell in enumerate(cells))
    paths = write_files(tmp_path, rows, tools)
    plan = plan_fixes(*paths, OPTIONS, ["tools-bad-name", "tools-bad-argument-name"])
    new = [one["function"] for one in json.loads(plan.tools_text)]
    assert {one["x-app-name"]: one["name"] for one in new} == NAMES
    assert all(one["parameters"]["properties"]["grosse_cm"]["x-app-name"] == "größe (cm)" for one in new)
    written = write_files(tmp_path, plan.csv_text, plan.tools_text)
    report = check_files(*written, OPTIONS)
    assert not errors(report)
    assert all("x-app-name" not in json.dumps(one.to_dict()) for one in report.tools)
    assert plan_fixes(*written, OPTIONS, ["tools-bad-name", "tools-bad-argument-name"]).changes == ()


def test_new_names_differ_from_all_others(tmp_path: Path) -> None:
    tools = [tool(name, f"Number {at}.", {}) for at, name in enumerate(("a b", "a/b", "a_b", "a-b"))]
    plan = fixed(
        tmp_path,
        tools,
        *(call(one["function"]["name"]) for one in tools),
        codes=["tools-bad-name", "tools-name-not-kotlin"],
    )
    assert sorted(one["function"]["name"] for one in json.loads(plan.tools_text)) == ["a_b", "a_b_2", "a_b_3", "a_b_4"]
    assert not errors(after(tmp_path, plan))


def test_a_reserved_name_is_renamed_at_any_depth(tmp_path: Path) -> None:
    bare = {"type": argument("string"), "area": argument("integer")}
    deep = argument(
        "array",
        items={
            "type": "object",
            "properties": {"properties": argument("object", properties={"type": argument("string")})},
        },
    )
    tools = book({"exclusion": argument("object", properties=bare), "deep": deep}, [])
    tools += [tool("paint", "Paint a fence.", {"exclusion": bare})]
    cells = [
        call("book", exclusion={"type": "door", "area": 2}, deep=[{"properties": {"type": "x"}}]),
        call("paint", exclusion={"type": "gate", "area": 1}),
    ]
    assert errors(check(tmp_path, tools, *cells)) == {"tools-argument-name-reserved"}
    plan = fixed(tmp_path, tools, *cells, codes=["tools-argument-name-reserved"])
    csv = plan.csv_text.replace('""', '"')
    assert (
        call("book", exclusion={"type_value": "door", "area": 2}, deep=[{"properties_value": {"type_value": "x"}}])
        in csv
    )
    assert call("paint", exclusion={"type_value": "gate", "area": 1}) in csv
    assert not errors(after(tmp_path, plan))
