// One delivery: what was sent and answered, and a way to send it again.
import { body, curl, headFields } from "./bytes.js";
import { call } from "./api.js";
import { code, counted, el, fill, time, took, visible } from "./dom.js";

function fields(list) {
  return el("table", { class: "fields" }, el("tbody", {}, list.map(([name, value]) =>
    el("tr", {}, el("th", { scope: "row" }, visible(name)), el("td", {}, visible(value))))));
}

function fact(name, ...value) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value));
}

// outcome says in a few words how an attempt ended.
export function outcome(a) {
  if (a.status) return `${a.status}`;
  return a.class || (a.error ? "error" : "–");
}

function attempt(d, a, last) {
  const answered = a.status ? `answered ${a.status}` : a.error || "no answer";
  const sent = a.body ?? d.body ?? "";
  const answer = Object.entries(a.header ?? {}).flatMap(([name, values]) => values.map((v) => [name, v]));
  return el("details", { class: "attempt", open: last },
    el("summary", {},
      el("b", {}, `attempt ${a.n}`), " ", time(a.at), " ",
      el("span", { class: "got" }, visible(answered)), ` in ${took(a.took_ms)} `,
      a.reached && el("span", { class: a.verified ? "yes" : "no" }, a.verified ? "signature verified" : "signature does not verify")),
    a.fault && el("p", {}, "injected fault: ", visible(a.fault), a.target_status ? `; the target answered ${a.target_status}` : ""),
    a.resent && el("p", {}, "sent twice: the idle connection ended at that moment"),
    !a.reached && el("p", {}, "it did not reach the target"),
    el("h4", {}, "Sent"), fields(headFields(a.head)),
    a.body && el("div", {}, el("p", {}, "with another body, changed after signing:"), body(a.body)),
    a.status ? [
      el("h4", {}, "Answered"), fields([["status", String(a.status)], ...answer]),
      body(a.answer), a.truncated && el("p", { class: "muted" }, "the answer is longer; the rest was not kept"),
    ] : null,
    el("details", {}, el("summary", {}, "curl"), code(curl(d.url, a.head, sent))));
}

// Detail shows deliveries in box. say shows a failure to the reader.
export class Detail {
  #box;
  #say;
  #closed;
  #id = null;
  #asked = 0;

  constructor(box, say, closed) {
    this.#box = box;
    this.#say = say;
    this.#closed = closed;
  }

  get id() { return this.#id; }

  close() {
    this.#id = null;
    this.#asked++;
    this.#box.hidden = true;
    this.#closed();
  }

  // open shows the delivery and, if the reader asked for it, goes there.
  async open(id, go) {
    this.#id = id;
    const asked = ++this.#asked;
    let d;
    try {
      d = await call("GET", `deliveries/${id}`);
    } catch (e) {
      if (asked === this.#asked) this.#say(`Delivery ${id}: ${e.message}`);
      return;
    }
    if (asked !== this.#asked) return; // another one was opened meanwhile
    const opened = this.#opened();
    fill(this.#box, this.#content(d));
    if (opened) for (const [i, one] of [...this.#box.querySelectorAll(".attempt")].entries()) one.open = opened[i] ?? one.open;
    this.#box.hidden = false;
    if (go) {
      this.#box.querySelector("h2").focus({ preventScroll: true });
      this.#box.scrollIntoView({ block: "nearest" });
    }
  }

  // again shows the present state of the open delivery.
  again() {
    if (this.#id !== null) this.open(this.#id, false);
  }

  // opened is which attempts are open, if the box shows the same delivery.
  #opened() {
    const shown = this.#box.querySelector("h2")?.dataset.id;
    if (shown !== String(this.#id)) return null;
    return [...this.#box.querySelectorAll(".attempt")].map((one) => one.open);
  }

  #content(d) {
    const attempts = d.attempts ?? [];
    return [
      el("div", { class: "title" },
        el("h2", { tabindex: -1, "data-id": d.id }, `Delivery ${d.id}`),
        el("span", { class: "state", "data-state": d.state }, d.state),
        el("button", { type: "button", class: "close", click: () => this.close() }, "Close ", el("kbd", {}, "Esc"))),
      d.reason && el("p", {}, visible(d.reason)),
      el("dl", { class: "facts" },
        fact("event", d.event), fact("to", visible(d.url)), fact("rtk-uuid", el("code", {}, visible(d.uuid))),
        fact("webhook", el("code", {}, d.webhook_id)), d.meeting_id && fact("meeting", el("code", {}, visible(d.meeting_id))), fact("emitted", time(d.emitted_at)),
        d.ended_at && fact("ended", time(d.ended_at)), d.next_at && fact("next attempt", time(d.next_at)),
        d.resend_of && fact("resend of", `delivery ${d.resend_of}`), d.play && fact("play", `${d.play}`),
        d.mutations?.length && fact("changed after signing", d.mutations.join(", "))),
      el("p", { class: "buttons" },
        el("button", { type: "button", id: "resend", click: () => this.#resend(false) }, "Resend, same uuid"),
        el("button", { type: "button", click: () => this.#resend(true) }, "Resend, fresh uuid")),
      el("h3", {}, "Body"), body(d.body),
      el("h3", {}, counted(attempts.length, "attempt")),
      attempts.map((a, i) => attempt(d, a, i === attempts.length - 1)),
    ];
  }

  async #resend(fresh) {
    try {
      const made = await call("POST", `deliveries/${this.#id}/resend`, { new_uuid: fresh });
      this.#say(`Sent again as delivery ${made.id}.`);
      await this.open(made.id, true);
    } catch (e) {
      this.#say(`Not sent again: ${e.message}`);
    }
  }
}
