"use strict";
// The package in CommonJS.
const assert = require("node:assert/strict");
const { test } = require("node:test");
const rtkmock = require("rtkmock");

test("require and import give the same", async () => {
  const imported = await import("rtkmock");
  assert.deepEqual(Object.keys(rtkmock).sort(), Object.keys(imported).filter((name) => !["default", "module.exports"].includes(name)).sort());
  for (const name of Object.keys(rtkmock)) assert.equal(imported[name], rtkmock[name], name);
});

test("it starts and stops", async () => {
  const rtk = await rtkmock.start();
  assert.equal((await fetch(rtk.keyUrl)).status, 200);
  await rtk.stop();
  assert.match(require("rtkmock/package.json").version, /^\d/);
});
