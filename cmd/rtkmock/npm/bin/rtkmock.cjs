#!/usr/bin/env node
// Runs the rtkmock of this platform, as if it had been called itself: arguments, streams, exit code and signals are its own.
"use strict";

const { accessSync, constants, writeSync } = require("node:fs");
const { binary } = require("../lib/binary.cjs");

const harnessFailed = 4; // as rtkmock has it

function fail(problem) {
  writeSync(2, `rtkmock: ${problem}\n`);
  process.exit(harnessFailed);
}

function find() {
  try {
    const program = binary();
    accessSync(program, constants.X_OK);
    return program;
  } catch (err) {
    return fail(err.code === "EACCES" ? `${err.path}: it may not be executed; install the package again` : err.message);
  }
}

const program = find();
const args = process.argv.slice(2);
// Where Node can become another program, nothing stands between that and its caller.
if (process.execve && process.platform !== "win32") process.execve(program, [program, ...args], process.env);

const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
// A console of Windows sends them to both, and kill would end the child at once.
const pass = process.platform === "win32" ? () => {} : (signal) => child.kill(signal);
// Before it starts, so that none ends Node and leaves it alone.
for (const signal of signals) process.on(signal, pass);
const child = require("node:child_process").spawn(program, args, { stdio: "inherit" });
child.on("error", (err) => fail(`${program}: ${err.message}`));
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  for (const s of signals) process.removeListener(s, pass);
  process.exitCode = 128 + require("node:os").constants.signals[signal]; // if the signal does not end Node
  process.kill(process.pid, signal);
});
