// node refusals.mjs KIND: receivers that refuse genuine deliveries, each for another
// reason. What an answer says is worded as gateways, frameworks and people word it.
import { createPublicKey, verify } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { take } from "./lib/effects.mjs";
import { genuine } from "./lib/key.mjs";
import { respond } from "./lib/respond.mjs";

const json = (status, body, headers = {}) => [status, JSON.stringify(body), { "content-type": "application/json", ...headers }];
const html = (status, title, text) => [
  status,
  `<!DOCTYPE html><html><head><title>${title}</title><style>h1{font:2em serif}</style></head>` +
    `<body><h1>${title}</h1><p>${text}</p><hr><center>gateway/1.0</center></body></html>`,
  { "content-type": "text/html" },
];
const good = async (d) =>
  d.method === "POST" ? [await respond(d.body, d.headers["rtk-signature"], d.headers["rtk-uuid"])] : [405];

// done is what comes after a verification.
const done = (d) => {
  take(JSON.parse(d.body), d.headers["rtk-uuid"]);
  return [200];
};

// verified goes on with what follows only for a genuine event.
const verified = (follows) => async (d) => {
  try {
    if (!(await genuine(d.body, d.headers["rtk-signature"] ?? ""))) return json(401, { error: "invalid signature" });
  } catch (err) {
    return json(503, { error: err.message });
  }
  let event;
  try {
    event = JSON.parse(d.body);
  } catch {
    return json(400, { error: "no JSON" });
  }
  return follows(d, event);
};

// withKey verifies by a key that get finds, and by nothing else.
const withKey = (get, decode = (header) => Buffer.from(header, "base64")) => async (d) => {
  const header = d.headers["rtk-signature"];
  if (!header) return json(400, { error: "missing signature" });
  let ok = false;
  try {
    ok = verify("sha256", d.body, await get(), decode(header));
  } catch (err) {
    console.error(err.message);
  }
  return ok ? done(d) : json(401, { error: "invalid signature" });
};
const fetched = async () => (await fetch(process.env.REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL)).text();
const published = async () => JSON.parse(await fetched()).data.publicKey;

const kinds = {
  good,

  // Nothing looks at the signature yet.
  "other-path": (d) => (d.url.pathname === "/hooks/realtimekit" ? good(d) : json(404, { message: `Route POST:${d.url.pathname} not found` })),
  "other-method": () => [405, "Method Not Allowed", { allow: "GET, HEAD" }],
  "token-in-header": (d) => (d.headers["x-webhook-token"] === "t0ken" ? good(d) : json(401, { error: "missing x-webhook-token" })),
  "token-in-query": (d) => (d.url.searchParams.get("token") === "t0ken" ? good(d) : json(401, { error: "invalid token" })),
  "gateway-page": (d) =>
    d.headers["x-gateway-key"] ? good(d) : html(403, "Access denied", "You are not allowed to see this page. Sign in to your organization first."),

  // The signature is right, and what follows is not liked.
  "flat-meeting-id": verified((d, event) => (event.meetingId ? done(d) : json(422, { error: "meetingId is required" }))),
  "unknown-meeting": verified((d, event) =>
    (event.meeting?.id ?? event.meetingId) === "7c7a5a2e-50d6-4d0b-8a5c-2f1c3b8f6f10" ? done(d) : json(404, { error: "meeting not found" }),
  ),
  "some-events": verified((d, event) =>
    ["recording.statusUpdate", "meeting.ended"].includes(event.event) ? done(d) : json(400, { error: `unsupported event ${event.event}` }),
  ),

  // The answer says what it is.
  "too-large": (d) => (d.body.length < 100 ? good(d) : json(413, { message: "request entity too large", limit: 100 })),
  "bad-gateway": () => html(502, "502 Bad Gateway", "The upstream server refused the connection."),
  "gateway-timeout": () => html(504, "504 Gateway Time-out", "The upstream server did not answer in time."),
  "rate-limited": () =>
    json(429, { message: "Too many requests: 2 per minute" }, { "retry-after": "30", "ratelimit-limit": "2", "ratelimit-remaining": "0", "ratelimit-reset": "30" }),

  // The key was fetched, and is not what it is taken for.
  "document-as-pem": withKey(async () => createPublicKey(await fetched())),
  "flat-key": withKey(async () => createPublicKey(JSON.parse(await fetched()).publicKey)),
  "header-as-hex": withKey(published, (header) => Buffer.from(header, "hex")),
  "header-not-decoded": withKey(published, (header) => Buffer.from(header)),

  // The key was not fetched.
  pinned: withKey(() => process.env.PINNED_KEY),
  "key-in-file": withKey(async () => {
    const file = `${process.env.EFFECTS}.key.pem`;
    if (!existsSync(file)) writeFileSync(file, await published());
    return readFileSync(file);
  }),

  // No answer, or too early a one.
  hangs: verified(() => new Promise(() => {})),
  dies: verified((d, event) => json(200, { room: event.room.name })),

  // Good, until the key cannot be fetched: nobody catches that.
  "dies-without-key": async (d) => {
    const signature = Buffer.from(d.headers["rtk-signature"] ?? "", "base64");
    return verify("sha256", d.body, await published(), signature) ? good(d) : json(401, { error: "invalid signature" });
  },
};

const kind = kinds[process.argv[2]];
createServer(async (req, res) => {
  const chunks = [];
  try {
    for await (const chunk of req) chunks.push(chunk);
  } catch {
    return res.destroy(); // the body ended early
  }
  const { method, headers } = req;
  const [status, body, head] = await kind({ method, headers, url: new URL(req.url, "http://localhost"), body: Buffer.concat(chunks) });
  res.writeHead(status, head).end(body);
}).listen(process.env.PORT, "127.0.0.1");
