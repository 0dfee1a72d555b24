"""What the exit codes of the command line mean. CI depends on them."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes, the same for every command that judges."""

    ALLOWED = 0
    DENIED = 1
    """A definite no: a policy is violated, evidence does not verify, files are not what was signed."""
    USAGE = 2
    """The command line, a file or a policy cannot be read."""
    UNDECIDED = 3
    """Nobody could find out: a registry is away, a deadline passed, or modeladmit has a bug. Not an allowance."""
