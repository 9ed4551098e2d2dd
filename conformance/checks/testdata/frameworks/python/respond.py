"""What all handlers do with a body and its headers. They differ in where the body
comes from, and that is what goes wrong."""

import json
import os
import re
import threading

import keys

FILE = os.environ["EFFECTS"]
lock = threading.Lock()
done = set()
if os.path.exists(FILE):
    with open(FILE) as effects:
        done.update(re.findall(r'"uuid": "([^"]+)"', effects.read()))


def respond(body, signature, uuid):
    """Return the status for a delivery with the signed bytes body."""
    if not signature:
        return 401
    try:
        if not keys.genuine(body, signature):
            return 401
    except keys.NoKey:
        return 503
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return 400
    take(event, uuid)
    return 200


def take(event, uuid):
    """Do the work of an event: a line in EFFECTS, once for each delivery."""
    if not uuid or not isinstance(event, dict) or not isinstance(event.get("event"), str):
        return
    with lock:
        if uuid in done:
            return
        with open(FILE, "a") as effects:
            effects.write(json.dumps({"uuid": uuid}) + "\n")
        done.add(uuid)
