"""Answering held-out rows fast and exactly, and scoring them."""
