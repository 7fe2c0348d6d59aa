"""Training: the Trainer, its set-up, checkpointing, and the guard of the loss."""
