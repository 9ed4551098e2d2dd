// The tests of an application that has the addresses of the service in its source.
import assert from "node:assert";

const key = await fetch("https://api.realtime.cloudflare.com/.well-known/webhooks.json");
assert.equal((await key.json()).success, true);
const api = "https://api.cloudflare.com/client/v4/accounts/acc/realtime/kit/app";
const webhooks = await fetch(`${api}/webhooks`, { headers: { authorization: "Bearer token" } });
assert.deepEqual((await webhooks.json()).data, []);
