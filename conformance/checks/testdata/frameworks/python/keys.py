"""The public key, as a careful receiver keeps it: fetched when it is needed, read
before it is kept, and fetched again when a signature does not fit."""

import base64
import json
import os
import threading
import time
import urllib.request

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

COOLDOWN = 0.2  # seconds between two fetches, so that forgeries cause few


class NoKey(Exception):
    """Nobody can tell a forgery now. The answer is a 5xx, so that it is sent again."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)
lock = threading.Lock()
key = None
fetched = 0.0


def genuine(body, header):
    try:
        signature = base64.b64decode(header, validate=True)
    except ValueError:
        return False
    held = key
    return fits(held, body, signature) or fits(newer_than(held), body, signature)


def fits(public_key, body, signature):
    if public_key is None:
        return False
    try:
        public_key.verify(signature, body, padding.PKCS1v15(), SHA256())
        return True
    except InvalidSignature:
        return False


def newer_than(held):
    """Return the key after a look at the key endpoint, unless somebody else has just looked."""
    global key, fetched
    with lock:
        if key is held and (key is None or time.monotonic() - fetched > COOLDOWN):
            try:
                key = fetch()
                fetched = time.monotonic()
            except Exception as err:
                if key is None:
                    raise NoKey(f"key document: {err}") from err
        return key


def fetch():
    until = time.monotonic() + 1.0  # for all of it: a time-out counts from byte to byte
    text = b""
    with opener.open(os.environ["REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"], timeout=1.0) as response:
        while piece := response.read1(1 << 16):
            text += piece
            if len(text) > 1 << 16 or time.monotonic() > until:
                raise ValueError("too large or too slow")
    document = json.loads(text)
    if not document.get("success"):
        raise ValueError("no success")
    fresh = load_pem_public_key(document["data"]["publicKey"].replace("\\n", "\n").encode())
    if not isinstance(fresh, rsa.RSAPublicKey):
        raise ValueError("no RSA key")
    return fresh
