// The public key, as a careful receiver keeps it: fetched when it is needed,
// imported before it is kept, and fetched again when a signature does not fit.
import { createPublicKey, verify } from "node:crypto";

const cooldown = Number(process.env.KEY_COOLDOWN ?? 200); // ms between two fetches, so that forgeries cause few
let key;
let fetched = 0;
let pending; // the fetch that everybody waits for who needs the key

// NoKey: nobody can tell a forgery now. The answer is a 5xx, so that it is sent again.
export class NoKey extends Error {}

export async function genuine(body, header) {
  const signature = Buffer.from(header, "base64");
  const fits = () => key !== undefined && verify("RSA-SHA256", body, key, signature);
  if (signature.toString("base64") !== header) return false; // Buffer skips what is no Base64
  if (fits()) return true;
  if (key !== undefined && Date.now() - fetched < cooldown) {
    if (process.env.KEY_UNSURE) throw new NoKey("the key may have changed"); // so that it is sent again
    return false;
  }
  await (pending ??= refresh().finally(() => (pending = undefined)));
  return fits();
}

async function refresh() {
  try {
    const response = await fetch(process.env.REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL, {
      redirect: "error",
      signal: AbortSignal.timeout(1000),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const document = JSON.parse(await text(response));
    if (!document.success) throw new Error("no success");
    const fresh = createPublicKey(document.data.publicKey.replaceAll("\\n", "\n"));
    if (fresh.asymmetricKeyType !== "rsa") throw new Error("no RSA key");
    key = fresh;
    fetched = Date.now();
  } catch (err) {
    if (key === undefined) throw new NoKey(`key document: ${err.message}`);
  }
}

async function text(response) {
  const chunks = [];
  let size = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    if ((size += chunk.length) > 65536) throw new Error("too large");
  }
  return Buffer.concat(chunks).toString();
}
