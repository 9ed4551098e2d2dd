"""A meeting, in which people come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Literal, Mapping, Optional, cast
from urllib.parse import quote

from .types import DeliverySummary, Emitted, EventType, Happened, MeetingOverview

if TYPE_CHECKING:
    from .service import Rtkmock

__all__ = ["Meeting"]


class Meeting:
    """A meeting. What happens in it causes the webhooks; the answers say which."""

    def __init__(self, rtk: Rtkmock, id: str, account_id: str, app_id: str) -> None:
        self._rtk, self.id = rtk, id
        self._app: Dict[str, Any] = {"account_id": account_id, "app_id": app_id}

    def join(
        self, name: Optional[str] = None, *, participant_id: Optional[str] = None, custom_participant_id: Optional[str] = None
    ) -> Happened:
        """Let somebody join, in a new session if none is live. Whom nobody knows is added."""
        return self._do("join", name=name, participant_id=participant_id, custom_participant_id=custom_participant_id)

    def leave(
        self, name: Optional[str] = None, *, participant_id: Optional[str] = None, custom_participant_id: Optional[str] = None
    ) -> Happened:
        """Let somebody leave; the last one ends the session. Without any name, who came last leaves."""
        return self._do("leave", name=name, participant_id=participant_id, custom_participant_id=custom_participant_id)

    def end(self) -> Happened:
        """Have the host end the session."""
        return self._do("end")

    def record(self, action: Literal["start", "stop", "pause", "resume"] = "start") -> Dict[str, Any]:
        """Start a recording, or stop, pause or resume the active one. Return it as the REST API shows it."""
        return cast(Dict[str, Any], self._do("record", action=action))

    def livestream(self, action: Literal["start", "stop"] = "start") -> Dict[str, Any]:
        """Start or stop the livestream. Return it as the REST API shows it."""
        return cast(Dict[str, Any], self._do("livestream", action=action))

    def artifact(self, kind: Literal["chat", "transcript", "summary"]) -> Happened:
        """Make the chat, the transcript or the summary of the session that has ended available."""
        return self._do(f"artifacts/{kind}")

    def advance(self, recording: str, status: Optional[Literal["UPLOADING", "UPLOADED", "ERRORED"]] = None) -> Happened:
        """Move the recording with this id to its next status, or to another one."""
        path = f"recordings/{quote(recording, safe='')}/advance"
        return cast(Happened, self._rtk._call("advance", "POST", path, {**self._app, "status": status}))

    def emit(self, event: EventType, set: Optional[Mapping[str, Any]] = None, **more: Any) -> Emitted:
        """Make one event of this meeting happen, as Rtkmock.emit does."""
        return self._rtk.emit(event, set, meeting_id=self.id, **self._app, **more)

    def deliveries(self, **filter: Any) -> List[DeliverySummary]:
        """Return the deliveries of this meeting's events, as Rtkmock.deliveries does."""
        return self._rtk.deliveries(meeting_id=self.id, **filter)

    def look(self) -> MeetingOverview:
        """Return the meeting as it is now, and who is in it."""
        return cast(MeetingOverview, self._rtk._call("look", "GET", f"meetings/{quote(self.id, safe='')}", query=self._app))

    def _do(self, what: str, **body: Optional[str]) -> Happened:
        return cast(Happened, self._rtk._call(what, "POST", f"meetings/{quote(self.id, safe='')}/{what}", {**self._app, **body}))

    def __repr__(self) -> str:
        return f"<meeting {self.id}>"
