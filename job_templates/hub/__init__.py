"""What a job on Hugging Face needs: the mounted run, the check of the GPU, and the upload of the results."""

from job_templates.hub.accelerator import CHECKED, require_gpu
from job_templates.hub.mounted import copy_code, copy_mounted, fetch_earlier
from job_templates.hub.saving import REFUSED, Saver

__all__ = [
    "CHECKED",
    "REFUSED",
    "Saver",
    "copy_code",
    "copy_mounted",
    "fetch_earlier",
    "require_gpu",
]
