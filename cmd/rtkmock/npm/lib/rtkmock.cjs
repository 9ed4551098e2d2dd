"use strict";

const { execFile } = require("node:child_process");
const { setTimeout: wait } = require("node:timers/promises");
const { promisify } = require("node:util");
const { App } = require("./app.cjs");
const { call } = require("./control.cjs");
const { RtkmockError, checkMembers } = require("./error.cjs");
const { Meeting } = require("./meeting.cjs");

/** All event types. */
const events = [
  "meeting.started",
  "meeting.ended",
  "meeting.participantJoined",
  "meeting.participantLeft",
  "meeting.chatSynced",
  "recording.statusUpdate",
  "livestreaming.statusUpdate",
  "meeting.transcript",
  "meeting.summary",
];

const endLimit = 200; // milliseconds
const page = 1000; // deliveries in an answer, as many as there may be

/** A stand-in for the service that is under way. Members of what is sent and answered have the names of the control API. */
class Rtkmock {
  #settings;
  #server; // the Child, if it was started here
  #stopped;
  #apps = new Set();
  #interception;

  /** settings are those of start that are needed later, and the path of the program. */
  constructor({ key_url, api_url, control_url }, settings, server) {
    this.keyUrl = key_url;
    this.apiUrl = api_url;
    this.controlUrl = control_url;
    this.#settings = settings;
    this.#server = server;
  }

  /** Brings it to the state in which start returns it. */
  async prepare() {
    const { timeScale, webhook, events: wanted, intercept } = this.#settings;
    if (timeScale !== undefined) await this.clock({ scale: timeScale });
    if (webhook !== undefined) await this.webhook(webhook, { events: wanted });
    if (intercept) this.#interception ??= await this.#variables(process.env);
  }

  /** Registers a webhook, for all events unless options name some. */
  webhook(url, options = {}) {
    return this.#call("webhook", "POST", "webhooks", { name: "app under test", url: String(url), ...options, events: options.events ?? events });
  }

  /** Makes an event happen. payload is its body, parsed. */
  async emit(event, options = {}) {
    const emitted = await this.#call("emit", "POST", "emit", { ...options, event });
    return { ...emitted, payload: typeof emitted.body === "string" ? JSON.parse(emitted.body) : undefined };
  }

  /** Makes a meeting, or finds the one with an id. */
  async meeting(how = {}) {
    const path = typeof how === "string" ? `meetings/${encodeURIComponent(how)}` : "meetings";
    const found = typeof how === "string" ? await this.#call("meeting", "GET", path) : await this.#call("meeting", "POST", path, how);
    return new Meeting(this.#call.bind(this), found);
  }

  /** Plays a scenario to its end: one of the library by its name, or one of your own. */
  async play(scenario, options = {}) {
    const { id } = await this.#call("play", "POST", "plays", { ...options, [typeof scenario === "string" ? "scenario" : "script"]: scenario });
    await this.waitQuiet();
    return this.#call("play", "GET", `plays/${id}`);
  }

  /** Deliveries in the order in which they were made, all unless filter selects some. */
  async deliveries(filter = {}) {
    const all = [];
    for (let before = filter.before; ; before = all.at(-1).id) {
      const query = Object.entries({ limit: page, ...filter, before }).filter(([, value]) => value !== undefined);
      const { deliveries } = await this.#call("deliveries", "GET", `deliveries?${new URLSearchParams(query)}`);
      all.push(...deliveries);
      if (filter.limit !== undefined || deliveries.length < page) return all.reverse();
    }
  }

  /** A delivery with its bytes, attempts and answers. */
  delivery(id) {
    return this.#call("delivery", "GET", `deliveries/${encodeURIComponent(id)}`);
  }

  /** Sends the bytes of a delivery again. */
  resend(id, options) {
    return this.#call("resend", "POST", `deliveries/${encodeURIComponent(id)}/resend`, options);
  }

  /** Waits until nothing is pending. It fails if that takes longer than timeout milliseconds, and names what is pending. */
  async waitQuiet({ timeout = 30_000, ...others } = {}) {
    checkMembers("waitQuiet", others, ["timeout"]);
    try {
      return await this.#call("waitQuiet", "POST", "wait", { timeout_ms: timeout });
    } catch (err) {
      if (err.status !== 504) throw err;
      const pending = await this.deliveries({ state: "pending", limit: 3 });
      const list = pending.map((d) => `${d.event} to ${d.url} (${lastAnswer(d)})`).join(", ");
      throw new RtkmockError(`waitQuiet: after ${timeout} ms still pending: ${list || "a play"}`, { status: 504 });
    }
  }

  /** Has the key endpoint fail, or work again: "none". */
  keyFault(fault) {
    return this.#call("keyFault", "PUT", "key", { fault });
  }

  /** Has the REST API fail, or work again: "none". */
  apiFault(fault) {
    return this.#call("apiFault", "PUT", "api", { fault });
  }

  /** The signing key, and how often it was fetched. */
  key() {
    return this.#call("key", "GET", "key");
  }

  /** Signs with a fresh key from now on. */
  rotateKey() {
    return this.#call("rotateKey", "POST", "key/rotate");
  }

  /** Scales the waits between attempts, or moves the time in the meetings. */
  clock(change) {
    return this.#call("clock", "PUT", "clock", change);
  }

  /** Any other call of the control API. */
  control(method, path, body) {
    return this.#call(`${method} ${path}`, method, path, body);
  }

  /** Removes all but the key, and is as start left it: its webhook is registered again. */
  async reset() {
    await this.#call("reset", "POST", "reset");
    await this.prepare();
  }

  /** The variables that the app under test needs: the URLs, and what leads the names of the service here. */
  env() {
    return {
      REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL: this.keyUrl,
      RTKMOCK_API_URL: this.apiUrl,
      RTKMOCK_CONTROL_URL: this.controlUrl,
      ...this.#interception,
    };
  }

  /** Starts the app under test with env(), and resolves when it listens. It ends with stop(), or with this process. */
  run(command, options = {}) {
    return this.#run("run", command, options, {});
  }

  /** Does as run does. The host names of the service, which the app may have in its source, lead here for it. */
  async withInterception(command, options = {}) {
    if (!this.#settings.intercept) throw new RtkmockError("withInterception: no name is answered here, want start({ intercept: true })");
    const variables = await this.#variables({ ...process.env, ...options.env });
    return this.#run("withInterception", command, options, variables);
  }

  async #run(verb, command, options, variables) {
    if (this.#stopped) throw new RtkmockError(`${verb}: stop() has been called`);
    const app = new App(verb, this.#settings.binary, command, options, { ...this.env(), ...variables });
    this.#apps.add(app);
    await app.listening();
    return app;
  }

  /** The variables that lead a program with this environment here. rtkmock knows them. */
  async #variables(env) {
    const args = ["intercept", "env", "--format", "github", "--from", new URL(this.controlUrl).origin];
    const { stdout } = await promisify(execFile)(this.#settings.binary, args, { env, maxBuffer: 1 << 20 }).catch((err) => {
      throw new RtkmockError(`intercept: ${err.stderr?.trim() || err.message}`, { cause: err });
    });
    return parseVariables(stdout);
  }

  /** Ends it, and the apps that it started. Nothing is left of them. */
  stop() {
    this.#stopped ??= (async () => {
      await Promise.all([...this.#apps].map((app) => app.stop()));
      await this.#server?.stop();
    })();
    return this.#stopped;
  }

  [Symbol.asyncDispose]() {
    return this.stop();
  }

  async #call(verb, ...request) {
    if (this.#stopped) throw new RtkmockError(`${verb}: stop() has been called`);
    try {
      return await call(verb, this.controlUrl, ...request);
    } catch (err) {
      // What does not answer may have just ended.
      const end = err.status === undefined && this.#server && (await Promise.race([this.#server.ended, wait(endLimit)]));
      if (!end) throw err;
      throw new RtkmockError(`${verb}: rtkmock has ended (${end.signal ?? `exit code ${end.code}`})`, { cause: err });
    }
  }
}

function lastAnswer(delivery) {
  if (delivery.attempts === 0) return "not tried yet";
  return `last answer ${delivery.status || delivery.class || "none"}`;
}

/** Reads lines as GitHub Actions has them: NAME=VALUE, or NAME<<END and the lines up to END. */
function parseVariables(text) {
  const found = {};
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const [, name, sign, rest] = /^(\w+)(=|<<)(.*)$/.exec(lines[i]) ?? [];
    if (sign === "=") found[name] = rest;
    if (sign !== "<<") continue;
    const end = lines.indexOf(rest, i + 1);
    found[name] = lines.slice(i + 1, end).join("\n");
    i = end;
  }
  return found;
}

module.exports = { Rtkmock, events, parseVariables };
