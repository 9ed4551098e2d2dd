// What all handlers do with a body and its headers. They differ in where the
// body comes from, and that is what goes wrong.
import { take } from "./effects.mjs";
import { genuine, NoKey } from "./key.mjs";

// respond returns the status for a delivery with the signed bytes body.
export async function respond(body, signature, uuid) {
  if (!signature) return 401;
  try {
    if (!(await genuine(body, signature))) return 401;
  } catch (err) {
    if (err instanceof NoKey) return 503;
    throw err;
  }
  let event;
  try {
    event = JSON.parse(body.toString());
  } catch {
    return 400;
  }
  take(event, uuid);
  return 200;
}
