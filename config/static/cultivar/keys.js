// Keys. Controls say theirs with data-key ("s", "g h", "Ctrl+k"); this file presses them, and the tool-tip names them.
// Single keys never fire inside a field, while an input method composes, with a modifier held, or over a dialog; each
// person can switch them off.
import { openSheet } from "./app.js";

const WAIT = 1500; // milliseconds within which the second key of a pair must come
const ROWS = "[data-card], [data-row], main tbody tr";
const side = document.getElementById("side");
let [first, timer, anchor, composing] = ["", 0, null, false];

document.addEventListener("compositionstart", () => (composing = true));
document.addEventListener("compositionend", () => (composing = false));

document.addEventListener("keydown", (event) => {
  if (composing || event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  const command = event.ctrlKey || event.metaKey;
  if (event.key === "Escape") return cancel(event);
  if (event.key === "Enter" && command) return save(event);
  if (event.target.closest("[data-palette]")) return walk(event);
  if (command && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k" && !dialog()) return press(event, "Ctrl+k");
  if (command || event.altKey || dialog() || typing(event.target) || document.body.dataset.singleKeys === "off") return;
  single(event);
});

function single(event) {
  const name = event.shiftKey && /^[a-z]$/i.test(event.key) ? `Shift+${event.key.toLowerCase()}` : event.key;
  const key = first ? `${first} ${name}` : name;
  first = "";
  clearTimeout(timer);
  if (key === "g") {
    first = "g";
    timer = setTimeout(() => (first = ""), WAIT);
  } else if (own[key]) own[key](event);
  else press(event, key);
}

// What the keys do that no control on the page stands for.
const own = {
  j: (event) => step(event, 1),
  k: (event) => step(event, -1),
  x: (event) => tick(event),
  "Shift+x": (event) => tickRange(event),
  o: (event) => look(event),
  s: (event) => stage(event),
  "[": (event) => press(event, "[") || follow(event, "a[rel=prev]"),
  "]": (event) => press(event, "]") || follow(event, "a[rel=next]"),
  Enter: (event) => {
    if (event.target.matches("[data-card]")) event.target.querySelector("a.name")?.click();
  },
};

function press(event, key) {
  const marked = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter((element) => usable(element));
  const here = row();
  const element = marked.find((one) => here?.contains(one)) || marked.find(shown) || marked[0];
  if (!element) return false;
  event.preventDefault();
  element.matches("input, textarea, select") ? element.focus() : element.click();
  if (element.matches("summary") && element.parentElement.open) {
    element.parentElement.querySelector("input:not([type=hidden]), textarea, select")?.focus();
  }
  return true;
}

// The digits of a row belong to the row that has the focus.
function usable(element) {
  const decide = element.closest("[data-decide]");
  return !element.disabled && (!decide || decide.contains(document.activeElement));
}

function follow(event, selector) {
  const link = document.querySelector(selector);
  if (!link) return;
  event.preventDefault();
  link.click();
}

function rows() {
  return [...document.querySelectorAll(ROWS)].filter((one) => shown(one) && grip(one));
}

// What takes the focus in a row: the card itself, else its first link.
function grip(one) {
  return one.matches("[data-card]") ? one : one.querySelector("a[href]");
}

function row() {
  return document.activeElement?.closest(ROWS);
}

function step(event, direction) {
  const all = rows();
  if (!all.length) return;
  event.preventDefault();
  const next = all[Math.min(all.length - 1, Math.max(0, all.indexOf(row()) + direction))];
  grip(next).focus();
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (side?.open) look(event);
}

function box(one) {
  return one?.querySelector("input[type=checkbox]:not(:disabled)");
}

function tick(event) {
  if (!box(row())) return;
  event.preventDefault();
  anchor = row();
  box(anchor).click();
}

// From the row that was ticked last to this one, all like that one.
function tickRange(event) {
  const all = rows();
  const [from, to] = [all.indexOf(anchor), all.indexOf(row())].sort((one, other) => one - other);
  if (from < 0 || to < 0) return tick(event);
  event.preventDefault();
  const wanted = box(anchor)?.checked;
  for (const one of all.slice(from, to + 1)) if (box(one) && box(one).checked !== wanted) box(one).click();
}

// The short card of a record beside the list; a row without one is opened.
function look(event) {
  const here = row();
  const address = here?.querySelector("[data-peek]")?.dataset.peek;
  if (!here) return;
  event.preventDefault();
  if (!address || !side || !window.htmx) return grip(here).click();
  window.htmx.ajax("GET", address, { target: "#side", swap: "innerHTML" }).then(() => {
    if (!side.open) side.show(); // which takes the focus
    grip(here).focus();
  });
}

function stage(event) {
  const card = document.activeElement?.closest("[data-sheet-url]");
  if (!card) return press(event, "s");
  if (!card.hasAttribute("data-draggable")) return;
  event.preventDefault();
  openSheet(card.dataset.sheetUrl);
}

// In the palette the arrows walk through what was found, and Enter opens the first.
function walk(event) {
  const links = [...document.querySelectorAll("[data-palette] a[href]")];
  const input = document.querySelector("[data-palette] input[type=search]");
  const stops = [input, ...links];
  if (event.key === "Enter" && event.target === input && links.length) {
    event.preventDefault();
    links[0].click();
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  event.preventDefault();
  const at = Math.max(0, stops.indexOf(document.activeElement)) + (event.key === "ArrowDown" ? 1 : -1);
  stops[Math.min(stops.length - 1, Math.max(0, at))].focus();
}

function save(event) {
  const form = event.target.closest("form");
  if (!form || form.method !== "post") return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button.primary:not(:disabled), button:not([type=button]):not(:disabled)"));
}

// Out of what one is in: the dialog closes itself, then the sheet beside the list, then the unfolded form, then the field.
function cancel(event) {
  first = "";
  if (dialog()) return;
  const folded = event.target.closest("main details[open]");
  if (side?.open) side.close();
  else if (folded) {
    folded.open = false;
    folded.querySelector("summary").focus();
  } else if (typing(event.target)) event.target.blur();
}

function typing(element) {
  return element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

function dialog() {
  return [...document.querySelectorAll("dialog[open]")].some((one) => one !== side);
}

function shown(element) {
  return element.getClientRects().length > 0;
}

document.addEventListener("click", (event) => event.target.closest("#side [data-close]") && side.close());

function name() {
  for (const element of document.querySelectorAll("[data-key]:not([aria-keyshortcuts])")) {
    const key = element.dataset.key;
    element.setAttribute("aria-keyshortcuts", key.replace("Ctrl+k", "Control+K"));
    const said = element.title || element.getAttribute("aria-label") || element.textContent.trim().replace(/\s+/g, " ");
    element.title = `${said} [${key.replace("Ctrl+k", "Ctrl/⌘ K")}]`;
  }
}
name();
document.body.addEventListener("htmx:afterSettle", name);
