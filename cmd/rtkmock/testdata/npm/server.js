// The app as a program of its own. FLAW gives it a bug: it verifies what JSON.parse and JSON.stringify make of the body.
// STUBBORN has it go on when it is asked to end.
if (process.env.STUBBORN) process.on("SIGTERM", () => {});
const keyUrl = process.env.HARD_CODED ? "https://api.realtime.cloudflare.com/.well-known/webhooks.json" : process.env.REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL;
import("./app.mjs")
  .then(({ createApp }) => createApp({ keyUrl, port: Number(process.env.PORT ?? 3000), reserialises: Boolean(process.env.FLAW) }))
  .then(({ url }) => console.log(`listening at ${url}`));
