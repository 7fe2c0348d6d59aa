"""FunctionGemma's special tokens and their ids (google/functiongemma-270m-it: card, template, tokenizer.model)."""

from __future__ import annotations

import re

PAD, EOS, BOS, UNK = "<pad>", "<eos>", "<bos>", "<unk>"
PAD_ID, EOS_ID, BOS_ID, UNK_ID = 0, 1, 2, 3
START_OF_TURN = "<start_of_turn>"
END_OF_TURN = "<end_of_turn>"
START_DECLARATION = "<start_function_declaration>"
END_DECLARATION = "<end_function_declaration>"
START_CALL = "<start_function_call>"
END_CALL = "<end_function_call>"
START_RESPONSE = "<start_function_response>"
END_RESPONSE = "<end_function_response>"
ESCAPE = "<escape>"

STOP_TOKENS = (EOS, END_OF_TURN, START_RESPONSE)
"""Tokens that end an answer; their ids in Gemma's tokenizer are 1, 106 and 50."""

DEVELOPER_SENTENCE = "You are a model that can do function calling with the following functions"
"""What the developer turn says before the declarations; the model was trained with exactly these words."""

NO_CALL_ANSWER = "None of the tools can do that."
"""The answer of runs before 2026-12 for rows without a call and without an answer text."""

RESERVED = re.compile(
    r"<(?:pad|eos|bos|unk|mask|escape|start_of_turn|end_of_turn|start_of_image|end_of_image|image_soft_token"
    r"|(?:start|end)_function_(?:declaration|call|response)|unused\d+)>|\[multimodal\]"
)
"""Any text that the tokenizer would read as a control token instead of as words."""

NEUTRALIZED = (
    "<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<escape>", "[multimodal]", "<unused",
    "<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>", "<image_soft_token>",
    "<start_function_declaration>", "<end_function_declaration>", "<start_function_call>", "<end_function_call>",
    "<start_function_response>", "<end_function_response>",
)  # fmt: skip
"""What `neutralize` changes. `<unused` stands for all tokens that begin so."""

MASK = "<mask>"
FIRST_UNUSED_ID, LAST_BEFORE_TURNS_ID = 6, 104

CONTROL_TOKENS: dict[str, int] = {
    "<start_function_declaration>": 46,
    "<end_function_declaration>": 47,
    "<start_function_call>": 48,
    "<end_function_call>": 49,
    "<start_function_response>": 50,
    "<end_function_response>": 51,
    "<escape>": 52,
    "<start_of_turn>": 105,
    "<end_of_turn>": 106,
}

STOP_IDS: tuple[int, ...] = (EOS_ID, CONTROL_TOKENS["<end_of_turn>"], CONTROL_TOKENS["<start_function_response>"])
"""Greedy decoding ends at any of these: `<eos>`, `<end_of_turn>`, `<start_function_response>`."""

META_TOKENS: dict[str, int] = {PAD: PAD_ID, EOS: EOS_ID, BOS: BOS_ID, UNK: UNK_ID}
"""SentencePiece never finds these four in a text. Code that encodes a text must search for them."""


def user_defined_symbols() -> list[str]:
    """The pieces of ids 4 to 107, in order: mask, multimodal, unused and control tokens, turns, and the newline."""
    unused = [f"<unused{index}>" for index in range(LAST_BEFORE_TURNS_ID - FIRST_UNUSED_ID + 1)]
    symbols = [MASK, "[multimodal]", *unused, "<start_of_turn>", "<end_of_turn>", "\n"]
    for token, token_id in CONTROL_TOKENS.items():
        symbols[token_id - 4] = token
    return symbols


def neutralize(text: str) -> str:
    """Returns the text with a space after the first character of each control token, so that it is read as words.

    The chat templates and the Kotlin file of the Android kit do the same, replacement by replacement.
    """
    for token in NEUTRALIZED:
        text = text.replace(token, f"{token[0]} {token[1:]}")
    return text
