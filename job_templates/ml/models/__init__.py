"""Base models, checkpoints and adapters: checking, loading, devices and precision."""

from job_templates.ml.models.base import Base, prepare_base, with_adapter
from job_templates.ml.models.checkpoint import parameter_count, save_adapter, save_checkpoint
from job_templates.ml.models.device import Precision, choose_precision
from job_templates.ml.models.loading import Scorable, load_base, load_tuned
from job_templates.ml.models.parallel import one_thread, portions, run_threads
from job_templates.ml.models.source import TEMPLATE, ModelSource, find_source

__all__ = [
    "TEMPLATE",
    "Base",
    "ModelSource",
    "Precision",
    "Scorable",
    "choose_precision",
    "find_source",
    "load_base",
    "load_tuned",
    "one_thread",
    "parameter_count",
    "portions",
    "prepare_base",
    "run_threads",
    "save_adapter",
    "save_checkpoint",
    "with_adapter",
]
