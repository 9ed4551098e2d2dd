// Puts rtkmock's REST API through every method of the official SDK's groups: each
// once with success, in the course of one meeting, and once with an error. The
// arguments are the base URL of the API and that of the control API, whose doors
// stand for browsers.
import assert from "node:assert/strict";
import Cloudflare from "cloudflare";

const [baseURL, control] = process.argv.slice(2);
const account_id = "023e105f4ecef8ad9ca31a8372d0c353";
const none = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e";
const kit = new Cloudflare({ baseURL, apiToken: "any", maxRetries: 0 }).realtimeKit;

const used = new Set(); // methods that succeeded
const refused = new Set(); // methods that were refused

// ok calls a method, and returns what it answers.
async function ok(group, method, ...args) {
  const answer = await kit[group][method](...args);
  assert.equal(answer.success, true, `${group}.${method}: ${JSON.stringify(answer)}`);
  used.add(`${group}.${method}`);
  return answer;
}

async function fails(status, group, method, ...args) {
  await assert.rejects(kit[group][method](...args), (e) => {
    assert.equal(e.status, status, `${group}.${method}: ${e.message}`);
    assert.equal(e.error.success, false);
    assert.equal(e.error.error.code, status);
    assert.equal(typeof e.error.error.message, "string");
    return true;
  });
  refused.add(`${group}.${method}`);
}

async function door(path, body = {}) {
  const answer = await fetch(`${control}/${path}`, { method: "POST", body: JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${text}`);
  return JSON.parse(text);
}

const time = (text) => assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

const app = (await ok("apps", "post", { account_id, name: "Clinic" })).data.app;
time(app.created_at);
assert.equal((await ok("apps", "get", { account_id, search: "clinic" })).data.length, 1);
const app_id = app.id;
const where = { account_id, app_id };

async function presets() {
  const config = {
    view_type: "GROUP_CALL", max_screenshare_count: 1, max_video_streams: { desktop: 4, mobile: 2 },
    media: { video: { quality: "hd", frame_rate: 30 }, screenshare: { quality: "hd", frame_rate: 5 } },
  };
  const ui = { design_tokens: { theme: "dark", border_radius: "rounded", border_width: "thin", spacing_base: 4, colors: {} } };
  const made = (await ok("presets", "create", app_id, { account_id, name: "host", config, ui })).data;
  assert.equal(made.permissions.transcription_enabled, true);
  const list = await ok("presets", "get", app_id, { account_id });
  assert.deepEqual(Object.keys(list.data[0]).sort(), ["created_at", "id", "name", "updated_at"]);
  assert.deepEqual((await ok("presets", "getPresetByID", made.id, where)).data, made);
  const edited = (await ok("presets", "update", made.id, { ...where, name: "presenter" })).data;
  assert.deepEqual(edited, { ...made, name: "presenter", updated_at: edited.updated_at });
  const replaced = (await ok("presets", "replacePresetByID", made.id, { ...where, name: "viewer", config, ui })).data;
  assert.equal(replaced.name, "viewer");
  await ok("presets", "delete", made.id, where);
  await fails(400, "presets", "create", app_id, { account_id, name: "host" });
  await fails(400, "presets", "get", app_id, { account_id, per_page: -1 });
  for (const method of ["getPresetByID", "delete"]) await fails(404, "presets", method, made.id, where);
  await fails(404, "presets", "update", made.id, { ...where, name: "x" });
  await fails(404, "presets", "replacePresetByID", made.id, { ...where, name: "x", config, ui });
}

async function meeting() {
  const wanted = { title: "Standup", transcribe_on_end: true, summarize_on_end: true, ai_config: { summarization: { text_format: "markdown" } } };
  const made = (await ok("meetings", "create", app_id, { account_id, ...wanted })).data;
  assert.deepEqual({ ...made, ...wanted, status: "ACTIVE" }, made);
  time(made.created_at);
  const list = await ok("meetings", "get", app_id, { account_id, search: "standup", status: "ACTIVE", per_page: 1, page_no: 1 });
  assert.deepEqual(list.paging, { total_count: 1, start_offset: 1, end_offset: 1 });
  assert.equal(list.data[0].id, made.id);
  assert.deepEqual((await ok("meetings", "getMeetingByID", made.id, where)).data, made);
  const inactive = (await ok("meetings", "updateMeetingByID", made.id, { ...where, status: "INACTIVE" })).data;
  assert.deepEqual(inactive, { ...made, status: "INACTIVE", updated_at: inactive.updated_at });
  await fails(409, "meetings", "addParticipant", made.id, { ...where, custom_participant_id: "u-1", preset_name: "host" });
  await ok("meetings", "updateMeetingByID", made.id, { ...where, status: "ACTIVE" });
  const replaced = (await ok("meetings", "replaceMeetingByID", made.id, { ...where, ...wanted, title: "Daily" })).data;
  assert.equal(replaced.title, "Daily");
  await fails(400, "meetings", "create", app_id, { account_id, record_on_start: "yes" });
  await fails(400, "meetings", "get", app_id, { account_id, status: "OPEN" });
  await fails(404, "meetings", "getMeetingByID", none, where);
  await fails(404, "meetings", "updateMeetingByID", none, { ...where, title: "x" });
  await fails(404, "meetings", "replaceMeetingByID", none, { ...where, title: "x" });
  return made.id;
}

async function participants(meeting_id) {
  const at = { ...where, meeting_id };
  const made = (await ok("meetings", "addParticipant", meeting_id, { ...where, custom_participant_id: "u-1", preset_name: "host", name: "Mary" })).data;
  const [header, claims] = made.token.split(".").slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url")));
  assert.equal(header.alg, "RS256");
  assert.equal(claims.iss, "rtkmock");
  assert.deepEqual([claims.meetingId, claims.participantId], [meeting_id, made.id]);
  const { token, ...shown } = made;
  assert.deepEqual((await ok("meetings", "getMeetingParticipants", meeting_id, where)).data, [shown]);
  assert.deepEqual((await ok("meetings", "getMeetingParticipant", made.id, at)).data, shown);
  const edited = (await ok("meetings", "editParticipant", made.id, { ...at, name: "Mary Sue" })).data;
  assert.equal(edited.name, "Mary Sue");
  assert.notEqual((await ok("meetings", "refreshParticipantToken", made.id, at)).data.token, token);
  const other = (await ok("meetings", "addParticipant", meeting_id, { ...where, custom_participant_id: "u-2", preset_name: "guest" })).data;
  const deleted = (await ok("meetings", "deleteMeetingParticipant", other.id, at)).data;
  assert.equal(deleted.custom_participant_id, "u-2");
  await fails(404, "meetings", "getMeetingParticipants", none, where);
  for (const method of ["getMeetingParticipant", "refreshParticipantToken", "deleteMeetingParticipant"]) await fails(404, "meetings", method, other.id, at);
  await fails(404, "meetings", "editParticipant", other.id, { ...at, name: "x" });
  return made.id;
}

async function live(meeting_id, participant_id) {
  await fails(404, "activeSession", "getActiveSession", meeting_id, where);
  await fails(404, "activeSession", "kickAllParticipants", meeting_id, where);
  await fails(404, "activeSession", "kickParticipants", meeting_id, { ...where, participant_ids: [participant_id] });
  await fails(400, "activeSession", "createPoll", meeting_id, { ...where, question: "Coffee?", options: [] });
  await fails(404, "recordings", "startRecordings", app_id, { account_id, meeting_id });
  await fails(404, "recordings", "startTrackRecording", app_id, { account_id, meeting_id });
  await fails(404, "recordings", "getActiveRecordings", meeting_id, where);
  await fails(404, "livestreams", "startLivestreamingAMeeting", meeting_id, where);
  await fails(404, "livestreams", "getMeetingActiveLivestreams", meeting_id, where);
  await fails(404, "livestreams", "stopLivestreamingAMeeting", meeting_id, where);

  await door(`meetings/${meeting_id}/join`, { participant_id });
  await door(`meetings/${meeting_id}/join`, { name: "Bob" });
  const session = (await ok("activeSession", "getActiveSession", meeting_id, where)).data;
  assert.deepEqual([session.status, session.associated_id, session.live_participants, session.meeting_display_name], ["LIVE", meeting_id, 2, "Daily"]);
  const poll = (await ok("activeSession", "createPoll", meeting_id, { ...where, question: "Coffee?", options: ["yes", "no"] })).data.poll;
  assert.deepEqual(poll.options.map((o) => o.text), ["yes", "no"]);

  const recording = (await ok("recordings", "startRecordings", app_id, { account_id, meeting_id, max_seconds: 600 })).data;
  assert.equal(recording.start_reason.reason, "API_CALL");
  await fails(409, "recordings", "startRecordings", app_id, { account_id, meeting_id });
  assert.equal((await ok("recordings", "getActiveRecordings", meeting_id, where)).data.id, recording.id);
  for (const [action, status] of [["pause", "PAUSED"], ["resume", "RECORDING"], ["stop", "UPLOADING"]]) {
    assert.equal((await ok("recordings", "pauseResumeStopRecording", recording.id, { ...where, action })).data.status, status);
  }
  await fails(409, "recordings", "pauseResumeStopRecording", recording.id, { ...where, action: "stop" });
  const track = (await ok("recordings", "startTrackRecording", app_id, { account_id, meeting_id, layers: { speech: { media_kind: "audio" } } })).data.recording;
  await ok("recordings", "pauseResumeStopRecording", track.id, { ...where, action: "stop" });

  const stream = (await ok("livestreams", "startLivestreamingAMeeting", meeting_id, { ...where, name: "Town hall" })).data;
  await fails(409, "livestreams", "startLivestreamingAMeeting", meeting_id, where);
  const active = (await ok("livestreams", "getMeetingActiveLivestreams", meeting_id, where)).data;
  assert.deepEqual([active.id, active.name, active.status], [stream.id, "Town hall", "LIVE"]);
  assert.equal((await ok("livestreams", "getAllLivestreams", app_id, { account_id, status: "LIVE" })).data.length, 1);
  const whole = (await ok("livestreams", "getLivestreamSessionForLivestreamID", stream.id, where)).data;
  assert.equal(whole.livestream.meeting_id, meeting_id);
  assert.equal(typeof (await ok("livestreams", "getActiveLivestreamsForLivestreamID", stream.id, where)).data.session.ingest_seconds, "string");
  await ok("livestreams", "getLivestreamSessionDetailsForSessionID", whole.session.id, where);
  await ok("livestreams", "stopLivestreamingAMeeting", meeting_id, where);
  await fails(404, "livestreams", "getActiveLivestreamsForLivestreamID", stream.id, where);
  await fails(404, "livestreams", "getLivestreamSessionForLivestreamID", none, where);
  await fails(404, "livestreams", "getLivestreamSessionDetailsForSessionID", none, where);
  await fails(400, "livestreams", "getAllLivestreams", app_id, { account_id, status: "OPEN" });

  const kicked = (await ok("activeSession", "kickParticipants", meeting_id, { ...where, participant_ids: [participant_id] })).data;
  assert.equal(kicked.participants[0].id, participant_id);
  assert.equal((await ok("activeSession", "kickAllParticipants", meeting_id, where)).data.kicked_participants_count, 1);
  await door("wait");
  return [session.id, recording.id];
}

async function afterwards(meeting_id, session_id, recording_id, participant_id) {
  const list = await ok("sessions", "getSessions", app_id, { account_id, associated_id: meeting_id, status: "ENDED", sort_by: "minutesConsumed" });
  assert.deepEqual([list.data.sessions[0].id, list.paging.total_count], [session_id, 1]);
  const session = (await ok("sessions", "getSessionDetails", session_id, where)).data;
  assert.deepEqual([session.status, session.max_concurrent_participants], ["ENDED", 2]);
  time(session.ended_at);
  const all = (await ok("sessions", "getSessionParticipants", session_id, { ...where, include_peer_events: true })).data.participants;
  assert.deepEqual(all[0].peer_events.map((e) => e.event_name), ["PEER_CREATED", "PEER_JOINING", "PEER_LEAVING"]);
  assert.deepEqual([all[0].user_id, all[0].display_name, all[0].custom_participant_id], [participant_id, "Mary Sue", "u-1"]);
  const one = (await ok("sessions", "getSessionParticipantDetails", all[0].id, { ...where, session_id })).data.participant;
  assert.equal(one.user_id, participant_id);
  const chat = (await ok("sessions", "getSessionChat", session_id, where)).data;
  const transcript = (await ok("sessions", "getSessionTranscripts", session_id, { ...where, format: "VTT" })).data;
  const summary = (await ok("sessions", "getSessionSummary", session_id, where)).data;
  const recording = (await ok("recordings", "getOneRecording", recording_id, where)).data;
  assert.equal(recording.status, "UPLOADED");
  for (const [url, begins] of [
    [chat.chat_download_url, "["], [transcript.transcript_download_url, "WEBVTT"], [summary.summaryDownloadUrl, ""], [recording.download_url, ""],
  ]) {
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
    assert.ok(bytes.length > 0 && bytes.toString("latin1").startsWith(begins), url);
    if (url === recording.download_url) assert.equal(bytes.length, recording.file_size);
  }
  const recordings = await ok("recordings", "getRecordings", app_id, { account_id, meeting_id, status: ["UPLOADED"], sort_by: "invokedTime" });
  assert.equal(recordings.data.find((r) => r.id === recording_id).meeting.id, meeting_id);
  assert.equal((await ok("sessions", "generateSummaryOfTranscripts", session_id, where)).data.session_id, session_id);

  for (const method of ["getSessionDetails", "getSessionParticipants", "getSessionChat", "getSessionTranscripts", "getSessionSummary", "generateSummaryOfTranscripts"]) {
    await fails(404, "sessions", method, none, where);
  }
  await fails(404, "sessions", "getSessionParticipantDetails", none, { ...where, session_id });
  await fails(400, "sessions", "getSessions", app_id, { account_id, status: "OPEN" });
  await fails(404, "recordings", "getOneRecording", none, where);
  await fails(404, "recordings", "pauseResumeStopRecording", none, { ...where, action: "stop" });
  await fails(400, "recordings", "getRecordings", app_id, { account_id, status: ["DONE"] });
  await fails(404, "meetings", "addParticipant", none, { ...where, custom_participant_id: "u-1", preset_name: "host" });
}

await presets();
const meeting_id = await meeting();
const participant_id = await participants(meeting_id);
const [session_id, recording_id] = await live(meeting_id, participant_id);
await afterwards(meeting_id, session_id, recording_id, participant_id);
await fails(400, "apps", "post", { account_id, name: "" });
await fails(400, "apps", "get", { account_id, page_no: 0 });

// What is not built says so.
await fails(501, "sessions", "getParticipantDataFromPeerID", none, where);
for (const method of ["getOrgAnalytics", "getLivestreamAnalyticsComplete", "getLivestreamAnalyticsDaywise"]) {
  await fails(501, "livestreams", method, app_id, { account_id });
}
await fails(501, "analytics", "getOrgAnalytics", app_id, { account_id });
const unbuilt = new Set([
  "sessions.getParticipantDataFromPeerID", "livestreams.getOrgAnalytics", "livestreams.getLivestreamAnalyticsComplete",
  "livestreams.getLivestreamAnalyticsDaywise", "analytics.getOrgAnalytics",
]);

// Nothing that the SDK has was left out.
for (const group of ["apps", "presets", "meetings", "activeSession", "sessions", "recordings", "livestreams", "analytics"]) {
  for (let proto = Object.getPrototypeOf(kit[group]); proto && proto !== Object.prototype; proto = Object.getPrototypeOf(proto)) {
    for (const method of Object.getOwnPropertyNames(proto)) {
      const name = `${group}.${method}`;
      if (method === "constructor") continue;
      assert.ok(unbuilt.has(name) || used.has(name), `${name} was not used`);
      assert.ok(refused.has(name), `${name} was not refused`);
    }
  }
}
console.log("ok");
