// The work that an event causes: a line in the file EFFECTS. It is there before
// the answer, outlives the process, and is done once for each delivery.
import { appendFileSync, existsSync, readFileSync } from "node:fs";

const file = process.env.EFFECTS;
const done = new Set(existsSync(file) ? readFileSync(file, "utf8").match(/(?<="uuid":")[^"]+/g) : []);

export function take(event, uuid) {
  if (typeof event?.event !== "string" || !uuid || done.has(uuid)) return;
  done.add(uuid);
  appendFileSync(file, JSON.stringify({ uuid }) + "\n");
}
