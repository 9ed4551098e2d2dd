"""Fetches a URL with one of Python's clients, and prints the answer."""
import sys

client, url = sys.argv[1:]


def use_urllib():
    import urllib.request
    return urllib.request.urlopen(url, timeout=10).read().decode()


def use_http_client():
    import http.client
    import urllib.parse
    parts = urllib.parse.urlsplit(url)
    conn = http.client.HTTPSConnection(parts.hostname, timeout=10)
    conn.request("GET", parts.path)
    return conn.getresponse().read().decode()


def use_requests(trust_env=True):
    import requests
    session = requests.Session()
    session.trust_env = trust_env
    return session.get(url, timeout=10).text


def use_httpx(trust_env=True):
    import httpx
    return httpx.Client(trust_env=trust_env, timeout=10).get(url).text


def use_aiohttp():
    import aiohttp
    import asyncio

    async def get():
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.text()

    return asyncio.run(get())


print({
    "urllib": use_urllib,
    "http.client": use_http_client,
    "requests": use_requests,
    "requests-no-env": lambda: use_requests(trust_env=False),
    "httpx": use_httpx,
    "httpx-no-env": lambda: use_httpx(trust_env=False),
    "aiohttp": use_aiohttp,
}[client]())
