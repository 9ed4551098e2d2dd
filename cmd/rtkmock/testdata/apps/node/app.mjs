// A clinic's visits: see README.md beside this folder.
import { createPublicKey, verify } from "node:crypto";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import Cloudflare from "cloudflare";
import sqlite from "node-sqlite3-wasm";

const { PORT, ACCOUNT_ID: account_id, APP_ID: app_id, DATABASE } = process.env;
const kit = new Cloudflare().realtimeKit; // it reads CLOUDFLARE_API_TOKEN
const keyURL = "https://api.realtime.cloudflare.com/.well-known/webhooks.json";

rmSync(DATABASE + ".lock", { recursive: true, force: true }); // of a process that was killed; only one uses the file
const db = new sqlite.Database(DATABASE);
db.exec(`
  CREATE TABLE IF NOT EXISTS visits (
    meeting_id TEXT PRIMARY KEY, title TEXT, status TEXT DEFAULT 'planned',
    attended TEXT DEFAULT '[]', recording_bytes INTEGER DEFAULT 0, works INTEGER DEFAULT 0);
  CREATE TABLE IF NOT EXISTS inbox (uuid TEXT PRIMARY KEY, body TEXT, tries INTEGER DEFAULT 0, done INTEGER DEFAULT 0);
`);

async function plan({ title, guest }) {
  const meeting = (await kit.meetings.create(app_id, { account_id, title, record_on_start: true })).data;
  db.run("INSERT INTO visits (meeting_id, title) VALUES (?, ?)", [meeting.id, title]);
  const added = (await kit.meetings.addParticipant(meeting.id, {
    account_id, app_id, name: guest, custom_participant_id: `guest-${meeting.id}`, preset_name: "guest",
  })).data;
  return { meeting_id: meeting.id, participant_id: added.id, token: added.token };
}

async function fetchKey() {
  const answer = await fetch(keyURL, { signal: AbortSignal.timeout(2000) });
  const pem = (await answer.json()).data.publicKey.replaceAll("\\n", "\n");
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== "rsa") throw new Error(`the key is ${key.asymmetricKeyType}`);
  return key;
}

let cached, cachedAt; // the promise of a key: who comes meanwhile waits for the same fetch

function publicKey(maxAge) {
  if (!cached || Date.now() - cachedAt > maxAge) {
    [cached, cachedAt] = [fetchKey(), Date.now()];
    cached.catch(() => (cached = undefined));
  }
  return cached;
}

// The signature is over the bytes as they came. If it does not fit, the key may have
// changed: a key of the last second has the last word, so forgeries cause few fetches.
async function genuine(raw, signature) {
  for (const maxAge of [3_600_000, 1_000]) {
    if (verify("RSA-SHA256", raw, await publicKey(maxAge), Buffer.from(signature, "base64"))) return true;
  }
  return false;
}

// webhook answers as soon as the event is in the table. A delivery that came before
// has the same uuid, and changes nothing. What cannot be verified now is to come again.
async function webhook(raw, headers) {
  const signature = headers["rtk-signature"];
  if (!signature) return [401, { error: "no signature" }];
  let ok;
  try {
    ok = await genuine(raw, signature);
  } catch (e) {
    return [503, { error: `the key cannot be had: ${e.message}` }];
  }
  if (!ok) return [401, { error: "invalid signature" }];
  db.run("INSERT OR IGNORE INTO inbox (uuid, body) VALUES (?, ?)", [headers["rtk-uuid"], raw.toString()]);
  setImmediate(work);
  return [200, {}];
}

let working = false;

// work handles what is in the table and not done, also after a crash. What fails is
// tried again a few times, after the others.
async function work() {
  if (working) return;
  working = true;
  for (let row; (row = db.get("SELECT * FROM inbox WHERE done = 0 AND tries < 5 ORDER BY tries, rowid LIMIT 1")); ) {
    if (row.tries > 0) await sleep(1000);
    try {
      await handle(JSON.parse(row.body));
      db.run("UPDATE inbox SET done = 1 WHERE uuid = ?", [row.uuid]);
    } catch (e) {
      console.error(e.message);
      db.run("UPDATE inbox SET tries = tries + 1 WHERE uuid = ?", [row.uuid]);
    }
  }
  working = false;
}

async function handle(event) {
  const id = event.meeting?.id;
  switch (event.event) {
    case "meeting.started": // a retry may come after the end
      db.run("UPDATE visits SET status = 'live' WHERE meeting_id = ? AND status = 'planned'", [id]);
      break;
    case "meeting.ended": {
      const people = (await kit.sessions.getSessionParticipants(event.meeting.sessionId, { account_id, app_id })).data.participants;
      const names = JSON.stringify(people.map((p) => p.display_name));
      db.run("UPDATE visits SET status = 'ended', attended = ? WHERE meeting_id = ?", [names, id]);
      break;
    }
    case "recording.statusUpdate": {
      if (event.recording.status !== "UPLOADED") break;
      const recording = (await kit.recordings.getOneRecording(event.recording.id, { account_id, app_id })).data;
      const file = await fetch(recording.download_url);
      const bytes = Buffer.from(await file.arrayBuffer());
      if (!file.ok || bytes.length !== recording.file_size) throw new Error(`the recording is incomplete: ${file.status}, ${bytes.length} bytes`);
      db.run("UPDATE visits SET recording_bytes = ? WHERE meeting_id = ?", [bytes.length, id]);
    }
  }
  if (id) db.run("UPDATE visits SET works = works + 1 WHERE meeting_id = ?", [id]);
}

function status(id) {
  const visit = db.get("SELECT title, status, attended, recording_bytes, works FROM visits WHERE meeting_id = ?", [id]);
  return visit ? [200, { ...visit, attended: JSON.parse(visit.attended) }] : [404, { error: "no such visit" }];
}

async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    if ((size += chunk.length) > 1 << 20) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function route(request) {
  const raw = await read(request);
  if (!raw) return [413, { error: "too long" }];
  if (request.method === "POST" && request.url === "/webhook") return webhook(raw, request.headers);
  if (request.method === "POST" && request.url === "/visits") return [201, await plan(JSON.parse(raw))];
  if (request.method === "GET" && request.url.startsWith("/visits/")) return status(request.url.slice("/visits/".length));
  return [404, { error: "not found" }];
}

createServer(async (request, response) => {
  const [code, body] = await route(request).catch((e) => [500, { error: String(e) }]);
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
}).listen(PORT, "127.0.0.1", async () => {
  await kit.webhooks.createWebhook(app_id, {
    account_id, name: "visits", url: `http://127.0.0.1:${PORT}/webhook`,
    events: ["meeting.started", "meeting.participantJoined", "meeting.ended", "recording.statusUpdate"],
  });
  work();
  console.error("ready");
});
