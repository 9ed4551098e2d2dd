"""Calls of the control API of rtkmock serve."""

from __future__ import annotations

import http.client
import json
import os
import ssl
from typing import Any, Mapping, Optional
from urllib.parse import urlencode, urlsplit

from .errors import RtkmockError

__all__ = ["call"]


def call(verb: str, base: str, method: str, path: str, body: Optional[Mapping[str, Any]], query: Mapping[str, Any], timeout: float) -> Any:
    """Return the JSON of the answer. verb begins the text of errors. Members of body and query that are None are left out.

    Neither proxies nor libraries that tests replace come in between.
    """
    url = urlsplit(base)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=timeout)
    if url.scheme == "https":  # rtkmock's own certificate, at its own address
        connection = http.client.HTTPSConnection(str(url.hostname), url.port, timeout=timeout, context=ssl._create_unverified_context())
    headers = {"Content-Type": "application/json"}
    token = os.environ.get("RTKMOCK_CONTROL_TOKEN")  # as rtkmock serve reads it, and rtkmock meeting
    if token:
        headers["Authorization"] = f"Bearer {token}"
    asked = urlencode(_given(query))
    try:
        data = None if body is None else json.dumps(_given(body)).encode()
    except (TypeError, ValueError) as err:
        raise RtkmockError(f"{verb}: {err}") from err
    try:
        connection.request(method, f"{url.path}/{path}" + (f"?{asked}" if asked else ""), data, headers)
        response = connection.getresponse()
        text = response.read()
    except (OSError, http.client.HTTPException) as err:
        raise RtkmockError(f"{verb}: no answer from {url.netloc}: {str(err) or type(err).__name__}") from err
    finally:
        connection.close()
    try:
        answer = json.loads(text)
        problem = answer["error"]["message"] if response.status >= 400 else ""
    except (ValueError, LookupError, TypeError):
        raise RtkmockError(f"{verb}: {url.netloc} is no rtkmock: it answered {response.status} {text[:80]!r}", response.status) from None
    if problem:
        raise RtkmockError(f"{verb}: {problem}", response.status)
    return answer


def _given(members: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
