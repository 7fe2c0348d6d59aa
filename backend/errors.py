"""The one error that is the user's to mend."""


class InputError(Exception):
    """What was given cannot be used; the message says where, what was seen, and what to do next."""
