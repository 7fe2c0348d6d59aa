"""Training: the Trainer, its set-up, checkpointing, and the checks of the loss."""

from job_templates.ml.training.train import train

__all__ = [
    "train",
]
