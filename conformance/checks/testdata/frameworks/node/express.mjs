// node express.mjs raw|cluster|verify-callback|json-first|json-restringified|not-awaited
import cluster from "node:cluster";
import express from "express";
import { take } from "./lib/effects.mjs";
import { genuine } from "./lib/key.mjs";
import { respond } from "./lib/respond.mjs";

const app = express();
const hook = (body) => async (req, res) =>
  res.sendStatus(await respond(body(req), req.get("rtk-signature"), req.get("rtk-uuid")));

const kinds = {
  raw() {
    app.post("/webhook", express.raw({ type: "*/*", limit: "1mb" }), hook((req) => req.body ?? Buffer.alloc(0)));
    app.use(express.json());
  },

  // Each of the workers remembers by itself what it has done.
  cluster() {
    kinds.raw();
  },

  // The other common way: the JSON parser hands out the bytes that it read.
  "verify-callback"() {
    app.use(express.json({ verify: (req, _res, bytes) => (req.rawBody = bytes) }));
    app.post("/webhook", hook((req) => req.rawBody ?? Buffer.alloc(0)));
  },

  // The parser of the application comes first, so express.raw finds nothing to read.
  "json-first"() {
    app.use(express.json());
    app.post("/webhook", express.raw({ type: "application/json" }), async (req, res) => {
      try {
        res.sendStatus(await respond(req.body, req.get("rtk-signature"), req.get("rtk-uuid")));
      } catch (err) {
        res.status(400).send(`Webhook Error: ${err.message}`);
      }
    });
  },

  "json-restringified"() {
    app.use(express.json());
    app.post("/webhook", hook((req) => Buffer.from(JSON.stringify(req.body ?? ""))));
  },

  // next is called while the verification is still under way, so Express answers 404.
  "not-awaited"() {
    app.post("/webhook", express.raw({ type: "*/*" }), (req, _res, next) => {
      genuine(req.body, req.get("rtk-signature") ?? "")
        .then((ok) => ok && take(JSON.parse(req.body), req.get("rtk-uuid")))
        .catch((err) => console.error(err.message));
      next();
    });
  },
};

const kind = process.argv[2];
kinds[kind]();
// Without this, Express prints each error and shows it to the caller.
app.use((err, _req, res, _next) => res.sendStatus(err.status ?? 500));
if (kind === "cluster" && cluster.isPrimary) for (let i = 0; i < 4; i++) cluster.fork();
else app.listen(process.env.PORT, "127.0.0.1");
