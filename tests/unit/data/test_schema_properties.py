"""What holds for any schema: fixes end and are kept, rows keep their meaning, and right tools stay as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.data import CheckOptions, check_files
from backend.data.fixing.fixing import plan_fixes
from backend.data.rules import all_rules
from backend.data.tools import normal_parameters
from backend.data.tools.references import References
from backend.data.tools.relaxed_json import read_relaxed
from backend.data.tools.safe_schema import safe_parameters
from backend.prompts.native import render_declaration
from backend.records import Tool
from tests.unit.data.builders import quoted, write_files
from tests.unit.prompts.test_native import parameters as right_parameters

OPTIONS = CheckOptions(declarations="none")
CODES = [rule.code for rule in all_rules() if rule.fixer and (rule.scope == "tools" or rule.code == "calls-bad-key")]
NAMES = st.sampled_from(["a", "type", "b c", "größe", "x.y", "call", "items", "required", "a_b", "1st", "properties"])
TYPES = st.sampled_from(
    [
        *("string", "integer", "number", "boolean", "array", "object", "STRING", "int, optional", "List[str]", "dict"),
        *("Tuple[int, int]", "Union[str, int]", "Dict[str, Any]", "str | None", "strng", "Any", "", "null"),
        *(["string", "null"], ["integer", "string"], ["object", "null"], [], 5, None, {"type": "string"}),
    ]
)
VALUES = st.sampled_from(["x", "5", 5, 1.5, True, None, [1, "a"], {"type": "door", "b c": 1}, [], {}, [[1], [2.5]]])
REFERENCES = st.sampled_from(
    ["#/properties/a", "#/$defs/A~1B", "#", "#/$defs/none", "#anchor", "#/properties/b%20c", "x"]
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES,
            "description": st.sampled_from(["Left, right.", "", "x"]),
            "enum": st.lists(VALUES, max_size=3) | st.sampled_from(["a, b", {"a": 1}]),
            "const": VALUES,
            "items": inner | st.lists(inner, max_size=3) | st.booleans(),
            "prefixItems": st.lists(inner, max_size=3),
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "additionalProperties": inner | st.booleans(),
            "required": st.lists(NAMES, max_size=3) | st.booleans() | st.just("a"),
            "anyOf": st.lists(inner, max_size=3),
            "allOf": st.lists(inner, max_size=2),
            "$ref": REFERENCES,
            "nullable": st.booleans(),
            "default": VALUES,
            "minItems": st.integers(-1, 3),
        },
    ) | st.dictionaries(NAMES, inner, min_size=1, max_size=2)


SCHEMAS = st.recursive(
    st.fixed_dictionaries({}, optional={"type": TYPES, "description": st.just("x")}), nested, max_leaves=8
)
WHOLE = st.fixed_dictionaries(
    {"properties": st.dictionaries(NAMES, SCHEMAS, max_size=4)},
    optional={
        "type": st.just("object"),
        "required": st.lists(NAMES, max_size=3),
        "$defs": st.just({"A/B": {"type": "string"}}),
    },
)
FLAT = SCHEMAS.filter(lambda schema: "$ref" not in schema)
ARGUMENTS = st.dictionaries(NAMES, VALUES, max_size=3)
bounded = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@bounded
@given(schema=WHOLE | FLAT)
def test_the_normal_form_of_a_normal_form_is_itself(schema: Any) -> None:
    for cut in (False, True):
        plain = normal_parameters(schema, cut=cut)
        again = normal_parameters(plain, cut=cut)
        assert json.dumps(again, sort_keys=True) == json.dumps(plain, sort_keys=True)


@bounded
@given(
    schema=WHOLE | FLAT,
    given_arguments=st.lists(ARGUMENTS, min_size=1, max_size=3),
    name=st.sampled_from(["go", "go/on", "go-on"]),
)
def test_fixes_of_tools_end_and_keep_every_row(
    schema: Any, given_arguments: list[dict[str, Any]], name: str, tmp_path: Path
) -> None:
    rows = [(f"Row {at}", json.dumps([{"name": name, "args": one}])) for at, one in enumerate(given_arguments)]
    csv = "user_message,tool_calls\n" + "".join(quoted(*row) + "\n" for row in rows)
    tools = [{"name": name, "description": "Go.", "parameters": schema}]
    plan = plan_fixes(*write_files(tmp_path, csv, tools), OPTIONS, CODES)
    written = write_files(tmp_path, plan.csv_text, plan.tools_text)
    again = plan_fixes(*written, OPTIONS, CODES)
    assert [(change.code, change.before, change.after) for change in again.changes] == []
    report = check_files(*written, OPTIONS)
    assert [row.user_message for row in report.table] == [message for message, _ in rows]
    assert [issue for issue in report.issues if issue.file == "tools" and issue.fix] == []


@bounded
@given(parameters=right_parameters)
def test_right_tools_are_declared_as_they_are(parameters: dict[str, Any]) -> None:
    shown = safe_parameters(parameters, References((parameters,)))
    raw, read = (render_declaration(Tool("go", "Go.", one)) for one in (parameters, shown))
    if not _has_open_objects(parameters):
        assert read == raw
    else:
        assert "additionalProperties:{" not in read


def _has_open_objects(schema: Any) -> bool:
    """Whether the template would show keywords of an object without properties as arguments."""
    if not isinstance(schema, dict):
        return False
    keys = schema.keys() - {"type", "description", "required"}
    opened = schema.get("type") == "object" and "properties" not in schema and bool(keys)
    inner = [*(schema.get("properties") or {}).values(), schema.get("items")]
    return opened or any(_has_open_objects(item) for item in inner)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@bounded
@given(value=json_values, indent=st.sampled_from([None, 1]))
def test_any_json_is_relaxed_json_and_python(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    assert read_relaxed(text).value == value
    assert read_relaxed(f"// begin\n{text} /* end */").value == value
    assert read_relaxed(f"[{text},\n]").value == [value]
    assert read_relaxed(f"{text}\n{text}").value == [value, value]
