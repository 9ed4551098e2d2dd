"""The receiver of the Python recipe, at a fixed port."""

import os
import sys
from http.server import ThreadingHTTPServer

sys.path.insert(0, os.environ["CLONE"] + "/fixtures/recipes/python")
from receiver import handler

key_url = os.environ["REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"]
ThreadingHTTPServer(("127.0.0.1", 8000), handler(key_url, lambda event, uuid: None)).serve_forever()
