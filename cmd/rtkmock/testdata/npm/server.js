// The app as a program of its own. FLAW gives it a bug: it verifies what JSON.parse and JSON.stringify make of the body, or
// with "accepts" nothing. KEY_VARIABLE names another variable for the URL of the key.
// STUBBORN has it go on when it is asked to end.
if (process.env.STUBBORN) process.on("SIGTERM", () => {});
const keyUrl = process.env.HARD_CODED ? "https://api.realtime.cloudflare.com/.well-known/webhooks.json" : process.env[process.env.KEY_VARIABLE ?? "REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"];
import("./app.mjs")
  .then(({ createApp }) => createApp({ keyUrl, port: Number(process.env.PORT ?? 3000), reserialises: Boolean(process.env.FLAW), accepts: process.env.FLAW === "accepts" }))
  .then(({ url }) => console.log(`listening at ${url}`));
