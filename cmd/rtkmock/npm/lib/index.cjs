"use strict";

const { mkdtempSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { setTimeout, clearTimeout } = require("node:timers");
const { binary } = require("./binary.cjs");
const { call } = require("./control.cjs");
const { Child } = require("./child.cjs");
const { RtkmockError, checkMembers } = require("./error.cjs");
const { Rtkmock, events } = require("./rtkmock.cjs");

const optionNames = ["webhook", "events", "intercept", "timeScale", "listen", "key", "seed", "flags", "log", "timeout", "binary"];

/** Starts a stand-in for the service, and resolves when it answers. */
async function start(options = {}) {
  checkMembers("start", options, optionNames);
  const program = options.binary ?? binary();
  const folder = options.intercept ? mkdtempSync(join(tmpdir(), "rtkmock-")) : undefined; // of the certificates
  let line = "";
  let heard;
  const address = new Promise((resolve) => (heard = resolve));
  const server = new Child(program, [program, "serve", "--output", "json", ...flagsOf(options, folder)], {
    folder,
    onOut: (text) => {
      line += text;
      if (line.includes("\n")) heard(line);
    },
    onErr: options.log,
  });
  const timeout = options.timeout ?? 30_000;
  let timer;
  try {
    const ready = await Promise.race([
      address,
      server.ended.then(() => {
        throw new RtkmockError(`start: ${server.lastWords().replace(/^rtkmock: /, "")}`);
      }),
      new Promise((_, reject) => {
        timer = setTimeout(() => reject(new RtkmockError(`start: no answer within ${timeout} ms\n${server.lastWords()}`.trimEnd())), timeout);
      }),
    ]);
    const rtk = new Rtkmock(JSON.parse(ready), { ...options, binary: program }, server);
    await rtk.prepare();
    return rtk;
  } catch (err) {
    await server.stop();
    throw err;
  } finally {
    clearTimeout(timer);
  }
}

/** The options that are flags of rtkmock serve. */
function flagsOf({ intercept, listen, key, seed, flags = [] }, folder) {
  const given = { listen, key, seed, "intercept-dir": folder };
  const hosts = (intercept && intercept.hosts) ?? [];
  return [
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`])),
    ...(intercept ? ["--intercept=always"] : []),
    ...hosts.map((host) => `--intercept-host=${host}`),
    ...flags,
  ];
}

/** Speaks to a stand-in that was started elsewhere. controlUrl is what rtkmock serve prints and gives to its command. */
async function connect(controlUrl) {
  if (!URL.canParse(controlUrl)) {
    throw new RtkmockError(`connect: found ${controlUrl}, want the URL of a control API, such as RTKMOCK_CONTROL_URL under "rtkmock serve -- COMMAND"`);
  }
  const control_url = String(controlUrl).replace(/\/$/, "");
  const { api_url } = await call("connect", control_url, "GET", "words");
  return new Rtkmock({ control_url, api_url, key_url: new URL("/.well-known/webhooks.json", api_url).href }, { binary: binary() });
}

module.exports = { start, connect, RtkmockError, events };
