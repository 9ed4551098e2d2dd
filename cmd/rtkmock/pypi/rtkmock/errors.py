"""What can go wrong."""

from __future__ import annotations

__all__ = ["RtkmockError", "RtkmockTimeout", "RtkmockWarning"]


class RtkmockError(Exception):
    """rtkmock could not be started, has ended, or refused a call. The message says what was wrong.

    ``status`` is the HTTP status of a refused call, and 0 elsewhere.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class RtkmockTimeout(RtkmockError, TimeoutError):
    """Something did not happen in time."""


class RtkmockWarning(UserWarning):
    """Something happened that nobody gets, because no webhook is subscribed to it."""
