(() => {
  "use strict";
  const root = document.documentElement;
  const find = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const byId = (id) => document.getElementById(id);
  root.classList.add("scripted");

  // What a screen reader hears.
  const said = byId("said");
  const say = (text) => { said.textContent = text; };

  // Colours: as the system, light, dark. A file opened from a disk may have no storage.
  const theme = byId("theme");
  const themes = ["auto", "light", "dark"];
  const recall = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const paint = (name) => {
    if (name === "auto") root.removeAttribute("data-theme"); else root.setAttribute("data-theme", name);
    theme.textContent = "Colours: " + name;
  };
  let current = themes.includes(recall()) ? recall() : "auto";
  if (theme) {
    paint(current);
    theme.addEventListener("click", () => {
      current = themes[(themes.indexOf(current) + 1) % themes.length];
      paint(current);
      try { localStorage.setItem("theme", current); } catch { /* not kept */ }
    });
  }
  byId("print")?.addEventListener("click", () => window.print());

  // Copy: the clipboard needs a secure context, which a file may not be.
  const copy = async (text, source) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* the old way */ }
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    try { return document.execCommand("copy"); } catch { return false; }
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const source = byId(button.dataset.copy);
    const done = await copy(source.textContent, source);
    button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
    say(button.textContent);
    setTimeout(() => { button.textContent = "Copy"; }, 2500);
  });

  // Anchors: whatever they name is opened and shown.
  const reveal = (id) => {
    const place = id && byId(id);
    if (!place) return false;
    for (let box = place; box; box = box.parentElement) if (box.localName === "details") box.open = true;
    place.hidden = false;
    for (let box = place.parentElement; box; box = box.parentElement) box.hidden = false;
    place.scrollIntoView();
    if (place.localName === "details") place.querySelector("summary").focus({ preventScroll: true });
    else if (place.tabIndex === -1) place.focus({ preventScroll: true });
    return true;
  };

  // Filters, kept in the hash: #requirements?outcome=failed,warned&service=hdm&q=token
  const keys = ["outcome", "service", "binding", "basis"];
  const rows = find(".req");
  const groups = find(".group");
  const wereOpen = new Map(groups.map((group) => [group, group.open]));
  const buttons = find(".filters button[data-key]");
  const query = byId("q");
  const words = new Map();
  const state = { q: "" };
  for (const key of keys) state[key] = new Set();
  const filtering = () => state.q !== "" || keys.some((key) => state[key].size);
  const wordsOf = (row) => {
    if (!words.has(row)) words.set(row, row.textContent.toLowerCase());
    return words.get(row);
  };
  const apply = () => {
    const wanted = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const active = filtering();
    let shown = 0;
    for (const row of rows) {
      const fits = keys.every((key) => !state[key].size || state[key].has(row.dataset[key]))
        && wanted.every((word) => wordsOf(row).includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    for (const group of groups) {
      const members = find(".req", group);
      const some = members.filter((row) => !row.hidden).length;
      group.hidden = !some;
      group.querySelector(".number").textContent = some === members.length ? some : `${some} of ${members.length}`;
      group.open = active ? some > 0 : wereOpen.get(group);
    }
    for (const button of buttons) button.setAttribute("aria-pressed", String(state[button.dataset.key].has(button.dataset.value)));
    if (query.value !== state.q) query.value = state.q;
    byId("count").textContent = active ? `Showing ${shown} of ${rows.length}` : `${rows.length} requirements`;
    byId("clear").hidden = !active;
    if (active) say(byId("count").textContent);
  };
  const hashOf = () => {
    const parts = keys.filter((key) => state[key].size).map((key) => `${key}=${[...state[key]].join(",")}`);
    if (state.q) parts.push(`q=${encodeURIComponent(state.q)}`);
    return "#requirements" + (parts.length ? "?" + parts.join("&") : "");
  };
  const remember = () => history.replaceState(null, "", hashOf());
  const adopt = (text) => {
    const given = new URLSearchParams(text);
    for (const key of keys) state[key] = new Set((given.get(key) || "").split(",").filter(Boolean));
    state.q = given.get("q") || "";
  };
  const arrive = () => {
    const [anchor, filter] = location.hash.slice(1).split("?");
    if (!rows.length) return;
    if (filter !== undefined) { adopt(filter); apply(); }
    let id = anchor;
    try { id = decodeURIComponent(anchor); } catch { /* as it is */ }
    const place = byId(id);
    if (place && place.classList.contains("req") && place.hidden) { adopt(""); apply(); }
    reveal(id);
  };
  if (rows.length) {
    apply();
    for (const button of buttons) button.addEventListener("click", () => {
      const chosen = state[button.dataset.key];
      if (!chosen.delete(button.dataset.value)) chosen.add(button.dataset.value);
      apply();
      remember();
    });
    query.addEventListener("input", () => { state.q = query.value.trim(); apply(); remember(); });
    byId("clear").addEventListener("click", () => { adopt(""); apply(); remember(); query.focus(); });
    for (const link of find("a[data-filter]")) link.setAttribute("href", "#requirements?" + link.dataset.filter);
  }
  addEventListener("hashchange", arrive);
  if (location.hash) arrive();

  // Keys: none of them acts while somebody types.
  const causes = find("article.cause");
  const step = (by) => {
    if (!causes.length) return;
    const top = causes.map((cause) => cause.getBoundingClientRect().top);
    const margin = parseFloat(getComputedStyle(root).scrollPaddingTop) || 0;
    const here = causes.includes(document.activeElement) ? causes.indexOf(document.activeElement)
      : top.filter((place) => place < margin - 8).length - (by > 0 ? 1 : 0);
    const next = causes[Math.min(Math.max(here + by, 0), causes.length - 1)];
    history.replaceState(null, "", "#" + next.id);
    reveal(next.id);
    say(next.querySelector("h3").textContent);
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(input|textarea|select)$/.test(event.target.localName);
    if (event.key === "Escape" && rows.length && filtering()) { adopt(""); apply(); remember(); }
    else if (typing) return;
    else if (event.key === "/" && query) { event.preventDefault(); query.scrollIntoView({ block: "center" }); query.focus(); }
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
  });
})();
