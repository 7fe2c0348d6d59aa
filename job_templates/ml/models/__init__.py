"""Base models, checkpoints and adapters: checking, loading, devices and precision."""
