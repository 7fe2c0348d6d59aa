"""The probes change what they say and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.records import Call, Example, Tool
from backend.scoring.probes import MESSAGE_PROBES, probe_messages, probes_for, reordered, with_distractor

TOOLS = tuple(Tool(name, "x") for name in "abc")


@given(st.sampled_from(sorted(MESSAGE_PROBES)), st.lists(st.text(min_size=1, max_size=30), max_size=5))
def test_probes_are_repeatable_and_keep_the_labels(name: str, messages: list[str]) -> None:
    examples = [Example(str(at), at, message, (Call("a"),)) for at, message in enumerate(messages)]
    probed = probe_messages(name, examples, 42)
    assert probed == probe_messages(name, examples, 42)
    assert [(one.id, one.calls) for one in probed] == [(one.id, one.calls) for one in examples]


def test_each_probe_does_its_work() -> None:
    example = Example("1", 1, "Where's the next Fountain?", (Call("a"),))
    changed = {name: probe_messages(name, [example], 1)[0].message for name in MESSAGE_PROBES}
    assert changed["lower case"] == "where's the next fountain?"
    assert changed["no punctuation"] == "Wheres the next Fountain"
    assert changed["typos"] != example.message
    assert abs(len(changed["typos"]) - len(example.message)) <= 2


def test_the_tools_move_or_grow() -> None:
    assert reordered(TOOLS, 1) != TOOLS
    assert sorted(tool.name for tool in reordered(TOOLS, 1)) == ["a", "b", "c"]
    assert reordered(TOOLS[:1], 1) == TOOLS[:1]
    assert with_distractor(TOOLS)[:3] == TOOLS
    assert len(with_distractor(TOOLS)) == 4


def test_the_tools_are_probed_where_they_stand_in_the_prompt() -> None:
    example = Example("1", 1, "Where?", (Call("a"),))
    baked = [probe.name for probe in probes_for(TOOLS, [example], "none", 1)]
    declared = [probe.name for probe in probes_for(TOOLS, [example], "full", 1)]
    assert [probe.name for probe in probes_for(TOOLS, [example], "full", 1, every=False)] == ["as spoken"]
    assert baked == ["as spoken", "typos", "lower case", "no punctuation"]
    assert declared == [*baked, "tools reordered", "distractor tool"]
