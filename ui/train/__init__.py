"""The Train step: the settings form, the estimate, starting, and the summary of the settings."""

from ui.train.step import TrainStep

__all__ = [
    "TrainStep",
]
