// Serves one of the guide's receivers, a module with a Workers-style fetch
// handler, under Node: on the loopback port PORT, or on a free one. Usage:
//   node serve.mjs ./verifying.mjs
// REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL becomes env of the handler. The port is
// printed as the first line. What the handler throws is answered 500, as the
// Workers runtime does.
import { createServer } from "node:http";
import { Readable } from "node:stream";

const { default: worker } = await import(process.argv[2]);
console.log = console.error; // stdout is for the port

const server = createServer(async (req, res) => {
  const pending = [];
  const hasBody = req.method !== "GET" && req.method !== "HEAD";
  let response;
  try {
    const request = new Request(`http://${req.headers.host}${req.url}`, {
      method: req.method,
      headers: Object.entries(req.headersDistinct).flatMap(([k, vs]) => vs.map((v) => [k, v])),
      body: hasBody ? Readable.toWeb(req) : undefined,
      duplex: hasBody ? "half" : undefined,
    });
    response = await worker.fetch(request, process.env, {
      waitUntil: (promise) => pending.push(promise),
    });
  } catch (err) {
    response = new Response("Internal error", { status: 500 });
  }
  res.writeHead(response.status, Object.fromEntries(response.headers));
  res.end(Buffer.from(await response.arrayBuffer()));
  await Promise.allSettled(pending);
});

server.listen(process.env.PORT ?? 0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
