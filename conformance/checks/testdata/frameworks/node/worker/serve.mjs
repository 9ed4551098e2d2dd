// node worker/serve.mjs MODULE: serves a Worker in workerd.
import { appendFileSync } from "node:fs";
import { Miniflare } from "miniflare";

const mf = new Miniflare({
  modules: true,
  modulesRules: [{ type: "ESModule", include: ["**/*.js"] }],
  scriptPath: new URL(process.argv[2], import.meta.url).pathname,
  host: "127.0.0.1",
  port: Number(process.env.PORT),
  compatibilityDate: "2026-01-01",
  cf: false, // what is known of the caller would be fetched from Cloudflare
  bindings: { REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL: process.env.REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL },
  // A Worker has no files. What it sends here becomes a line of EFFECTS.
  serviceBindings: {
    async EFFECTS(request) {
      appendFileSync(process.env.EFFECTS, (await request.text()) + "\n");
      return new Response();
    },
  },
});
await mf.ready;
