"use strict";

const { spawn } = require("node:child_process");
const { rmSync } = require("node:fs");
const { constants } = require("node:os");
// As they are now: tests replace the global ones.
const { setTimeout, clearTimeout } = require("node:timers");
const { RtkmockError } = require("./error.cjs");

const windows = process.platform === "win32";
const grace = 5000; // milliseconds that a program has to end by itself
const keptOutput = 16 << 10; // characters

/**
 * A program under way, together with all that it has started. It runs under a supervisor, which rtkmock has inside and
 * which ends all of it as soon as this process is gone, however it went: the supervisor's standard input ends then. It does
 * not keep this process from ending, unless hold is called.
 */
class Child {
  #process;
  #command;

  /** What it has printed last. */
  output = "";
  /** Resolves once all of it has ended, to its exit code and signal, one of which is null. */
  ended;
  /** What ended resolves to, as soon as it does. */
  end;

  /**
   * rtkmock is the path of the program. onOut gets what the command prints on standard output, onErr on standard error.
   * folder is removed when it has ended.
   */
  constructor(rtkmock, command, { cwd, env = process.env, folder, onOut = () => {}, onErr = () => {} } = {}) {
    this.#command = command;
    this.#process = spawn(rtkmock, [], {
      argv0: "rtkmock: supervisor",
      cwd,
      env,
      stdio: windows ? ["pipe", "pipe", "pipe"] : ["pipe", "pipe", "pipe", "pipe"],
      detached: !windows, // a group of its own: a Ctrl-C is for the tests, which then end it
      windowsHide: true,
    });
    const [stdin, stdout, stderr] = this.#process.stdio;
    stdin.on("error", () => {}); // it has ended
    stdin.write(JSON.stringify({ args: command, remove: folder && [folder] }) + "\n");
    for (const [stream, heard] of [[stdout, onOut], [stderr, onErr]]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.output = (this.output + text).slice(-keptOutput);
        heard(text);
      });
    }
    this.ended = this.#awaitEnd().finally(() => folder && rmSync(folder, { recursive: true, force: true }));
    this.ended.then((end) => (this.end = end), () => {}); // whoever waits for it gets the error
    for (const handle of [this.#process, ...this.#process.stdio]) handle.unref();
  }

  async #awaitEnd() {
    const reports = this.#process.stdio[3];
    const [[code, killed], report] = await Promise.all([
      new Promise((resolve, reject) => {
        this.#process.once("error", (err) => reject(new RtkmockError(`${err.path}: ${err.message}`, { cause: err })));
        this.#process.once("exit", (...end) => resolve(end));
      }),
      reports ? read(reports) : "",
    ]);
    const { error, signal } = Object.assign({}, ...report.split("\n").filter(Boolean).map((line) => JSON.parse(line)));
    if (error) throw new RtkmockError(`${this.#command[0]} could not be started: ${error}`);
    if (!signal) return { code, signal: killed };
    return { code: null, signal: Object.keys(constants.signals).find((name) => constants.signals[name] === signal) };
  }

  /** Asks it to end, ends it if it has not within a few seconds, and resolves when nothing of it is left. */
  async stop() {
    if (this.#process.pid === undefined || this.end) return;
    const kill = () => this.#process.stdin.destroy();
    const timer = setTimeout(kill, windows ? 0 : grace); // Windows has no signal that asks
    if (!windows) signalGroup(this.#process.pid, "SIGTERM");
    this.hold(); // once the timer is over, nothing else does
    await this.ended.catch(() => {});
    clearTimeout(timer);
  }

  /** Keeps this process from ending before it. */
  hold() {
    this.#process.ref();
    this.#process.stdio[3]?.ref(); // its report may come after its end
  }

  /** What it said last, for an error. */
  lastWords() {
    return this.output.trimEnd().split("\n").slice(-5).join("\n");
  }
}

async function read(stream) {
  let text = "";
  for await (const chunk of stream) text += chunk;
  return text;
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (err) {
    if (err.code !== "ESRCH") throw err; // it has just ended
  }
}

module.exports = { Child };
