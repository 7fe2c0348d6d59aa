"""FunctionGemma's control tokens, as the model card and its chat template spell them."""

from __future__ import annotations

import re

BOS = "<bos>"
EOS = "<eos>"
PAD = "<pad>"
START_OF_TURN = "<start_of_turn>"
END_OF_TURN = "<end_of_turn>"
START_DECLARATION = "<start_function_declaration>"
END_DECLARATION = "<end_function_declaration>"
START_CALL = "<start_function_call>"
END_CALL = "<end_function_call>"
START_RESPONSE = "<start_function_response>"
ESCAPE = "<escape>"

STOP_TOKENS = (EOS, END_OF_TURN, START_RESPONSE)
"""Tokens that end an answer; their ids in Gemma's tokenizer are 1, 106 and 50."""

DEVELOPER_SENTENCE = "You are a model that can do function calling with the following functions"
"""What the developer turn says before the declarations; the model was trained with exactly these words."""

NO_CALL_ANSWER = "None of the tools can do that."
"""What a row without a call teaches the model to say when the row brings no text of its own."""

RESERVED = re.compile(
    r"<(?:pad|eos|bos|unk|mask|escape|start_of_turn|end_of_turn|start_of_image|end_of_image|image_soft_token"
    r"|(?:start|end)_function_(?:declaration|call|response)|unused\d+)>|\[multimodal\]"
)
"""Any text that the tokenizer would read as a control token instead of as words."""
