// An app to test: it verifies webhooks, and does its work once for each.
import crypto from "node:crypto";
import http from "node:http";

/** Resolves to the app once it listens. log has what it did. */
export async function createApp({ keyUrl, port = 0, reserialises = false, accepts = false }) {
  const log = [];
  const done = new Set();
  let key;
  let fetched = 0;

  async function fetchKey() {
    fetched = Date.now();
    const answer = await fetch(keyUrl, { redirect: "error", signal: AbortSignal.timeout(2000) });
    if (!answer.ok) throw new Error(`key document: ${answer.status}`);
    key = crypto.createPublicKey((await answer.json()).data.publicKey.replaceAll("\\n", "\n"));
  }

  async function isGenuine(body, signature) {
    const fits = () => key !== undefined && crypto.verify("sha256", body, key, signature);
    if (fits()) return true;
    if (key !== undefined && Date.now() - fetched < 1000) return false;
    await fetchKey();
    return fits();
  }

  async function receive(body, headers) {
    if (accepts) return 200;
    if (!headers["rtk-signature"]) return 401;
    const signed = reserialises ? JSON.stringify(JSON.parse(body)) : body;
    try {
      if (!(await isGenuine(Buffer.from(signed), Buffer.from(headers["rtk-signature"], "base64")))) return 401;
    } catch {
      return 503;
    }
    const event = JSON.parse(body);
    if (done.has(headers["rtk-uuid"])) return 200;
    done.add(headers["rtk-uuid"]);
    log.push(`${event.event}: ${event.meeting?.title}`);
    return 200;
  }

  const server = http.createServer(async (request, response) => {
    const pieces = [];
    try {
      for await (const piece of request) pieces.push(piece);
      response.writeHead(await receive(Buffer.concat(pieces), request.headers));
    } catch {
      response.writeHead(400);
    }
    response.end();
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    log,
    url: `http://127.0.0.1:${server.address().port}/webhook`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
