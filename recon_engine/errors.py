"""The five ways a run cannot go on; everything else is a row in `exception_item`."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command tells the shell; the README lists the same table."""

    DONE = 0
    FAULT = 1
    USAGE = 2
    OVERDUE = 3
    STOPPED = 4
    NOT_NOW = 5
    REFUSED = 6


class ReconError(Exception):
    """One clear line: where, what was found, what was expected, what happened to the run."""

    exit_code = ExitCode.FAULT


class RulebookError(ReconError):
    """The configuration is wrong; the message starts with `file:line:column`."""

    exit_code = ExitCode.USAGE


class ParseError(ReconError):
    """An input cannot be read, or does not add up, and was refused whole."""

    exit_code = ExitCode.STOPPED


class GateBlocked(ReconError):
    """A gate or a verification found what must not be; nothing was published."""

    exit_code = ExitCode.STOPPED


class Gone(GateBlocked):
    """What is asked for was erased or retired: a person decided so, and nothing is damaged."""

    def __init__(self, place: str, decision: str) -> None:
        super().__init__(f"{place}: {decision}; nothing was read")
        self.decision = decision
        """By whom, when and why."""


class Rejected(ReconError):
    """The other side said no, or a control did; asking again will not help."""

    exit_code = ExitCode.REFUSED


class Unavailable(ReconError):
    """The other side is not there or busy; asking again may help. Only this is retried."""

    exit_code = ExitCode.NOT_NOW
