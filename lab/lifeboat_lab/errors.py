"""The two ways in which a command of the lab ends badly."""


class LabError(Exception):
    """A command could not do what was asked (exit 1).

    The message is one sentence for the person at the keyboard: the subject,
    the reason, and what to do next.
    """


class UsageError(LabError):
    """The command itself was wrong and nothing was tried (exit 64)."""
