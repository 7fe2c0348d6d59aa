"""An exported file opened by LiteRT-LM on this machine, and asked."""

from job_templates.ml.litert.runtime.phone_model import PhoneModel

__all__ = [
    "PhoneModel",
]
