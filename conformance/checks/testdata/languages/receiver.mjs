// A receiver in Node's standard library, good or with one of its flaws:
//   node receiver.mjs [reserialises|ignores-result|joined-header|lenient-base64|parses-first|
//     adds-chunks-as-text|json-alone|predecessor|inner-address]
// The port is printed as the first line.
import { createServer } from "node:http";
import { createPublicKey, verify } from "node:crypto";

const flaw = process.argv[2] ?? "good";
const keyURL = process.env.REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL;
const effects = new Map();
let key;
let underWay; // the fetch that all wait for who need the key
let last = 0; // when the last one ended

const fetchKey = () =>
  (underWay ??= askForKey().finally(() => {
    underWay = undefined;
    last = Date.now();
  }));

async function askForKey() {
  const response = await fetch(keyURL, { redirect: "error", signal: AbortSignal.timeout(500) });
  if (!response.ok) throw new Error(`the key endpoint answered ${response.status}`);
  const chunks = [];
  let size = 0;
  for await (const chunk of response.body) {
    if ((size += chunk.length) > 65536) throw new Error("the key document has no end");
    chunks.push(chunk);
  }
  const document = JSON.parse(Buffer.concat(chunks).toString());
  if (document.success === false) throw new Error("no success");
  const pem = document.data.publicKey.replaceAll("\\n", "\n").replaceAll("\r", "");
  const fetched = createPublicKey(pem);
  if (fetched.asymmetricKeyType !== "rsa") throw new Error("no RSA key");
  return fetched;
}

function decode(value) {
  const raw = Buffer.from(value, "base64"); // passes over whatever is no Base64
  if (flaw !== "lenient-base64" && raw.toString("base64") !== value) return null;
  return raw;
}

async function genuine(value, body) {
  const signature = decode(value);
  if (!signature) return false;
  const signed = flaw === "reserialises" ? Buffer.from(JSON.stringify(JSON.parse(body.toString()))) : body;
  key ??= await fetchKey();
  if (verify("sha256", signed, key, signature)) return true;
  if (flaw === "ignores-result") return true; // verify does not throw
  if (Date.now() - last < 50) return false; // a flood of forgeries is none of fetches
  const newer = await fetchKey().catch(() => key);
  if (newer.equals(key)) return false;
  key = newer;
  return verify("sha256", signed, key, signature);
}

// Ways around the verification, as they are found in the wild.
function detour(headers, value) {
  switch (flaw) {
    case "joined-header":
      return value?.includes(", ");
    case "json-alone": // express.json({ verify }) is not called for the rest
      return !headers["content-type"]?.startsWith("application/json");
    case "predecessor":
      return !value && headers["dyte-signature"];
    case "inner-address":
      return headers["x-forwarded-for"]?.startsWith("127.");
  }
  return false;
}

async function take(req) {
  if (req.method !== "POST") return 405;
  const chunks = [];
  for await (const chunk of req) chunks.push(flaw === "adds-chunks-as-text" ? Buffer.from(`${chunk}`) : chunk);
  const body = Buffer.concat(chunks);
  if (flaw === "parses-first") JSON.parse(body.toString());
  const value = req.headers["rtk-signature"]; // Node joins repeated fields with ", "
  const skip = detour(req.headers, value);
  if (!value && !skip) return 401;
  let ok = skip;
  if (!skip) {
    try {
      ok = await genuine(value, body);
    } catch (err) {
      if (err instanceof SyntaxError) return 401;
      return 503; // without a key nobody can judge
    }
  }
  if (!ok) return 401;
  const uuid = req.headers["rtk-uuid"];
  let event;
  try {
    event = JSON.parse(body.toString());
  } catch {
    return 200;
  }
  if (typeof event?.event === "string" && uuid && !effects.has(uuid)) effects.set(uuid, 1);
  return 200;
}

const server = createServer(async (req, res) => {
  const url = new URL(req.url, "http://localhost");
  if (req.method === "GET" && url.pathname === "/effects") {
    res.end(JSON.stringify({ count: effects.get(url.searchParams.get("uuid")) ?? 0 }));
    return;
  }
  res.statusCode = await take(req).catch(() => 500);
  res.end();
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
