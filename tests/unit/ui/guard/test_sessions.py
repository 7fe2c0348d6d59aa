from __future__ import annotations

import gradio as gr
import pytest

from ui.guard import Sessions
from ui.guard.sessions import MOST_SESSIONS


@pytest.fixture
def sessions() -> Sessions:
    with gr.Blocks() as blocks:
        gr.State({"seen": 1})
        gr.Textbox()
    return Sessions(blocks)


def test_a_session_keeps_its_own_state(sessions: Sessions) -> None:
    (state,) = [key for key, block in sessions.blocks.blocks.items() if block.stateful]
    assert sessions["ada"][state] == {"seen": 1}
    sessions["ada"][state] = {"seen": 2}
    assert sessions["ada"][state] == {"seen": 2}
    assert sessions["eve"][state] == {"seen": 1}
    assert "ada" in sessions


def test_a_components_update_is_its_sessions_own(sessions: Sessions) -> None:
    (box,) = [key for key, block in sessions.blocks.blocks.items() if isinstance(block, gr.Textbox)]
    changed = gr.Textbox("changed", render=False)
    sessions["ada"][box] = changed
    assert sessions["ada"][box] is changed
    assert sessions["eve"][box] is sessions.blocks.blocks[box]


def test_only_the_latest_sessions_are_kept(sessions: Sessions) -> None:
    sessions["first"]
    for number in range(MOST_SESSIONS):
        sessions[f"page-{number}"]
    assert len(sessions.session_data) == MOST_SESSIONS
    assert "first" not in sessions


def test_a_closed_page_is_dropped_after_a_while_and_one_that_came_back_is_not(sessions: Sessions) -> None:
    for name in ("gone", "back", "open"):
        sessions[name]
    sessions.session_data["gone"].is_closed = sessions.session_data["back"].is_closed = True
    sessions.delete_all_expired_state()
    assert "gone" in sessions
    sessions["back"]
    brief = Sessions(sessions.blocks, closed_seconds=-1.0)
    for name in ("gone", "back", "open"):
        brief[name]
    brief.session_data["gone"].is_closed = brief.session_data["back"].is_closed = True
    brief["back"]
    brief.delete_all_expired_state()
    assert "gone" not in brief
    assert "back" in brief
    assert "open" in brief
