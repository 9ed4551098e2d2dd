// node hono.mjs array-buffer|text|json
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { respond } from "./lib/respond.mjs";

const app = new Hono();
const bodies = {
  "array-buffer": async (req) => Buffer.from(await req.arrayBuffer()),
  text: async (req) => Buffer.from(await req.text()),
  json: async (req) => Buffer.from(JSON.stringify(await req.json())),
};

app.post("/webhook", async (c) => {
  const body = await bodies[process.argv[2]](c.req);
  return c.body(null, await respond(body, c.req.header("rtk-signature"), c.req.header("rtk-uuid")));
});
app.onError((_err, c) => c.body(null, 500));

serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: "127.0.0.1" });
