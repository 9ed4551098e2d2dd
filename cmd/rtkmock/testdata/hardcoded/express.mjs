// The recipe for Express, with the URL of the key from the environment, or in
// the source ("hard"). It lies beside app.js.
import { createApp } from "./app.js";

const keyURL = process.argv[2] === "hard"
  ? "https://api.realtime.cloudflare.com/.well-known/webhooks.json"
  : process.env.REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL;
createApp({ keyURL, accept: async () => {} }).listen(Number(process.env.PORT), "127.0.0.1");
