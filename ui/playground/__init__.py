"""The Try step: asking the model on the server or in the browser, lists of messages, corrections."""

from ui.playground.ask import prediction
from ui.playground.step import TryStep

__all__ = [
    "TryStep",
    "prediction",
]
