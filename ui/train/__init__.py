"""The Train step: the settings form, the estimate, starting, and the summary of the settings."""

from ui.train.estimate import estimate_here
from ui.train.field_components import form_settings
from ui.train.fields import OTHER, setting_values
from ui.train.start import start
from ui.train.step import TrainStep

__all__ = [
    "OTHER",
    "TrainStep",
    "estimate_here",
    "form_settings",
    "setting_values",
    "start",
]
