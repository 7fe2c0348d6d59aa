"""The page's markup is literal: markupsafe escapes what is filled in, and nothing else becomes markup."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from tests.conftest import ROOT
from ui.html.markup import badge, button, callout, card, facts, link, progress, table
from ui.html.paging import Slice

TAG = re.compile(r"</?[a-z][a-z0-9]*[ />]|<!(?:doctype|--)")
PLOTLY_TAG = re.compile(r"</?extra>")
"""The tag that plotly reads in a hover text; it is no HTML of ours."""
ALLOWED = {
    "ui/frame/theme.py": {"Markup((STATIC / name).read_text(encoding='utf-8'))"},  # the app's own scripts in ui/static
}
"""Calls of Markup whose argument is no literal, by file."""
SOURCES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in (ROOT / "ui").rglob("*.py")}


def _unproved(source: str) -> Iterator[str]:
    """Every expression that could make markup of a text that is not a literal."""
    for node in ast.walk(ast.parse(source)):
        if any((_marks(node), _passes_on(node), _fills_in(node), _names_itself_safe(node))):
            yield ast.unparse(node)


def _marks(node: ast.AST) -> bool:
    """`Markup(…)` of anything but one literal."""
    if not isinstance(node, ast.Call) or not _is_markup(node.func):
        return False
    return len(node.args) != 1 or not isinstance(node.args[0], ast.Constant) or bool(node.keywords)


def _passes_on(node: ast.AST) -> bool:
    """`Markup` as a value: given to a function, under another name, or as the base of a class."""
    if isinstance(node, ast.Call):
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        return ast.unparse(node.func) != "isinstance" and any(map(_is_markup, given))
    if isinstance(node, ast.alias):
        return node.name.endswith("Markup") and node.asname is not None
    if isinstance(node, ast.ClassDef):
        return any(map(_is_markup, node.bases))
    return isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and bool(node.value) and _is_markup(node.value)


def _fills_in(node: ast.AST) -> bool:
    """A plain text with a tag that is filled in, by an f-string, `%`, `+`, `.format` or `.join`."""
    if isinstance(node, ast.JoinedStr):
        return _tagged(node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return _tagged([node.left, node.right])
    method = node.func if isinstance(node, ast.Call) else None
    return (
        isinstance(method, ast.Attribute)
        and method.attr in ("format", "format_map", "join")
        and _tagged([method.value])
    )


def _names_itself_safe(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name in ("__html__", "__html_format__")


def _is_markup(node: ast.AST | None) -> bool:
    return node is not None and ast.unparse(node).rpartition(".")[2] == "Markup"


def _tagged(nodes: list[ast.expr]) -> bool:
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return any(TAG.search(PLOTLY_TAG.sub("", text)) for text in texts)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_only_literals_become_markup(name: str) -> None:
    assert set(_unproved(SOURCES[name])) == ALLOWED.get(name, set())


@pytest.mark.parametrize(
    "wrong",
    [
        'Markup(f"<p>{said}</p>")',
        'Markup("<p>%s</p>" % said)',
        'Markup("<p>{}</p>".format(said))',
        'Markup("<p>" + said + "</p>")',
        'Markup("").join([Markup(said)])',
        "Markup(said)",
        "markupsafe.Markup(said)",
        'Markup("<p>{}</p>" if said else said)',
        "map(Markup, said)",
        "safe = Markup",
        "from markupsafe import Markup as Safe",
        "class Html(Markup): ...",
        'shown = f"<b>{said}</b>"',
        'shown = "<b>%s</b>" % said',
        'shown = "<br>".join(said)',
        'shown = said + "<br/>"',
        "def __html__(self): ...",
    ],
)
def test_markup_of_anything_else_is_found(wrong: str) -> None:
    assert list(_unproved(wrong)) != []


def test_literals_that_markupsafe_fills_in_are_not_found() -> None:
    right = """
        shown = Markup("<p>{}</p>").format(f"{said} < 5") + Markup("<br>").join(map(str, lines))
        hint: Markup = Markup("<b>%s</b>") % said if isinstance(said, Markup) else Markup.escape(said)
    """
    assert list(_unproved(dedent(right))) == []


@given(st.text(max_size=60))
def test_a_text_of_a_user_is_escaped_in_every_place(said: str) -> None:
    assert badge(said) == Markup('<span class="badge plain">') + said + Markup("</span>")
    for piece in (
        button(said, said, kind=said, title=said, run=said), link(said, said, kind=said, download=True, name=said),
        callout("error", said, said, said), card(said, said, note=said, aside=said), facts([(said, said)]),
        table([said], [[said]], kind=said, caption=said), progress(0.5, said, said),
        Slice.of(said, 0, 1).pager(group=said),
    ):  # fmt: skip
        assert isinstance(piece, Markup)
        assert re.findall(r"<[^a-z/]|&(?!amp;|lt;|gt;|#34;|#39;)", piece) == []
        assert said.strip() == "" or escape(said) in piece or len(said) == 1


def test_a_value_cannot_leave_its_attribute() -> None:
    assert link('" onclick="x', "go") == Markup('<a class="btn quiet" href="&#34; onclick=&#34;x">go</a>')
    assert 'data-run="&#34;&#39;&gt;&lt;"' in button("open", "go", run="\"'><")


def test_the_last_pages_button_is_off_and_each_carries_its_data() -> None:
    first, last = Slice.of("abc", 0, 2).pager(group="g"), Slice.of("abc", 1, 2).pager()
    assert (
        '<button disabled type="button" class="btn quiet small" data-do="page" data-group="g" data-page="-1">' in first
    )
    assert first.count("disabled") == last.count("disabled") == 1
    assert 'data-page="0">Previous' in last
