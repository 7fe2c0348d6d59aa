"""Templates are found if many calls share one, and not in the messages of people."""

from __future__ import annotations

import random

from backend.data import check_files, load_dataset
from backend.data.rows.label_errors import class_labels, find_label_errors
from backend.data.similarity.templates import find_templates
from backend.records import Call, Example
from tests.conftest import DataSet

WORDS = ("water", "wind", "coffee", "battery", "speed", "bike shop")


def test_a_template_is_found_with_its_fillers() -> None:
    messages = [*(f"Show me {word} info!" for word in WORDS), "Where can I fill my bottle?"]
    (template,) = find_templates(messages, [*WORDS, "water"])
    assert (template.text, template.labels) == ("show me … info", 6)
    assert dict(enumerate(WORDS)) == template.fillers


def test_one_call_in_different_words_is_no_template() -> None:
    assert find_templates([f"Show me {word} info" for word in WORDS], ["status"] * 6) == ()
    assert find_templates([f"Show me {word} info" for word in WORDS[:4]], list(WORDS[:4])) == ()


def test_nothing_is_found_in_what_people_wrote(snips7: DataSet) -> None:
    _, examples = load_dataset(snips7.dataset, snips7.tools)
    assert find_templates([row.message for row in examples], class_labels(examples)) == ()


def test_templates_are_found_in_a_set_of_which_only_a_part_is_searched() -> None:
    labels = [f"label {at % 50}" for at in range(30_000)]
    messages = [f"Monitor {label.split()[1]} {random.Random(at).random()}" for at, label in enumerate(labels)]
    assert "monitor …" in {template.text for template in find_templates(messages, labels)}


def test_the_cycling_sets_scripted_rows_are_reported_and_asked_about(cycling: DataSet) -> None:
    report = check_files(cycling.dataset, cycling.tools)
    (issue,) = (one for one in report.issues if one.code == "set-sentence-frames")
    assert " rows of 942 look like one sentence with different words in it" in issue.message
    assert '"can i see the …" in 12 rows with 11 different calls' in issue.message
    suspects = {suspect.message: suspect.likely for suspect in find_label_errors(report.examples).suspects}
    assert "get_rider_profile" in suspects["Give me my profile metrics"]
    assert "Status of quiet please" in suspects


def test_a_class_is_the_whole_call_if_enough_rows_share_it_and_the_tools_otherwise() -> None:
    stop, go = Call("stop", {}), Call("go + [", {"to": 'a " + ["b'})
    rows = [Example(f"r{at}", at, f"message {at}", (stop, go)) for at in range(5)]
    common = {str(label): label.tools for label in class_labels([*rows, Example("x", 9, "another", (go,))])}
    assert common == {'["go + [", {"to": "a \\" + [\\"b"}] + ["stop", {}]': ("go + [", "stop"), "go + [": ("go + [",)}
