"use strict";

const http = require("node:http");
const https = require("node:https");
const { RtkmockError } = require("./error.cjs");

/**
 * Makes a call of the control API and resolves to its answer. verb begins the text of errors. It uses no global fetch,
 * which tests replace.
 */
async function call(verb, base, method, path, body) {
  const url = new URL(`${base}/${path}`);
  const { status, text } = await exchange(url, method, body).catch((err) => {
    throw new RtkmockError(`${verb}: ${url.origin} does not answer: ${err.message || err.code}`, { cause: err });
  });
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new RtkmockError(`${verb}: ${url.origin} is no rtkmock: it answered ${status} ${JSON.stringify(text.slice(0, 80))}`, { status });
  }
  if (status >= 400) throw new RtkmockError(`${verb}: ${answer.error?.message ?? `status ${status}`}`, { status });
  return answer;
}

function exchange(url, method, body) {
  return new Promise((resolve, reject) => {
    const data = body === undefined ? "" : JSON.stringify(body);
    const headers = { "user-agent": "rtkmock-node", ...(data && { "content-type": "application/json", "content-length": Buffer.byteLength(data) }) };
    const req = (url.protocol === "https:" ? https : http).request(url, { method, headers, agent: false }, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (chunk) => (text += chunk));
      res.once("error", reject).once("end", () => resolve({ status: res.statusCode, text }));
    });
    req.once("error", reject).end(data);
  });
}

module.exports = { call };
