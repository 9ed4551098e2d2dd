import { respond } from "../lib/respond.mjs";

// receive answers a request with the body that the caller says was signed.
export async function receive(request, body) {
  const { headers } = request;
  const status = await respond(Buffer.from(body), headers.get("rtk-signature"), headers.get("rtk-uuid"));
  return new Response(null, { status });
}
