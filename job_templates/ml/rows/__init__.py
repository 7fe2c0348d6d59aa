"""Rows as tokens: encoding, the held-out rows, augmentation for the starter."""
