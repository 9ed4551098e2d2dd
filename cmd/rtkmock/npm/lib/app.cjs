"use strict";

const net = require("node:net");
const { setTimeout: wait } = require("node:timers/promises");
const { Child } = require("./child.cjs");
const { RtkmockError, checkMembers } = require("./error.cjs");

const pause = 25; // milliseconds between two looks at whether it listens

/** An app under test that was started here. */
class App {
  #verb;
  #child;
  #url;
  #timeout;

  constructor(verb, rtkmock, command, options, variables) {
    checkMembers(verb, options, ["cwd", "env", "log", "listens", "timeout"]);
    if (!Array.isArray(command) || command.length === 0 || !command.every((word) => typeof word === "string")) {
      throw new RtkmockError(`${verb}: found ${JSON.stringify(command)}, want an array such as ["node", "server.js"]`);
    }
    this.#verb = verb;
    this.#url = options.listens === undefined ? undefined : new URL(options.listens);
    this.#timeout = options.timeout ?? 30_000;
    const env = { ...process.env, ...options.env, ...variables };
    this.#child = new Child(rtkmock, command, { cwd: options.cwd, env, onOut: options.log, onErr: options.log });
  }

  /** What it has printed, or the end of it. */
  get output() {
    return this.#child.output;
  }

  /** Resolves when it has ended. Whoever asks waits for it, so this process does. */
  get ended() {
    this.#child.hold();
    return this.#child.ended;
  }

  /** Resolves when something listens at the address that options name. */
  async listening() {
    if (this.#url === undefined) return;
    const { hostname, protocol, port, origin } = this.#url;
    const address = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || (protocol === "https:" ? 443 : 80)) };
    let why;
    this.#child.ended.then(() => (why ??= "it has ended"), (err) => (why ??= err.message));
    const began = performance.now();
    for (let took = 0; !why && took < this.#timeout; took = performance.now() - began) {
      if (await keeps(address, took)) return;
      await wait(pause);
    }
    why ??= `not within ${this.#timeout} ms`;
    await this.stop();
    throw new RtkmockError(`${this.#verb}: nothing listens at ${origin}: ${why}\n${this.#child.lastWords()}`.trimEnd());
  }

  /** Ends it and all that it has started: asked first, then killed. */
  stop() {
    return this.#child.stop();
  }

  [Symbol.asyncDispose]() {
    return this.stop();
  }
}

/**
 * Resolves to whether a connection is accepted, and not ended at once. A proxy that publishes the port of a container accepts
 * it before anything listens there. It gets more time where the start took long, in milliseconds: the machine may be busy.
 */
function keeps(address, took) {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    const done = (is) => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", () => socket.setTimeout(Math.min(Math.max(took / 8, 25), 100)));
    socket.once("timeout", () => done(true)).once("data", () => done(true));
    socket.once("end", () => done(false)).once("error", () => done(false));
  });
}

module.exports = { App };
