"use strict";

/** A meeting in which people come and go. What happens in it causes the webhooks. */
class Meeting {
  #call;
  #app;

  constructor(call, { id, account_id, app_id }) {
    this.#call = call;
    this.#app = { account_id, app_id };
    this.id = id;
  }

  /** Somebody joins: a name, or an object that has one of name, custom_participant_id and participant_id. */
  join(who) {
    return this.#do("join", participant(who));
  }

  leave(who) {
    return this.#do("leave", participant(who));
  }

  end() {
    return this.#do("end");
  }

  record(action = "start") {
    return this.#do("record", { action });
  }

  livestream(action = "start") {
    return this.#do("livestream", { action });
  }

  /** The chat, the transcript or the summary becomes available. */
  artifact(kind) {
    return this.#do(`artifacts/${encodeURIComponent(kind)}`);
  }

  /** Moves a recording to its next status, or to another one. */
  advance(recording, status) {
    return this.#call("advance", "POST", `recordings/${encodeURIComponent(recording)}/advance`, { ...this.#app, status });
  }

  /** The meeting as it is now. */
  look() {
    return this.#call("look", "GET", `meetings/${encodeURIComponent(this.id)}?${new URLSearchParams(this.#app)}`);
  }

  #do(what, body) {
    return this.#call(what, "POST", `meetings/${encodeURIComponent(this.id)}/${what}`, { ...this.#app, ...body });
  }
}

const participant = (who) => (typeof who === "string" ? { name: who } : who);

module.exports = { Meeting };
