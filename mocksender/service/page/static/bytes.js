// Bytes as the control API has them: a string if they are UTF-8, {"base64": "…"} if
// not.
import { el, visible } from "./dom.js";

export function bytesOf(text) {
  if (text === undefined || text === null) return new Uint8Array();
  if (typeof text === "string") return new TextEncoder().encode(text);
  return Uint8Array.from(atob(text.base64), (c) => c.charCodeAt(0));
}

// pretty formats JSON without changing a token: numbers keep their digits, strings
// their escapes, members their order and their duplicates. It returns null for what
// is no JSON.
export function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  let out = "";
  let depth = 0;
  const line = () => { out += `\n${"  ".repeat(depth)}`; };
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs)) {
    switch (token) {
      case "{":
      case "[":
        depth++;
        out += token;
        line();
        break;
      case "}":
      case "]":
        depth--;
        if (/[{[]\s*$/.test(out)) out = out.trimEnd();
        else line();
        out += token;
        break;
      case ",":
        out += token;
        line();
        break;
      case ":":
        out += ": ";
        break;
      default:
        out += token;
    }
  }
  return out;
}

function hex(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const digits = row.map((b) => b.toString(16).padStart(2, "0")).join(" ").padEnd(47);
    const letters = row.map((b) => b > 31 && b < 127 ? String.fromCharCode(b) : "·").join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${digits}  ${letters}`);
  }
  return lines.join("\n");
}

// Only the beginning of a longer body is shown: the layout of millions of characters
// would stop the page.
const longest = 200000;

// body shows bytes exactly and, if they are JSON, formatted.
export function body(text) {
  const bytes = bytesOf(text);
  if (!bytes.length) return el("p", { class: "muted" }, "empty");
  const size = el("p", { class: "muted" }, `${bytes.length.toLocaleString()} bytes`);
  if (typeof text !== "string") return el("div", {}, size, "not UTF-8", el("pre", { class: "body hex", tabindex: 0 }, hex(bytes.subarray(0, longest / 4))));
  const shown = text.slice(0, longest);
  if (shown.length < text.length) size.append(`; the first ${longest.toLocaleString()} characters are shown`);
  const exact = el("pre", { class: "body exact", tabindex: 0, "aria-label": "exact bytes" }, visible(shown));
  const formatted = pretty(text.length > longest ? "" : text);
  const raw = el("details", {}, el("summary", {}, "exact bytes"), exact, el("details", {}, el("summary", {}, "hexadecimal"), el("pre", { class: "body hex", tabindex: 0 }, hex(bytes.subarray(0, longest / 4)))));
  if (formatted === null) {
    raw.open = true;
    return el("div", {}, size, raw);
  }
  return el("div", {}, size, el("pre", { class: "body", tabindex: 0, "aria-label": "formatted" }, visible(formatted)), raw);
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// curl is a command line that sends the bytes of an attempt again.
export function curl(url, head, sent) {
  const fields = headFields(head).filter(([name]) => !/^(host|content-length|authorization|accept-encoding|connection|transfer-encoding)$/i.test(name));
  const parts = ["curl -sS -i", ...fields.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`)];
  if (!fields.some(([name]) => /^accept$/i.test(name))) parts.push("-H 'Accept:'");
  const text = typeof sent === "string" ? sent : null;
  const before = text === null ? `printf %s ${quoted(sent.base64)} | base64 -d | ` : "";
  parts.push(text === null ? "--data-binary @-" : `--data-raw ${quoted(text)}`, quoted(url));
  return before + parts.join(" \\\n  ");
}

// headFields returns the fields of a request's head.
export function headFields(head) {
  const text = typeof head === "string" ? head : new TextDecoder("latin1").decode(bytesOf(head));
  return text.split("\r\n").slice(1).filter(Boolean).map((line) => {
    const at = line.indexOf(":");
    return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1).trim()];
  });
}

