// The package as its users have it: installed from a tarball into this folder.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { connect, events, RtkmockError, start } from "rtkmock";
import { createApp } from "./app.mjs";

const require = createRequire(import.meta.url);
const { binary } = require("./node_modules/rtkmock/lib/binary.cjs");

describe("with one server for all", () => {
  let rtk, app;

  before(async () => {
    rtk = await start();
    app = await createApp({ keyUrl: rtk.keyUrl });
  });
  after(async () => {
    app.close();
    await rtk.stop();
  });
  beforeEach(async () => {
    await rtk.reset();
    await rtk.webhook(app.url);
    app.log.length = 0;
  });

  test("an event is delivered as it was set", async () => {
    const { payload, body, deliveries } = await rtk.emit("meeting.ended", { set: { "meeting.title": "Zoë 𝄞" }, meeting_id: "m-1" });
    assert.equal(payload.event, "meeting.ended");
    assert.equal(payload.meeting.title, "Zoë 𝄞");
    await rtk.waitQuiet();
    assert.deepEqual(app.log, ["meeting.ended: Zoë 𝄞"]);
    const delivery = await rtk.delivery(deliveries[0].id);
    assert.equal(delivery.body, body);
    assert.deepEqual(delivery.attempts.map((a) => a.status), [200]);
  });

  test("a meeting causes events, and deliveries are in their order", async () => {
    const meeting = await rtk.meeting({ title: "Standup", record_on_start: true });
    assert.deepEqual((await meeting.join("Mary")).events, ["meeting.started", "meeting.participantJoined", "recording.statusUpdate"]);
    assert.deepEqual((await meeting.look()).present.map((p) => p.name), ["Mary"]);
    await meeting.leave("Mary");
    await rtk.waitQuiet();
    const sent = (await rtk.deliveries({ meeting_id: meeting.id })).map((d) => d.event);
    assert.deepEqual(sent.slice(0, 2), ["meeting.started", "meeting.participantJoined"]);
    assert.ok(sent.includes("meeting.ended"), String(sent));
    assert.equal((await (await rtk.meeting(meeting.id)).look()).title, "Standup");
    assert.equal((await rtk.deliveries({ event: "meeting.ended", state: "delivered" })).length, 1);
  });

  test("what happens at the doors of a meeting", async () => {
    const meeting = await rtk.meeting({ id: "board", title: "Board" });
    await meeting.join({ custom_participant_id: "u-1", name: "Mary" });
    const recording = await meeting.record();
    assert.equal(recording.status, "RECORDING");
    assert.equal((await meeting.livestream()).status, "LIVE");
    await meeting.livestream("stop");
    await meeting.record("stop");
    await meeting.advance(recording.id, "ERRORED");
    assert.ok((await meeting.end()).events.includes("meeting.ended"));
    assert.deepEqual((await meeting.artifact("transcript")).events, ["meeting.transcript"]);
  });

  test("a forgery is refused, and what is sent again counts once", async () => {
    await rtk.emit("meeting.ended", { mutations: ["signature/other-key"] });
    const { deliveries } = await rtk.emit("meeting.started", { set: { "meeting.title": "A" } });
    await rtk.waitQuiet();
    await rtk.resend(deliveries[0].id);
    await rtk.waitQuiet();
    assert.deepEqual((await rtk.deliveries()).map((d) => [d.event, d.state, d.status]), [
      ["meeting.ended", "failed", 401], ["meeting.started", "delivered", 200], ["meeting.started", "delivered", 200],
    ]);
    assert.deepEqual(app.log, ["meeting.started: A"]);
  });

  test("a scenario is played to its end", async () => {
    await rtk.clock({ scale: 0 });
    const play = await rtk.play("weekly-sync", { speed: 0 });
    assert.equal(play.state, "complete");
    assert.ok(app.log.length > 5, String(app.log));
  });

  test("the REST API answers at apiUrl, or fails", async () => {
    const ask = () => fetch(`${rtk.apiUrl}/accounts/acc/realtime/kit/app/meetings`, { headers: { authorization: "Bearer any" } });
    assert.equal((await (await ask()).json()).success, true);
    await rtk.apiFault("status-429");
    assert.equal((await ask()).status, 429);
  });

  test("other calls of the control API", async () => {
    assert.ok((await rtk.control("GET", "snapshot")).webhooks.length === 1);
  });

  test("it knows the words that the control API knows", async () => {
    const words = await rtk.control("GET", "words");
    assert.deepEqual(events, words.events.map((e) => e.name));
    const declared = readFileSync("node_modules/rtkmock/lib/index.d.cts", "utf8");
    for (const { name } of words.key_faults) assert.match(declared, new RegExp(`["\`]${name}["=]`), name);
    for (const name of [...events, ...words.states]) assert.ok(declared.includes(`"${name}"`), name);
  });

  test("its types have the members that the control API has", async () => {
    const { schemas } = (await rtk.control("GET", "openapi.json")).components;
    const declared = readFileSync("node_modules/rtkmock/lib/index.d.cts", "utf8");
    const bodyOf = (name) => {
      const [, bases = "", body] = new RegExp(`interface ${name}(?:<.*?>)?(?: extends ([^{]*))? {\n(.*?)\n}`, "s").exec(declared) ?? assert.fail(name);
      return [body, ...(bases.match(/\b(AppName|DeliveryBase)\b/g) ?? []).map(bodyOf)].join("\n");
    };
    const names = { Emission: "Emission", Emitted: "Emitted", Webhook: "Webhook", DeliverySummary: "DeliverySummary", Delivery: "Delivery", Attempt: "Attempt",
      Key: "Key", Happened: "Happened", MeetingRequest: "MeetingRequest", Meeting: "MeetingState", Play: "Play", Health: "Health" };
    for (const [schema, name] of Object.entries(names)) {
      const body = bodyOf(name) + (schema === "Emission" ? "\n  event: an argument of its own" : "");
      const missing = Object.keys(schemas[schema].properties).filter((member) => !new RegExp(`^  ${member}\\??:`, "m").test(body));
      assert.deepEqual(missing, [], name);
    }
  });

  test("more deliveries than an answer has are all listed", async () => {
    await rtk.webhook(app.url); // each event comes twice
    const { id } = (await rtk.emit("meeting.started")).deliveries[0];
    await Promise.all(Array.from({ length: 510 }, () => rtk.emit("meeting.started")));
    await rtk.waitQuiet();
    const all = (await rtk.deliveries()).map((d) => d.id);
    assert.deepEqual(all, Array.from({ length: 1022 }, (_, i) => id + i));
    assert.deepEqual((await rtk.deliveries({ limit: 2 })).map((d) => d.id), all.slice(-2));
    assert.deepEqual((await rtk.deliveries({ after: all[1019] })).map((d) => d.id), all.slice(-2));
  });

  for (const [mistake, message, call] of [
    ["an event that does not exist", /^emit: .*"meeting.begun".*meeting.started/, () => rtk.emit("meeting.begun")],
    ["a member that does not exist", /^emit: .*sett/, () => rtk.emit("meeting.started", { sett: {} })],
    ["a path that does not exist", /^emit: .*no\.such/, () => rtk.emit("meeting.started", { set: { "no.such": 1 } })],
    ["a fault that does not exist", /^keyFault: .*status-200/, () => rtk.keyFault("status-200")],
    ["a meeting that does not exist", /^meeting: .*nowhere/, () => rtk.meeting("nowhere")],
    ["a delivery that does not exist", /^delivery: .*9999/, () => rtk.delivery(9999)],
    ["a URL that is none", /^webhook: .*url/, () => rtk.webhook("localhost")],
    ["a command in one word", /^run: found "node server.js", want an array such as/, () => rtk.run("node server.js")],
    ["a program that does not exist", /^no-such-program could not be started: .*not found/, async () => (await rtk.run(["no-such-program"])).ended],
    ["an option of run that does not exist", /^run: found the option "url", want one of cwd, /, () => rtk.run(["node"], { url: "" })],
    ["an option of waitQuiet that does not exist", /^waitQuiet: found the option "timeout_ms", want one of timeout$/, () => rtk.waitQuiet({ timeout_ms: 1 })],
    ["interception that was not asked for", /^withInterception: .*start\({ intercept: true }\)/, () => rtk.withInterception(["node"])],
  ]) {
    test(`the error names ${mistake}`, async () => {
      await assert.rejects(async () => call(), (err) => {
        assert.ok(err instanceof RtkmockError, String(err));
        assert.match(err.message, message);
        assert.doesNotMatch(err.message, /\n/);
        return true;
      });
    });
  }
});

test("the webhook of start is there again after reset", async (t) => {
  const app = await serves(t, { keyUrl: "http://127.0.0.1:1/" });
  const rtk = await starts(t, { webhook: app.url, events: ["meeting.ended"], timeScale: 0.5 });
  await rtk.keyFault("html");
  await rtk.reset();
  const { webhooks } = await rtk.control("GET", "webhooks");
  assert.deepEqual(webhooks.map((w) => [w.url, w.events]), [[app.url, ["meeting.ended"]]]);
  assert.deepEqual([(await rtk.key()).fault, (await rtk.control("GET", "clock")).scale], ["none", 0.5]);
  assert.match((await rtk.emit("meeting.started")).note, /./, "nobody gets it");
  await rtk[Symbol.asyncDispose]();
});

test("the key endpoint fails and works again, and the key changes", async (t) => {
  const rtk = await starts(t, { timeScale: 0 });
  const app = await serves(t, { keyUrl: rtk.keyUrl });
  await rtk.webhook(app.url);
  assert.equal((await rtk.keyFault("status-500")).fault, "status-500");
  await rtk.emit("meeting.started");
  await rtk.waitQuiet();
  assert.deepEqual((await rtk.deliveries()).map((d) => [d.state, d.status]), [["exhausted", 503]]);
  await rtk.keyFault("none");
  const { fetches, fingerprint } = await rtk.key();
  await rtk.emit("meeting.started");
  await rtk.waitQuiet();
  assert.equal(app.log.length, 1);
  assert.equal((await rtk.key()).fetches, fetches + 1);
  assert.notEqual((await rtk.rotateKey()).fingerprint, fingerprint);
});

test("waitQuiet names what is pending", async (t) => {
  const app = await serves(t, { keyUrl: "http://127.0.0.1:1/" });
  const rtk = await starts(t, { webhook: app.url });
  await rtk.emit("meeting.ended");
  while ((await rtk.deliveries())[0].attempts === 0) await wait(20);
  await assert.rejects(rtk.waitQuiet({ timeout: 300 }), /^RtkmockError: waitQuiet: after 300 ms still pending: meeting.ended to http:\/\/127.* \(last answer 503\)$/);
});

test("several go on at once, and after stop nothing answers or is left", async (t) => {
  const all = await Promise.all(Array.from({ length: 5 }, () => start({ intercept: true })));
  assert.equal(new Set(all.map((rtk) => rtk.keyUrl)).size, 5);
  const sleeper = await all[0].run(["node", "-e", "require('child_process').spawn('sleep', ['86399'])"]);
  assert.ok(left().length >= 10, "they are seen while they run");
  await Promise.all(all.flatMap((rtk) => [rtk.stop(), rtk.stop()]));
  assert.deepEqual(left(), []);
  assert.deepEqual((await sleeper.ended).code, null);
  await assert.rejects(fetch(all[0].keyUrl));
  await assert.rejects(all[0].emit("meeting.ended"), /^RtkmockError: emit: stop\(\) has been called$/);
  await assert.rejects(all[0].run(["node"]), /^RtkmockError: run: stop\(\) has been called$/);
});

test("stop ends an app that does not heed signals, where nothing else keeps Node", async () => {
  const script = `
    require("rtkmock").start().then(async (rtk) => {
      const app = await rtk.run(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]);
      while (!app.output) await new Promise((resolve) => setTimeout(resolve, 20));
      await app.stop();
      console.log(app.output.trim(), await app.ended);
      await rtk.stop();
    })`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], { timeout: 20_000 });
  assert.equal(stdout, "ready { code: null, signal: 'SIGKILL' }\n");
});

test("nothing is left where Node is killed", { skip: process.platform !== "linux" && "it looks into /proc" }, async (t) => {
  const script = `
    const { start } = require("rtkmock");
    start({ intercept: true }).then(async (rtk) => {
      await rtk.run(["sh", "-c", "sleep 86398 & sleep 86399"]);
      console.log(rtk.keyUrl);
    });
    setInterval(() => {}, 1000)`;
  const node = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(node.stdout, "data");
  assert.equal((await fetch(String(line).trim())).status, 200);
  assert.ok(left().length >= 3);
  node.kill("SIGKILL");
  await until(() => left().length === 0);
});

test("what is not stopped keeps Node from nothing", async (t) => {
  const script = `require("rtkmock").start().then(async (rtk) => { await rtk.run(["sleep", "86399"]); console.log("started") })`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], { timeout: 20_000 });
  assert.equal(stdout, "started\n");
  await until(() => left().length === 0);
});

test("an app with the addresses of the service in its source", async (t) => {
  const rtk = await starts(t, { webhook: "http://127.0.0.1:1/", intercept: { hosts: ["key.example.com"] }, log: () => {} });
  await rtk.reset();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let printed = "";
  const app = await rtk.withInterception([process.execPath, "server.js"], { listens: url, env: { PORT: String(port), HARD_CODED: "yes" }, log: (text) => (printed += text) });
  await rtk.reset();
  await rtk.webhook(`${url}/webhook`, { events: ["meeting.ended"] });
  await rtk.emit("meeting.ended");
  await rtk.waitQuiet();
  assert.deepEqual((await rtk.deliveries({ event: "meeting.ended" })).at(-1).state, "delivered");
  assert.match(printed, /listening/);
  assert.equal(app.output, printed);
  const other = `fetch("https://key.example.com/.well-known/webhooks.json").then((r) => process.exit(r.status === 200 ? 7 : 1))`;
  assert.deepEqual(await (await rtk.withInterception([process.execPath, "-e", other])).ended, { code: 7, signal: null });
  assert.equal(rtk.env().REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL, rtk.keyUrl);
  assert.match(rtk.env().NODE_OPTIONS, /--require/, "env has what leads others here");
});

test("an app that ends, or listens nowhere, is an error that shows what it said", async (t) => {
  const rtk = await starts(t);
  const listens = `http://localhost:${await freePort()}`;
  const broken = [process.execPath, "-e", "console.error('no database'); process.exit(3)"];
  await assert.rejects(rtk.run(broken, { listens }), /^RtkmockError: run: nothing listens at http:\/\/localhost:\d+: it has ended\nno database$/);
  await assert.rejects(rtk.run(["sleep", "86399"], { listens, timeout: 100 }), /^RtkmockError: run: nothing listens .*: not within 100 ms$/);
  await assert.rejects(rtk.run(["no-such-program"], { listens }), /^RtkmockError: run: .*no-such-program/);
  const { ended } = await rtk.run(["sh", "-c", "kill -KILL $$"]);
  assert.deepEqual(await ended, { code: null, signal: "SIGKILL" });
});

// As Docker's, which accepts connections before anything listens in the container.
test("an app behind a proxy is there when connections to it last", async (t) => {
  const rtk = await starts(t);
  const port = await freePort();
  const proxy = `let cut = 0; require("net").createServer((c) => (cut < 3 ? c.destroy(console.log("cut", ++cut)) : c.on("error", () => {}))).listen(${port})`;
  const app = await rtk.run([process.execPath, "-e", proxy], { listens: `http://localhost:${port}` });
  assert.match(app.output, /cut 3/);
});

test("start says what is wrong", async (t) => {
  for (const [options, message] of [
    [{ webhok: "http://localhost" }, /^start: found the option "webhok", want one of webhook, /],
    [{ key: "no-such.pem" }, /^start: --key.*no-such\.pem/],
    [{ listen: "nowhere" }, /^start: --listen.*"nowhere"/],
    [{ flags: ["--no-such-flag"] }, /^start: .*no-such-flag/],
    [{ binary: "/no/such/rtkmock" }, /\/no\/such\/rtkmock/],
    [{ webhook: "localhost" }, /^webhook: /],
    ["http://localhost", /^start: found "http:\/\/localhost", want an object/],
  ]) {
    await assert.rejects(start(options), (err) => err instanceof RtkmockError && (assert.match(err.message, message), true));
  }
  assert.deepEqual(left(), []);
});

test("a server that is killed is named as the reason", async (t) => {
  const rtk = await starts(t);
  const { pid } = JSON.parse(readFileSync(`/proc/${left().at(-1)}/stat`, "utf8").replace(/^(\d+).*$/s, '{"pid":$1}'));
  process.kill(pid, "SIGKILL");
  await until(() => left().length === 0);
  await assert.rejects(rtk.emit("meeting.ended"), /^RtkmockError: emit: rtkmock has ended/);
});

test("connect speaks to a server that was started elsewhere", async (t) => {
  const script = `
    import { connect } from "rtkmock";
    const rtk = await connect(process.env.RTKMOCK_CONTROL_URL);
    const { status } = await fetch("https://api.realtime.cloudflare.com/.well-known/webhooks.json");
    console.log(rtk.keyUrl === process.env.REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL, status, (await rtk.deliveries()).length)`;
  const { stdout } = await promisify(execFile)(binary(), ["serve", "--", process.execPath, "--input-type=module", "-e", script]);
  assert.equal(stdout, "true 200 0\n");
  await assert.rejects(connect(undefined), /^RtkmockError: connect: found undefined, want the URL of a control API/);
  await assert.rejects(connect(`http://127.0.0.1:${await freePort()}/_rtkmock`), /^RtkmockError: connect: http:\/\/127.* does not answer/);
});

/** A server that ends with the test. */
async function starts(t, options) {
  const rtk = await start(options);
  t.after(() => rtk.stop());
  return rtk;
}

/** An app that ends with the test. */
async function serves(t, options) {
  const app = await createApp(options);
  t.after(() => app.close());
  return app;
}

/** The processes of rtkmock, and what they have started, that are left in this session's folder. */
function left() {
  const own = binary();
  return readdirSync("/proc").filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/exe`) === own || /^sleep\0(86398|86399)\0$/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
    } catch {
      return false; // no process, or gone
    }
  });
}

async function until(condition) {
  for (const end = Date.now() + 10_000; !condition(); await wait(20)) assert.ok(Date.now() < end, "not in time");
}

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
