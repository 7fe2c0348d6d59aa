"""Running an exported file and comparing it with its checkpoint."""

from job_templates.ml.litert.verify import agreement
from job_templates.ml.litert.verify.structure import Expected
from job_templates.ml.litert.verify.trained import Trained, load_trained, prompt_of_checkpoint
from job_templates.ml.litert.verify.unusual import unusual_rows
from job_templates.ml.litert.verify.verification import Subject, verify

__all__ = [
    "Expected",
    "Subject",
    "Trained",
    "agreement",
    "load_trained",
    "prompt_of_checkpoint",
    "unusual_rows",
    "verify",
]
