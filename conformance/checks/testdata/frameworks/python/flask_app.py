"""python3 flask_app.py get-data|json-dumped|json-dumped-compact"""

import json
import os
import sys

from flask import Flask, Response, request

from respond import respond

app = Flask(__name__)
kinds = {
    "get-data": lambda: request.get_data(),
    # json.dumps writes ", " and ": ", and é as \u00e9.
    "json-dumped": lambda: json.dumps(request.json).encode(),
    "json-dumped-compact": lambda: json.dumps(request.json, separators=(",", ":")).encode(),
}


@app.post("/webhook")
def webhook():
    body = kinds[sys.argv[1]]()
    return Response(status=respond(body, request.headers.get("rtk-signature"), request.headers.get("rtk-uuid")))


app.run(host="127.0.0.1", port=int(os.environ["PORT"]), threaded=True)
