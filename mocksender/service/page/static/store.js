// The deliveries that the page knows: their summaries, newest first.
import { call } from "./api.js";

// most is how many are kept. The server may have older ones.
const most = 20000;
const pageSize = 1000;

export class Deliveries {
  #byID = new Map();
  #ids = []; // ascending
  #latest = new Map(); // by webhook: the newest that was tried
  #wanted = () => true;

  get size() { return this.#byID.size; }
  get newest() { return this.#ids.at(-1) ?? 0; }
  get(id) { return this.#byID.get(id); }

  put(summary) {
    const known = this.#byID.get(summary.id);
    // An update of a delivery may come before the list that has its older state.
    if (known && known.attempts > summary.attempts) return;
    if (known && known.state !== "pending" && summary.state === "pending") return;
    this.#byID.set(summary.id, summary);
    if (summary.attempts > 0 && summary.id >= (this.#latest.get(summary.webhook_id)?.id ?? 0)) {
      this.#latest.set(summary.webhook_id, summary);
    }
    if (known) return;
    const last = this.#ids.at(-1) ?? 0;
    this.#ids.push(summary.id);
    if (summary.id < last) this.#ids.sort((a, b) => a - b);
    if (this.#ids.length > most) {
      for (const id of this.#ids.splice(0, most / 10)) this.#byID.delete(id);
    }
  }

  clear() {
    this.#byID.clear();
    this.#ids = [];
    this.#latest.clear();
  }

  // latest returns the newest delivery to a webhook that was tried, if any.
  latest(webhook) { return this.#latest.get(webhook); }

  // load gets the deliveries of the server, newest first, as many as are kept.
  // It calls changed after each page.
  async load(changed) {
    let before = 0;
    for (let n = 0; n < most / pageSize; n++) {
      const { deliveries } = await call("GET", `deliveries?limit=${pageSize}${before ? `&before=${before}` : ""}`);
      for (const d of deliveries) this.put(d);
      changed();
      if (deliveries.length < pageSize) return;
      before = deliveries.at(-1).id;
    }
  }

  // filter selects what shown returns.
  filter({ event, state, webhook, play, text }) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.#wanted = (d) =>
      (!event || d.event === event) &&
      (!state || d.state === state) &&
      (!webhook || d.webhook_id === webhook) &&
      (!play || d.play === play) &&
      words.every((w) => `${d.id} ${d.uuid} ${d.event} ${d.meeting_id ?? ""} ${d.url} ${d.state} ${d.status || ""} ${d.reason ?? ""} ${d.error ?? ""}`.toLowerCase().includes(w));
  }

  // shown returns what the filter selects, newest first.
  shown() {
    const out = [];
    for (let i = this.#ids.length - 1; i >= 0; i--) {
      const d = this.#byID.get(this.#ids[i]);
      if (this.#wanted(d)) out.push(d);
    }
    return out;
  }

  // ofMeeting returns the newest deliveries of a meeting, so many at most.
  ofMeeting(m, most) {
    const out = [];
    for (let i = this.#ids.length - 1; i >= 0 && out.length < most; i--) {
      const d = this.#byID.get(this.#ids[i]);
      if (d.meeting_id === m.id && d.app_id === m.app_id && d.account_id === m.account_id) out.push(d);
    }
    return out;
  }

  // ofPlay returns the deliveries of a play, oldest first.
  ofPlay(id) {
    return this.#ids.map((n) => this.#byID.get(n)).filter((d) => d.play === id);
  }
}
