"""A stand-in for Cloudflare RealtimeKit, for tests of an app that receives its webhooks.

    import rtkmock

    with rtkmock.start(webhook="http://localhost:3000/webhook") as rtk:
        rtk.emit("meeting.started")
        rtk.wait_quiet()

pytest finds the fixture ``rtk`` by itself. For tests only: the keys are test keys.
"""

from .child import App
from .errors import RtkmockError, RtkmockTimeout, RtkmockWarning
from .meeting import Meeting
from .service import Fault, Rtkmock, connect, start
from .types import Attempt, Clock, Delivery, DeliverySummary, Emitted, EventType, Happened, Health, Key, MeetingOverview, State, Webhook

__all__ = [
    "App",
    "Attempt",
    "Clock",
    "Delivery",
    "DeliverySummary",
    "Emitted",
    "EventType",
    "Fault",
    "Happened",
    "Health",
    "Key",
    "Meeting",
    "MeetingOverview",
    "Rtkmock",
    "RtkmockError",
    "RtkmockTimeout",
    "RtkmockWarning",
    "State",
    "Webhook",
    "connect",
    "start",
]
