// A good receiver, but for what KIND says.
import http from "node:http";
import crypto from "node:crypto";

const keptFor = 3600e3;
const cooldown = 1000;
let kept = null; // what is held of the key document
let fetched = 0;

async function publicKey(again) {
  if (!kept || again && Date.now() - fetched >= cooldown) {
    fetched = Date.now();
    const answer = await fetch(process.env.REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL, { signal: AbortSignal.timeout(1000), redirect: "error" });
    if (!answer.ok) throw new Error("the key endpoint failed");
    const text = (await answer.json()).data?.publicKey;
    if (!text) throw new Error("there is no key in it");
    if (process.env.KIND !== "caches-text") crypto.createPublicKey(text); // it throws
    kept = text;
    setTimeout(() => { kept = null; }, keptFor).unref();
  }
  return crypto.createPublicKey(kept);
}

async function verified(body, signature) {
  const verify = (key) => crypto.verify("sha256", body, key, signature);
  if (verify(await publicKey(false))) return true;
  if (process.env.KIND === "503-between-fetches" && Date.now() - fetched < cooldown) throw new Error("not yet");
  return verify(await publicKey(true));
}

http.createServer(async (request, response) => {
  const answer = (status) => response.writeHead(status).end();
  const pieces = [];
  try {
    for await (const piece of request) pieces.push(piece);
  } catch {
    return request.destroy();
  }
  const body = Buffer.concat(pieces);
  const signature = request.headers["rtk-signature"];
  if (!signature) return answer(401);
  try {
    if (!await verified(body, Buffer.from(signature, "base64"))) return answer(401);
  } catch {
    return answer(503);
  }
  if (process.env.KIND === "throws-at-null") JSON.parse(body).event.trim(); // nobody catches it
  answer(200);
}).listen(process.env.PORT, "127.0.0.1");
