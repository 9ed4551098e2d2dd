"""What the control API answers. A test holds these types against its OpenAPI document.

Members of a base class are always there, the others where they have something to say.
"""

from __future__ import annotations

from typing import Any, Dict, List, Literal, TypedDict

__all__ = [
    "Attempt",
    "Clock",
    "Delivery",
    "DeliverySummary",
    "Emitted",
    "EventType",
    "Happened",
    "Health",
    "Key",
    "MeetingOverview",
    "State",
    "Webhook",
]

EventType = Literal[
    "meeting.started",
    "meeting.ended",
    "meeting.participantJoined",
    "meeting.participantLeft",
    "meeting.chatSynced",
    "recording.statusUpdate",
    "livestreaming.statusUpdate",
    "meeting.transcript",
    "meeting.summary",
]

#: pending: an attempt is under way or will follow. delivered: answered 2xx. failed: answered with
#: another status below 500, this is final. exhausted: no attempt is left. abandoned: the webhook or
#: the service ended before. not-tried: no attempt was allowed. dropped: a queue had no room.
State = Literal["pending", "delivered", "failed", "exhausted", "abandoned", "not-tried", "dropped"]


class _Webhook(TypedDict):
    account_id: str
    app_id: str
    id: str
    name: str
    url: str
    events: List[EventType]
    enabled: bool
    created_at: str
    updated_at: str


class Webhook(_Webhook, total=False):
    """A registration."""

    health: str
    pending: int


# A class cannot have a member of this name. It is the kind of network error.
_Class = TypedDict("_Class", {"class": str}, total=False)


class _DeliverySummary(TypedDict):
    id: int
    account_id: str
    app_id: str
    webhook_id: str
    url: str
    uuid: str
    event: EventType
    emitted_at: str
    state: State
    attempts: int
    status: int
    took_ms: float


class DeliverySummary(_DeliverySummary, _Class, total=False):
    """A delivery without its bytes. status, class, error and took_ms are the last attempt's; a status of 0: no answer."""

    meeting_id: str
    resend_of: int
    play: int
    mutations: List[str]
    reason: str
    next_at: str
    ended_at: str
    error: str


class _Attempt(TypedDict):
    n: int
    at: str
    head: Any
    reached: bool
    status: int
    took_ms: float
    verified: bool


class Attempt(_Attempt, _Class, total=False):
    """One try of a delivery: what was sent, and what was answered."""

    body: Any
    fault: str
    error: str
    header: Dict[str, List[str]]
    answer: Any
    truncated: bool
    target_status: int
    resent: bool


class _Delivery(TypedDict):
    id: int
    account_id: str
    app_id: str
    webhook_id: str
    url: str
    uuid: str
    event: EventType
    emitted_at: str
    state: State
    body: Any
    attempts: List[Attempt]


class Delivery(_Delivery, total=False):
    """A delivery with its attempts. Bytes are text if they are UTF-8, else {"base64": "…"}."""

    meeting_id: str
    resend_of: int
    play: int
    mutations: List[str]
    reason: str
    next_at: str
    ended_at: str
    faults: List[Dict[str, Any]]


class _Emitted(TypedDict):
    account_id: str
    app_id: str
    event: EventType
    meeting_id: str
    body: Any
    deliveries: List[DeliverySummary]
    unsubscribed: int


class Emitted(_Emitted, total=False):
    """An event that happened, and one delivery for each webhook that is subscribed to it."""

    made: bool
    note: str
    #: The body, parsed; None if it is no JSON. Only emit adds it.
    payload: Any


class _Happened(TypedDict):
    meeting_id: str
    session_id: str
    events: List[EventType]


class Happened(_Happened, total=False):
    """What was done in a meeting, and which events that caused, in their order."""

    participant: Dict[str, Any]
    recording: Dict[str, Any]
    made: bool
    note: str


class _MeetingOverview(TypedDict):
    account_id: str
    app_id: str
    id: str
    title: str
    status: str
    sessions: int
    present: List[Dict[str, Any]]
    recordings: List[Dict[str, Any]]
    ready: List[str]


class MeetingOverview(_MeetingOverview, total=False):
    """A meeting, as the REST API shows it, and who is in it."""

    session: Dict[str, Any]
    livestream: Dict[str, Any]


class Health(TypedDict):
    """How the service is doing."""

    status: Literal["ok"]
    quiet: bool
    webhooks: int
    pending: int
    playing: int
    over: Dict[str, int]
    forgotten: int
    last_id: int
    scale: float
    key_fault: str
    uptime_ms: int


class Key(TypedDict):
    """The signing key and its endpoint. fetches is how often the document was fetched."""

    fingerprint: str
    public_key: str
    fault: str
    fetches: int


class Clock(TypedDict):
    """The time scale of the waits between attempts, and the time in the meetings."""

    scale: float
    now: str
