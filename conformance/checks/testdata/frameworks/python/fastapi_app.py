"""python3 fastapi_app.py body|model|model-dumped|dict-dumped"""

import json
import os
import sys

import uvicorn
from fastapi import Body, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from respond import respond

app = FastAPI()


class Meeting(BaseModel):
    id: str
    title: str = ""


class Event(BaseModel):
    event: str
    meeting: Meeting


async def answer(body: bytes, request: Request) -> Response:
    headers = request.headers
    status = await run_in_threadpool(respond, body, headers.get("rtk-signature"), headers.get("rtk-uuid"))
    return Response(status_code=status)


async def body(request: Request):
    return await answer(await request.body(), request)


# FastAPI answers 422 to what is no such Event, and meeting.chatSynced has no meeting.
async def model(event: Event, request: Request):
    return await answer(await request.body(), request)


# What was signed is not what pydantic writes.
async def model_dumped(event: Event, request: Request):
    return await answer(event.json().encode(), request)


async def dict_dumped(request: Request, event: dict = Body(...)):
    return await answer(json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode(), request)


kinds = {"body": body, "model": model, "model-dumped": model_dumped, "dict-dumped": dict_dumped}
app.post("/webhook")(kinds[sys.argv[1]])
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
