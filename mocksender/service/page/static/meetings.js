// The meetings of the service: a page of their list, and the one that the reader has
// chosen. Its buttons stand for what people do in browsers.
import { byID, counted, el, fill, refill, throttled, time, visible } from "./dom.js";
import { call } from "./api.js";
import { Form } from "./form.js";

const pageSize = 20;
const shownEvents = 12;

const key = (m) => JSON.stringify([m.account_id, m.app_id, m.id]);
const path = (m) => `meetings/${encodeURIComponent(m.id)}`;
const query = (values) => new URLSearchParams(values).toString();
const active = (r) => r.status === "RECORDING" || r.status === "PAUSED";

function state(m) {
  const closed = m.status === "INACTIVE" ? ", inactive" : "";
  if (m.session) return `live, ${m.session.live_participants || "nobody"} inside${closed}`;
  return (m.sessions ? "ended" : "not started") + closed;
}

function stateOf(m) {
  return el("span", { class: "state", "data-state": m.session ? "live" : null }, state(m));
}

// about names the settings that differ from those of most meetings.
function about(m) {
  return [
    m.record_on_start && "recorded from the start", m.live_stream_on_start && "streamed from the start",
    m.transcribe_on_end && "a transcript in the end", m.summarize_on_end && "a summary in the end",
    m.session_keep_alive_time_in_secs > 0 && `kept alive for ${m.session_keep_alive_time_in_secs} s`,
  ].filter(Boolean).join(", ");
}

export class Meetings {
  #deliveries;
  #side;
  #open;
  #find;
  #listed = [];
  #total = 0;
  #offset = 0;
  #chosen = null;
  #asked = 0;
  #caused = null; // by the last click

  // deliveries is the store and side knows the webhooks. open shows a delivery, find
  // lists the deliveries that have a text, and emit lets the reader emit an event in a
  // meeting.
  constructor(deliveries, side, open, find, emit) {
    this.#deliveries = deliveries;
    this.#side = side;
    this.#open = open;
    this.#find = find;
    const created = new Form(byID("create-form"), (values) => this.#create(values));
    const again = throttled(() => this.again());
    const first = () => {
      this.#offset = 0;
      again();
    };
    const on = (id, event, f) => byID(id).addEventListener(event, f);
    on("new-meeting", "click", () => created.toggle());
    on("meeting-search", "input", first);
    on("live-only", "change", first);
    on("newer", "click", () => this.#turn(-pageSize));
    on("older", "click", () => this.#turn(pageSize));
    on("first-webhook", "click", () => side.register());
    on("later-webhook", "click", () => side.register());
    on("first-meeting", "click", () => created.toggle(true));
    on("door", "submit", (e) => {
      e.preventDefault();
      this.#join();
    });
    on("leave", "click", () => this.#leave(byID("who").value.trim() ? { name: byID("who").value.trim() } : {}, byID("who").value.trim() || "Who came last"));
    on("end", "click", () => this.#door("The host ends the session", "end"));
    on("record", "click", (e) => this.#door(e.target.textContent, "record", { action: e.target.value }));
    on("pause", "click", (e) => this.#door(e.target.textContent, "record", { action: e.target.value }));
    on("stream", "click", (e) => this.#door(e.target.textContent, "livestream", { action: e.target.value }));
    on("emit-here", "click", () => emit(this.#chosen));
    on("all-events", "click", () => this.#find(this.#chosen.id));
  }

  // again gets the page of the list, and the chosen meeting, as they are now.
  async again() {
    const asked = ++this.#asked;
    const search = byID("meeting-search").value.trim();
    const live = byID("live-only").checked;
    let chosen = null;
    let list;
    try {
      list = await call("GET", `meetings?${query({ limit: pageSize, offset: this.#offset, search, live })}`);
      if (this.#chosen && (list.total || search || live)) chosen = list.meetings.find((m) => key(m) === key(this.#chosen)) ?? await this.#fetch(this.#chosen);
    } catch (e) {
      this.#side.say(`The meetings cannot be shown: ${e.message}`);
      return;
    }
    if (asked !== this.#asked) return; // a newer answer comes
    if (!list.meetings.length && this.#offset > 0) { // fewer than before
      this.#offset = 0;
      await this.again();
      return;
    }
    this.#listed = list.meetings;
    this.#total = list.total;
    this.#choose(chosen ?? list.meetings[0] ?? null);
    this.#drawList(search || live);
  }

  // fetch returns a meeting that is not on the page of the list, or null if it is gone.
  async #fetch(m) {
    try {
      return await call("GET", `${path(m)}?${query({ account_id: m.account_id, app_id: m.app_id })}`);
    } catch (e) {
      if (e.status === 404) return null;
      throw e;
    }
  }

  #turn(by) {
    this.#offset = Math.max(0, this.#offset + by);
    this.again();
  }

  #choose(m) {
    if (!m || !this.#chosen || key(m) !== key(this.#chosen)) {
      this.#caused = null;
      byID("who").value = "";
    }
    this.#chosen = m;
    this.draw();
  }

  #drawList(selected) {
    const none = !this.#total && !selected;
    byID("first-steps").hidden = !none;
    byID("meeting-tools").hidden = none;
    byID("meeting-lists").hidden = none;
    byID("no-match").hidden = this.#total > 0 || none;
    const to = Math.min(this.#total, this.#offset + this.#listed.length);
    byID("meeting-count").textContent = this.#total > pageSize ? `${(this.#offset + 1).toLocaleString()} to ${to.toLocaleString()} of ${this.#total.toLocaleString()}` : counted(this.#total, "meeting");
    byID("newer").hidden = byID("older").hidden = this.#total <= pageSize;
    byID("newer").disabled = this.#offset === 0;
    byID("older").disabled = to >= this.#total;
    const apps = new Set(this.#listed.map((m) => `${m.account_id} / ${m.app_id}`));
    refill(byID("meetings"), this.#listed.map((m) => el("li", {},
      el("button", {
        type: "button", class: "choice", "data-key": key(m), "aria-pressed": String(this.#chosen && key(m) === key(this.#chosen)),
        click: () => {
          this.#choose(m);
          this.#drawList(selected);
          byID("meeting").scrollIntoView({ block: "nearest" });
          this.again();
        },
      }, el("b", {}, visible(m.title)), stateOf(m), el("code", {}, visible(m.id)), apps.size > 1 && el("span", { class: "muted" }, visible(`${m.account_id} / ${m.app_id}`))))));
  }

  // draw shows the chosen meeting.
  draw() {
    const m = this.#chosen;
    const hooked = this.#side.hooked;
    byID("first-webhook").hidden = hooked;
    byID("first-done").hidden = !hooked;
    byID("no-hook").hidden = hooked || !m;
    byID("meeting").hidden = !m;
    if (!m) return;
    const focused = byID("meeting").contains(document.activeElement);
    const live = Boolean(m.session);
    fill(byID("meeting-title"), visible(m.title));
    fill(byID("meeting-about"), stateOf(m), " ", el("code", {}, visible(m.id)), about(m) && ` ${about(m)}`);
    this.#drawPeople(m);
    const recording = m.recordings.findLast(active);
    const set = (id, label, action, usable) => {
      byID(id).textContent = label;
      byID(id).value = action;
      byID(id).disabled = !usable;
    };
    byID("end").disabled = !live;
    set("record", recording ? "Stop recording" : "Start recording", recording ? "stop" : "start", live || recording);
    set("stream", m.livestream ? "Stop livestream" : "Start livestream", m.livestream ? "stop" : "start", live);
    byID("pause").hidden = !recording;
    if (recording) set("pause", recording.status === "PAUSED" ? "Resume recording" : "Pause recording", recording.status === "PAUSED" ? "resume" : "pause", true);
    refill(byID("recordings"), m.recordings.toReversed().map((r) => this.#recording(r)));
    this.#drawArtifacts(m);
    this.drawEvents();
    // What had the focus may be gone, or of no use any more.
    if (focused && (document.activeElement === document.body || document.activeElement.disabled)) byID("meeting-title").focus({ preventScroll: true });
  }

  #drawPeople(m) {
    const more = (m.session?.live_participants ?? 0) - m.present.length;
    refill(byID("people"), m.present.map((one) => el("li", {}, el("button", {
      type: "button", "data-key": one.custom_participant_id, title: `Let this participant leave: ${one.custom_participant_id}`,
      click: () => this.#leave({ custom_participant_id: one.custom_participant_id }, one.name),
    }, visible(one.name), el("span", { class: "unseen" }, " leaves"), el("span", { "aria-hidden": "true" }, " ×")))),
    more > 0 && el("li", { class: "muted" }, `and ${more.toLocaleString()} who came before them`));
    const empty = m.session ? "Nobody is inside. The session lives on until its keep-alive is over." : "Nobody is inside. The first who joins starts a session.";
    byID("nobody").textContent = m.present.length ? "" : m.status === "INACTIVE" ? "The meeting is inactive: nobody can join." : empty;
    byID("leave").disabled = !m.present.length;
  }

  #recording(r) {
    const look = { UPLOADED: "delivered", ERRORED: "failed" }[r.status] ?? "pending";
    const next = active(r) ? "UPLOADING" : r.status === "UPLOADING" ? "UPLOADED" : null;
    const to = (status, label) => el("button", {
      type: "button", "data-key": `${r.id} ${status}`,
      click: () => this.#cause(`Recording ${status}`, `recordings/${encodeURIComponent(r.id)}/advance`, { status }),
    }, label);
    return el("li", { class: "recording" }, "Recording ", el("code", { title: r.id }, visible(r.id.slice(0, 8))), " ",
      el("span", { class: "state", "data-state": look }, r.status), next && to(next, `Advance to ${next}`), next && to("ERRORED", "Let it fail"));
  }

  // The chat, the transcript and the summary are of the last session that ended.
  #drawArtifacts(m) {
    const ended = m.sessions > (m.session ? 1 : 0);
    refill(byID("artifacts"), ended && ["chat", "transcript", "summary"].map((kind) => m.ready.includes(kind)
      ? el("span", { class: "muted" }, `${kind} is there`)
      : el("button", { type: "button", "data-key": kind, click: () => this.#door(`The ${kind} is ready`, `artifacts/${kind}`) }, `Make the ${kind}`)));
  }

  // drawEvents shows what the last click caused, and the last deliveries of the
  // meeting.
  drawEvents() {
    const m = this.#chosen;
    if (!m) return;
    const c = this.#caused;
    refill(byID("caused"), c && [el("b", {}, visible(c.what)), c.events?.length ? `: ${c.events.join(", ")}. ` : c.failed ? ": " : ". ",
      c.failed && el("span", { class: "no" }, visible(c.failed)), c.note && el("span", { class: "warn" }, visible(`${c.note}.`))]);
    const found = this.#deliveries.ofMeeting(m, shownEvents);
    byID("all-events").hidden = !found.length;
    byID("no-events").hidden = found.length > 0;
    refill(byID("events"), found.map((d) => el("li", { class: c && d.id > c.after ? "fresh" : null },
      el("div", {}, el("button", { type: "button", class: "link", "data-key": d.id, click: () => this.#open(d.id) }, d.event), time(d.emitted_at)),
      el("div", {}, el("span", { class: "muted" }, "to ", visible(this.#side.name(d.webhook_id) || d.url)),
        el("span", { class: "state", "data-state": d.state }, d.status ? `${d.state} ${d.status}` : d.state)))));
  }

  async #create(given) {
    const made = await call("POST", "meetings", given);
    byID("meeting-search").value = "";
    byID("live-only").checked = false;
    this.#offset = 0;
    this.#choose(made);
    await this.again();
    byID("who").focus();
  }

  #join() {
    const name = byID("who").value.trim();
    byID("who").value = "";
    return this.#door(`${name || "Somebody new"} joins`, "join", name ? { name } : {});
  }

  #leave(who, name) {
    byID("who").value = "";
    return this.#door(`${name} leaves`, "leave", who);
  }

  #door(what, door, body) {
    return this.#cause(what, `${path(this.#chosen)}/${door}`, body);
  }

  // cause calls a door of the chosen meeting, and shows what that caused.
  async #cause(what, to, body = {}) {
    const m = this.#chosen;
    const caused = { what, after: this.#deliveries.newest };
    try {
      const answer = await call("POST", to, { ...body, account_id: m.account_id, app_id: m.app_id });
      Object.assign(caused, { events: answer.events, note: answer.note });
    } catch (e) {
      caused.failed = e.message;
    }
    if (key(m) === key(this.#chosen ?? m)) this.#caused = caused;
    await this.again();
  }
}
