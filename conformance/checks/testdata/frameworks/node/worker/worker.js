import { verify } from "./verify.js";

// worker receives as the guide's sample does: the key is fetched for each
// delivery, and the work follows the answer. pick finds the key in its document.
export const worker = (pick) => ({
  async fetch(request, env, ctx) {
    const signature = request.headers.get("rtk-signature");
    if (!signature) return new Response("Missing signature", { status: 400 });
    const body = await request.arrayBuffer();
    const response = await fetch(env.REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL);
    if (!response.ok) return new Response("Missing public key", { status: 400 });
    try {
      if (!(await verify(pick(await response.json()), signature, body))) {
        return new Response("Invalid signature", { status: 401 });
      }
    } catch (err) {
      return new Response("Invalid signature", { status: 401 });
    }
    const event = JSON.parse(new TextDecoder().decode(body));
    ctx.waitUntil(work(env, event, request.headers.get("rtk-uuid")));
    return new Response(null, { status: 200 });
  },
});

async function work(env, event, uuid) {
  if (typeof event?.event !== "string" || !uuid) return;
  await env.EFFECTS.fetch("http://effects/", { method: "POST", body: JSON.stringify({ uuid }) });
}
