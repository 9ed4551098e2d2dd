// A receiver in plain Node, as a newcomer to rtkmock may have it.
import crypto from "node:crypto";
import http from "node:http";

const keyURL = process.env.RTK_KEY_URL ?? "https://api.realtime.cloudflare.com/.well-known/webhooks.json";
let key;

async function fetchKey() {
  const answer = await fetch(keyURL, { signal: AbortSignal.timeout(2000), redirect: "error" });
  return crypto.createPublicKey((await answer.json()).data.publicKey);
}

// Verifies rtk-signature over the bytes that came. The key may have changed meanwhile.
let fetched = 0;
async function verified(body, signature) {
  const fits = () => crypto.verify("RSA-SHA256", body, key, Buffer.from(signature ?? "", "base64"));
  if (key && fits()) return true;
  if (key && Date.now() - fetched < 1000) return false;
  key = await fetchKey();
  fetched = Date.now();
  return fits();
}

http
  .createServer(async (req, res) => {
    const path = req.url.split("?")[0];
    if (req.method !== "POST" || path !== "/hooks/realtimekit") return res.writeHead(404).end();
    try {
      const parts = [];
      for await (const part of req) parts.push(part);
      const ok = await verified(Buffer.concat(parts), req.headers["rtk-signature"]);
      res.writeHead(ok ? 200 : 401).end();
    } catch {
      res.writeHead(503).end(); // without a key, nothing is known of the signature
    }
  })
  .listen(process.env.PORT ?? 3000);
