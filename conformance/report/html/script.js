// Filters, keys, theme and copying. The page can be read without any of it.
// Text is only ever read from the page, never written into it as markup.
(() => {
  "use strict";
  const one = (id) => document.getElementById(id);
  const all = (query, within = document) => [...within.querySelectorAll(query)];
  const root = document.documentElement;
  const checks = all(".check");
  const chips = all(".chip");
  const search = one("search");

  for (const e of all(".tools, .find, .copy")) e.hidden = false;
  for (const chip of chips) chip.disabled = false;

  // Which checks are shown.
  const words = new Map(checks.map((c) => [c, c.querySelector("summary").textContent.toLowerCase()]));
  function filter() {
    const wanted = chips.filter((c) => c.getAttribute("aria-pressed") === "true").map((c) => c.dataset.status);
    const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (c) => (!wanted.length || wanted.includes(c.dataset.status)) && terms.every((t) => words.get(c).includes(t));
    const found = new Set(checks.filter(fits));
    // What is around something found is shown, and opened where somebody asked.
    for (const c of checks) c.hidden = !found.has(c) && !all(".check", c).some((inner) => found.has(inner));
    for (const g of all(".fold, .lot, .worst")) {
      g.hidden = !g.querySelector(".check:not([hidden])");
      if (g.matches("details") && !g.hidden && (wanted.length || terms.length)) g.open = true;
    }
    const shown = found.size;
    one("none").hidden = shown > 0 || !checks.length;
    one("shown").textContent = shown === checks.length ? "" : `${shown} of ${checks.length} shown`;
  }
  function reset() {
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    search.value = "";
    filter();
  }
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }
  search.addEventListener("input", filter);
  one("reset").addEventListener("click", () => { reset(); search.focus(); });

  // Opening all that is shown, and closing it again.
  const expand = one("expand");
  const folds = () => all(".check, .fold").filter((d) => d.matches("details") && !d.hidden);
  function toggleAll() {
    const open = folds().some((d) => !d.open);
    for (const d of folds()) d.open = open;
    label();
  }
  function label() {
    expand.textContent = folds().some((d) => !d.open) ? "Open all" : "Close all";
  }
  expand.addEventListener("click", toggleAll);
  for (const d of folds()) d.addEventListener("toggle", label);
  label();

  // Moving from check to check, but not into what is folded.
  const visible = () => checks.filter((c) => !c.hidden && !c.parentElement.closest("details:not([open]), [hidden]"));
  function move(step, among) {
    const list = visible();
    const here = list.indexOf(document.activeElement?.closest(".check"));
    for (let i = here < 0 ? (step > 0 ? 0 : list.length - 1) : here + step; i >= 0 && i < list.length; i += step) {
      if (!among(list[i])) continue;
      const summary = list[i].querySelector("summary");
      summary.focus({ preventScroll: true });
      summary.scrollIntoView({ block: "center" });
      return;
    }
  }
  const any = () => true;
  const short = (c) => c.dataset.status !== "pass";

  // The theme: what the system says, unless the reader says otherwise.
  const themes = ["auto", "light", "dark"];
  const stored = {
    get() { try { return localStorage.getItem("rtkmock-theme"); } catch { return null; } },
    set(theme) { try { localStorage.setItem("rtkmock-theme", theme); } catch { /* for this page only, then */ } },
  };
  function theme(name) {
    if (name === "auto") delete root.dataset.theme;
    else root.dataset.theme = name;
    one("theme").textContent = `Theme: ${name}`;
  }
  function nextTheme() {
    const name = themes[(themes.indexOf(root.dataset.theme ?? "auto") + 1) % themes.length];
    theme(name);
    stored.set(name);
  }
  theme(themes.includes(stored.get()) ? stored.get() : "auto");
  one("theme").addEventListener("click", nextTheme);

  // Copying.
  for (const button of all(".copy")) {
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("code");
      let done = true;
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch {
        getSelection().selectAllChildren(code);
        done = document.execCommand("copy");
      }
      button.textContent = done ? "Copied" : "Selected";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }

  // On paper everything is open but other forms of a body. Where the style can
  // do that by itself, it does.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open], .again)");
    for (const d of closed) d.open = true;
  });
  addEventListener("afterprint", () => {
    for (const d of closed) d.open = false;
    closed = [];
  });
  one("print").addEventListener("click", () => print());

  // A link to a check opens it.
  function follow() {
    let id = "";
    try { id = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const c = checks.find((c) => c.id === id);
    if (!c) return;
    if (c.hidden) reset();
    c.tabIndex = -1; // else a browser that goes to the fragment after this takes the focus away
    for (let d = c; d; d = d.parentElement.closest("details")) d.open = true;
    requestAnimationFrame(() => { // what was folded until now cannot have the focus yet
      c.querySelector("summary").focus({ preventScroll: true });
      c.scrollIntoView();
    });
  }
  addEventListener("hashchange", follow);
  follow();

  // Keys.
  const help = one("help");
  one("keys").addEventListener("click", () => help.showModal());
  one("close").addEventListener("click", () => help.close());
  const keys = {
    j: () => move(1, any), k: () => move(-1, any),
    n: () => move(1, short), p: () => move(-1, short),
    o: toggleAll, t: nextTheme,
    "/": () => { search.focus(); search.select(); },
    "?": () => help.showModal(),
    Escape: reset,
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || help.open) return;
    if (e.target === search) {
      if (e.key === "Escape") { reset(); search.blur(); }
      if (e.key === "Enter") move(1, any);
      return;
    }
    if (!Object.hasOwn(keys, e.key)) return;
    e.preventDefault();
    keys[e.key]();
  });
})();
