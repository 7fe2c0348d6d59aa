"""An exported file opened by LiteRT-LM on this machine, and asked."""

from job_templates.ml.litert.runtime.phone_model import PhoneModel
from job_templates.ml.litert.runtime.running import Ran, run_file

__all__ = [
    "PhoneModel",
    "Ran",
    "run_file",
]
