"""The tool_calls column: reading a call from text, and checking its arguments."""
