// Calls to the control API of the server that serves the page.
import { Lines } from "./lines.js";

const base = "/_rtkmock/";
const tokenName = "rtkmock-control-token";

let token = null;
try { token = sessionStorage.getItem(tokenName); } catch { /* then the token lasts as long as the page */ }

// setToken sets the token of the control API. Only this tab keeps it.
export function setToken(text) {
  token = text;
  try { sessionStorage.setItem(tokenName, text); } catch { /* as above */ }
}

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// The server logs no reads of the page: it looks often.
function headers() {
  const own = { "Rtkmock-Page": "1" };
  return token ? { ...own, Authorization: `Bearer ${token}` } : own;
}

async function refusal(response) {
  let message = `the server answered ${response.status}`;
  try {
    const answer = await response.json();
    message = answer.error?.message ?? message;
  } catch { /* not in the API's form */ }
  return new Refused(response.status, message);
}

// call returns the JSON that a path answers. body is JSON text, or a value.
export async function call(method, path, body) {
  const options = { method, headers: headers(), cache: "no-store" };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = typeof body === "string" ? body : JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(base + path, options);
  } catch {
    throw new Refused(0, "the server cannot be reached");
  }
  if (!response.ok) throw await refusal(response);
  return response.json();
}

// Waits before the stream is opened again, in milliseconds.
const firstWait = 500;
const longestWait = 10000;

// stream calls heard with each update. It calls changed with "live", with "lost"
// and the reason if the server gave one, or with a Refused that only the reader of
// the page can solve. A lost stream is opened again. It is read with fetch, since
// an EventSource cannot send headers.
export async function stream(heard, changed) {
  for (let wait = firstWait; ; wait = Math.min(2 * wait, longestWait)) {
    try {
      const response = await fetch(`${base}events`, { headers: headers(), cache: "no-store" });
      if (!response.ok) throw await refusal(response);
      wait = firstWait;
      changed("live");
      await read(response.body, heard);
      changed("lost");
    } catch (e) {
      if (e instanceof Refused && (e.status === 401 || e.status === 403)) {
        changed(e);
        return;
      }
      changed("lost", e instanceof Refused ? e.message : "");
    }
    await new Promise((done) => setTimeout(done, wait));
  }
}

async function read(body, heard) {
  const lines = new Lines();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let data = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    for (const line of lines.take(value)) {
      if (line.startsWith("data:")) data += line.slice(5);
      if (line !== "" || data === "") continue;
      heard(JSON.parse(data));
      data = "";
    }
  }
}
