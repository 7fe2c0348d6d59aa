"""The LiteRT-LM runtime on this machine, which opens and runs exported files."""

from job_templates.ml.litert.runtime.phone_model import PhoneModel

__all__ = [
    "PhoneModel",
]
