// Functions that make elements. Text stays text: no file of the page makes markup of
// a string.

// el makes an element. An attribute that is a function listens to the event of its
// name. An attribute or child that is null or false is left out.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  add(node, children);
  return node;
}

function add(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

export function fill(node, ...children) {
  node.replaceChildren();
  add(node, children);
}

// refill is fill for content with buttons. What is the same already stays, so that no
// click is lost. The button that has the focus keeps it, if its data-key is there again.
export function refill(node, ...children) {
  const next = el("div", {}, ...children).childNodes;
  if (next.length === node.childNodes.length && [...next].every((one, i) => one.isEqualNode(node.childNodes[i]))) return;
  const focused = node.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  fill(node, ...children);
  if (focused === undefined) return;
  [...node.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focused)?.focus({ preventScroll: true });
}

const svgSpace = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(svgSpace, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  add(node, children);
  return node;
}

// Characters that cannot be seen, or that change how others are shown: controls other
// than line break and tab, format characters, lone surrogates.
const odd = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu;

// visible returns text as nodes that show every character.
export function visible(text) {
  const out = [];
  let from = 0;
  for (const found of text.matchAll(odd)) {
    if (found.index > from) out.push(text.slice(from, found.index));
    const code = found[0].codePointAt(0).toString(16);
    out.push(el("span", { class: "odd" }, code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`));
    from = found.index + found[0].length;
  }
  out.push(text.slice(from));
  return out;
}

// code is a block of text with a button that copies it.
export function code(text, label = "Copy") {
  const button = el("button", { type: "button", class: "copy" }, label);
  button.addEventListener("click", async () => {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      done = false;
      getSelection().selectAllChildren(block);
    }
    button.textContent = done ? "Copied" : "Selected";
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  const block = el("code", {}, visible(text));
  return el("div", { class: "code" }, el("pre", { tabindex: 0 }, block), button);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export function time(text) {
  const at = new Date(text);
  if (isNaN(at)) return el("time", {}, String(text));
  const rest = `.${String(at.getMilliseconds()).padStart(3, "0")}`;
  return el("time", { datetime: text, title: text }, clock.format(at), el("span", { class: "ms" }, rest));
}

export function took(ms) {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 10000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}

export function counted(n, one, many = `${one}s`) {
  return `${n.toLocaleString()} ${n === 1 ? one : many}`;
}

// throttled returns a function that calls f once for all calls within a short time.
export function throttled(f, wait = 200) {
  let timer = null;
  return () => {
    timer ??= setTimeout(() => {
      timer = null;
      f();
    }, wait);
  };
}

export const byID = (id) => document.getElementById(id);
