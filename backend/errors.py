"""The error for input that the user can correct."""


class InputError(Exception):
    """The input cannot be used; the message says where, what was found, and what to do next."""
