// Speaking to the control API of the server that the page came from.
import { Lines } from "./lines.js";

const base = "/_rtkmock/";
const tokenName = "rtkmock-control-token";

let token = null;
try { token = sessionStorage.getItem(tokenName); } catch { /* for this page only, then */ }

// setToken is for a control API that is guarded. It is kept for this tab alone.
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

function headers(more = {}) {
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
}

async function refusal(response) {
  let message = `the server answered ${response.status}`;
  try {
    const said = await response.json();
    message = said.error?.message ?? message;
  } catch { /* not in the API's form */ }
  return new Refused(response.status, message);
}

// call asks for what a path gives. body is JSON text, or a value to be made so.
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

// Waits between attempts to take up the stream again, in milliseconds.
const firstWait = 500;
const longestWait = 10000;

// stream calls heard with each update, and changed with "live", "lost" (and why,
// where the server says so) or a Refused that only the reader of the page can do something about. A stream
// that is lost is taken up again; it is read with fetch, as an EventSource has
// no headers.
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
