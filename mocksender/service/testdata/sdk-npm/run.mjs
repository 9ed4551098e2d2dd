// Puts rtkmock's webhooks API through everything that the official SDK can ask
// of it. Its arguments are two base URLs: of a server with no options, and of
// one that asks for the token "right" and answers 409 and 404 where some
// consumers saw that.
import assert from "node:assert/strict";
import Cloudflare from "cloudflare";

const account_id = "023e105f4ecef8ad9ca31a8372d0c353";
const app_id = "14a396e7-ca44-4937-bf1f-050a69118543";
const [base, strictBase] = process.argv.slice(2);

const client = (baseURL, apiToken, more) => new Cloudflare({ baseURL, apiToken, ...more });

async function refused(status, kind, call) {
  await assert.rejects(call, (e) => {
    assert.ok(e instanceof kind, `${e.constructor.name}: ${e.message}`);
    assert.equal(e.status, status);
    assert.equal(e.error.success, false);
    assert.equal(e.error.error.code, status);
    assert.equal(typeof e.error.error.message, "string");
    return true;
  });
}

const events = ["meeting.started", "recording.statusUpdate"];
const creation = (more) => ({ account_id, name: "All events webhook", url: "http://localhost:3000/webhook", events, ...more });
const none = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e";

async function life() {
  const hooks = client(base, "any").realtimeKit.webhooks;
  assert.deepEqual(await hooks.getWebhooks(app_id, { account_id }), { success: true, data: [] });
  const created = await hooks.createWebhook(app_id, creation());
  assert.equal(created.success, true);
  const hook = created.data;
  assert.deepEqual(Object.keys(hook).sort(), ["created_at", "enabled", "events", "id", "name", "updated_at", "url"]);
  assert.equal(hook.enabled, true);
  assert.deepEqual(hook.events, events);
  assert.ok(!Number.isNaN(Date.parse(hook.created_at)));

  const where = { account_id, app_id };
  assert.deepEqual((await hooks.getWebhookByID(hook.id, where)).data, hook);
  const edited = (await hooks.editWebhook(hook.id, { ...where, enabled: false })).data;
  assert.deepEqual(edited, { ...hook, enabled: false, updated_at: edited.updated_at });
  const whole = { name: "other", url: "http://localhost:3000/other", events: ["meeting.summary"] };
  const replaced = (await hooks.replaceWebhook(hook.id, { ...where, ...whole })).data;
  assert.deepEqual(replaced, { ...hook, ...whole, enabled: true, updated_at: replaced.updated_at });
  assert.deepEqual((await hooks.getWebhooks(app_id, { account_id })).data, [replaced]);
  // The SDK has no call for the event list; its generic one reads it.
  const list = await client(base, "any").get(`/accounts/${account_id}/realtime/kit/${app_id}/webhooks/all`);
  assert.equal(list.data.length, 9);
  assert.deepEqual((await hooks.deleteWebhook(hook.id, where)).data, replaced);
}

async function mistakes() {
  const hooks = client(base, "any").realtimeKit.webhooks;
  const where = { account_id, app_id };
  for (const bad of [{ url: "not a url" }, { events: ["meeting.begun"] }, { events: [] }, { name: "" }, { enabled: "yes" }, { url: undefined }]) {
    await refused(400, Cloudflare.BadRequestError, hooks.createWebhook(app_id, creation(bad)));
  }
  await refused(413, Cloudflare.APIError, hooks.createWebhook(app_id, creation({ name: "x".repeat(2 << 20) })));
  await refused(404, Cloudflare.NotFoundError, hooks.getWebhookByID(none, where));
  await refused(404, Cloudflare.NotFoundError, hooks.replaceWebhook(none, { ...where, ...creation() }));
  await refused(404, Cloudflare.NotFoundError, hooks.editWebhook(none, { ...where, enabled: true }));
  await refused(404, Cloudflare.NotFoundError, hooks.deleteWebhook(none, where));
  await refused(405, Cloudflare.APIError, hooks.replaceWebhook("all", { ...where, ...creation() }));
  await refused(405, Cloudflare.APIError, hooks.deleteWebhook("all", where));
}

async function strict() {
  await refused(401, Cloudflare.AuthenticationError, client(strictBase, "wrong").realtimeKit.webhooks.getWebhooks(app_id, { account_id }));
  const hooks = client(strictBase, "right", { maxRetries: 0 }).realtimeKit.webhooks; // 409 is tried again otherwise
  await refused(404, Cloudflare.NotFoundError, hooks.getWebhooks(app_id, { account_id }));
  await hooks.createWebhook(app_id, creation());
  await refused(409, Cloudflare.ConflictError, hooks.createWebhook(app_id, creation()));
}

await life();
await mistakes();
await strict();
console.log("ok");
