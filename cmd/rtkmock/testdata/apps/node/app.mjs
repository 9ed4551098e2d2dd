// A clinic's visits: see README.md beside this folder.
import { verify } from "node:crypto";
import { createServer } from "node:http";
import Cloudflare from "cloudflare";
import sqlite from "node-sqlite3-wasm";

const { PORT, ACCOUNT_ID: account_id, APP_ID: app_id, DATABASE } = process.env;
const kit = new Cloudflare().realtimeKit; // it reads CLOUDFLARE_API_TOKEN
const keyURL = "https://api.realtime.cloudflare.com/.well-known/webhooks.json";

const db = new sqlite.Database(DATABASE);
db.exec(`
  CREATE TABLE IF NOT EXISTS visits (
    meeting_id TEXT PRIMARY KEY, title TEXT, status TEXT DEFAULT 'planned',
    attended TEXT DEFAULT '[]', recording_bytes INTEGER DEFAULT 0, works INTEGER DEFAULT 0);
  CREATE TABLE IF NOT EXISTS inbox (uuid TEXT PRIMARY KEY, body TEXT, done INTEGER DEFAULT 0);
`);

async function plan({ title, guest }) {
  const meeting = (await kit.meetings.create(app_id, { account_id, title, record_on_start: true })).data;
  db.run("INSERT INTO visits (meeting_id, title) VALUES (?, ?)", [meeting.id, title]);
  const added = (await kit.meetings.addParticipant(meeting.id, {
    account_id, app_id, name: guest, custom_participant_id: `guest-${meeting.id}`, preset_name: "guest",
  })).data;
  return { meeting_id: meeting.id, participant_id: added.id, token: added.token };
}

let cached = { at: 0 };

async function publicKey(maxAge) {
  if (Date.now() - cached.at > maxAge) {
    const answer = await fetch(keyURL, { signal: AbortSignal.timeout(2000) });
    cached = { at: Date.now(), pem: (await answer.json()).data.publicKey };
  }
  return cached.pem;
}

// The signature is over the bytes as they came. If it does not fit, the key may have
// changed: a key of the last minute has the last word, so forgeries cause few fetches.
async function genuine(raw, signature) {
  for (const maxAge of [3_600_000, 60_000]) {
    const pem = await publicKey(maxAge);
    if (verify("RSA-SHA256", raw, pem, Buffer.from(signature, "base64"))) return true;
  }
  return false;
}

// webhook answers as soon as the event is in the table. A delivery that came before
// has the same uuid, and changes nothing.
async function webhook(raw, headers) {
  if (!(await genuine(raw, headers["rtk-signature"] ?? ""))) return [401, { error: "invalid signature" }];
  db.run("INSERT OR IGNORE INTO inbox (uuid, body) VALUES (?, ?)", [headers["rtk-uuid"], raw.toString()]);
  setImmediate(work);
  return [200, {}];
}

let working = false;

// work handles what is in the table and not done, also after a crash. What fails is
// tried again later.
async function work() {
  if (working) return;
  working = true;
  try {
    for (let row; (row = db.get("SELECT uuid, body FROM inbox WHERE done = 0 ORDER BY rowid LIMIT 1")); ) {
      await handle(JSON.parse(row.body));
      db.run("UPDATE inbox SET done = 1 WHERE uuid = ?", [row.uuid]);
    }
  } catch (e) {
    console.error(e);
    setTimeout(work, 1000);
  } finally {
    working = false;
  }
}

async function handle(event) {
  const id = event.meeting?.id ?? event.meetingId;
  db.run("UPDATE visits SET works = works + 1 WHERE meeting_id = ?", [id]);
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
}

function status(id) {
  const visit = db.get("SELECT title, status, attended, recording_bytes, works FROM visits WHERE meeting_id = ?", [id]);
  return visit ? [200, { ...visit, attended: JSON.parse(visit.attended) }] : [404, { error: "no such visit" }];
}

async function route(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
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
