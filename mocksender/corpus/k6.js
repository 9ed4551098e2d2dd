// Sends the signed requests of corpus.jsonl, each once. Run beside that file:
//
//   k6 run -e TARGET=http://127.0.0.1:3000/webhook -e RATE=100 script.js
//
// TARGET replaces the recorded URL, RATE is requests a second (without it, as
// fast as VUS users go), VUS is how many users there are, CORPUS another file.
// Several machines share the work by k6's own --execution-segment: each sends a
// part of the requests, together all of them.
import http from "k6/http";
import encoding from "k6/encoding";
import exec from "k6/execution";
import { check } from "k6";
import { SharedArray } from "k6/data";

const corpus = new SharedArray("corpus", () =>
  open(__ENV.CORPUS || "./corpus.jsonl").split("\n").filter((line) => line).map((line) => JSON.parse(line)));

const rate = Number(__ENV.RATE || 0);
const vus = Math.min(Number(__ENV.VUS || 64), corpus.length);

export const options = {
  scenarios: {
    webhooks: rate > 0
      ? { executor: "constant-arrival-rate", rate, timeUnit: "1s", duration: `${Math.ceil(corpus.length / rate)}s`, preAllocatedVUs: vus, maxVUs: 4 * vus }
      : { executor: "shared-iterations", vus, iterations: corpus.length, maxDuration: "24h" },
  },
  thresholds: { checks: ["rate==1"], dropped_iterations: ["count==0"] },
  discardResponseBodies: true,
};

export default function () {
  const i = exec.scenario.iterationInTest;
  if (i >= corpus.length) return; // a rate that does not divide the corpus has some over
  const r = corpus[i];
  const body = r.body_base64 === undefined ? r.body : encoding.b64decode(r.body_base64);
  const answer = http.request(r.method, __ENV.TARGET || r.url, body, { headers: r.headers, redirects: 0 });
  check(answer, { "accepted (2xx)": (a) => a.status >= 200 && a.status < 300 });
}
