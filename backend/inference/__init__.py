"""Asking a trained model: a worker process for each model, and the sessions that use it."""
