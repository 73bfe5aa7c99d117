// Behaviour shared by all pages. Everything here is a convenience: without it the pages work through links and forms.

const sheet = document.getElementById("sheet");

// Filters apply at once; their buttons are only for pages without this script.
for (const element of document.querySelectorAll("[data-nojs]")) element.hidden = true;
for (const form of document.querySelectorAll("form[data-autosubmit]:not([hx-get])")) {
  form.addEventListener("change", () => form.requestSubmit());
}

// Of two boxes that exclude each other the last one ticked counts. Before anybody who listens sends the form.
document.addEventListener("change", ({ target }) => {
  if (!target.dataset?.not || !target.checked) return;
  const others = target.form.querySelectorAll(`input[name="${target.dataset.not}"][value="${target.value}"]`);
  for (const other of others) other.checked = false;
}, true);

// An address holds only what was chosen.
for (const form of document.querySelectorAll("form[data-terse]")) {
  form.addEventListener("formdata", ({ formData }) => {
    for (const field of form.elements) if (field.type !== "hidden" && field.value === "") formData.delete(field.name);
  });
}

// The summary of what is wrong takes the focus, after the browser has followed the address's own anchor.
addEventListener("load", () => setTimeout(() => document.querySelector("main [data-focus]")?.focus()));

// What scrolls sideways can be scrolled by keyboard.
function reachScrollers() {
  for (const box of document.querySelectorAll(".scroll")) box.tabIndex = box.scrollWidth > box.clientWidth ? 0 : -1;
}
reachScrollers();
addEventListener("resize", reachScrollers);

// The sheet of moves opens over the page, by click, key or drop; its link is the fallback.
export function openSheet(url) {
  if (!sheet || !window.htmx) {
    location.href = url;
    return;
  }
  window.htmx.ajax("GET", url, { target: "#sheet", swap: "innerHTML" }).then(() => {
    if (!sheet.open) sheet.showModal();
    prepareSheet(sheet);
  });
}

// Once for each sheet that arrives: a second time would take the focus from somebody who has begun to choose.
function prepareSheet(place) {
  const inner = place.querySelector("[data-move-sheet]:not([data-prepared])");
  if (!inner) return;
  inner.dataset.prepared = "";
  const grants = inner.querySelector("[data-when-grants]");
  const reveal = inner.querySelector("[data-when-revealable]");
  const update = () => {
    const chosen = inner.querySelector("input[name=transition]:checked");
    if (reveal) reveal.hidden = !(chosen && chosen.dataset.revealable);
    if (grants) grants.hidden = !(chosen && chosen.dataset.grants);
    const note = inner.querySelector("textarea[name=note]");
    if (note) note.required = Boolean(chosen && chosen.dataset.note);
  };
  inner.addEventListener("change", update);
  update();
  const error = inner.querySelector("[data-focus]");
  const first = inner.querySelector("input[name=transition]:checked") || inner.querySelector("input[name=transition]:not(:disabled)");
  (error || first || inner).focus?.();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-sheet]");
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    openSheet(link.href);
  }
  if (event.target.closest("[data-close]") && sheet?.open) {
    event.preventDefault();
    sheet.close();
  }
});

if (document.querySelector("main [data-move-sheet]")) prepareSheet(document.querySelector("main"));

document.body.addEventListener("htmx:afterSettle", (event) => {
  reachScrollers();
  if (sheet?.open && sheet.contains(event.target)) prepareSheet(sheet);
});

document.body.addEventListener("moved", (event) => {
  if (sheet?.open) sheet.close();
  toast(event.detail.text, event.detail);
  if (document.querySelector("main [data-move-sheet]")) location.href = event.detail.address;  // the sheet as a page
  else if (!document.querySelector("[data-board]")) setTimeout(() => location.reload(), 400);
});

export function toast(text, { undo, version } = {}) {
  document.querySelector(".toast")?.remove();
  const box = document.createElement("div");
  box.className = "toast";
  box.setAttribute("role", "status");
  box.textContent = text;
  if (undo) box.append(undoForm(undo, version));
  document.body.append(box);
  setTimeout(() => box.remove(), undo ? 60_000 : 4000);
}

// A slip of the hand is taken back from where it was made; the server says whether the minute is over.
function undoForm({ address, label }, version) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  const values = { version, next: location.pathname + location.search };
  values.csrfmiddlewaretoken = JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"];
  for (const [name, value] of Object.entries(values)) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    form.append(field);
  }
  form.append(Object.assign(document.createElement("button"), { className: "linklike", textContent: label }));
  return form;
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

// What was typed survives a lost session: kept on this machine until the form is sent.
for (const form of document.querySelectorAll("form[data-draft]")) {
  const note = form.querySelector("textarea");
  const key = `draft:${form.dataset.draft}`;
  if (!note.value && localStorage.getItem(key)) note.value = localStorage.getItem(key);
  note.addEventListener("input", () => localStorage.setItem(key, note.value));
  form.addEventListener("submit", () => localStorage.removeItem(key));
}

// What was kept in place is said once; the parts of the page that show it listen to the same events themselves.
for (const name of ["figures-changed", "rights-changed"]) {
  document.body.addEventListener(name, (event) => event.detail?.text && toast(event.detail.text));
}

// A trial refreshes while somebody types, never while an input method composes; the end of composing counts as typing.
let composing = false;
document.addEventListener("compositionstart", () => (composing = true));
document.addEventListener("compositionend", (event) => {
  composing = false;
  if (event.target.closest("[data-live]")) event.target.dispatchEvent(new Event("input", { bubbles: true }));
});
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (composing && event.detail.elt.matches("[data-live]")) event.preventDefault();
});

// A code is copied as it stands. The clipboard's own interface is missing on plain http, so the selection does it.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector(button.dataset.copy));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    if (document.execCommand("copy")) toast(button.dataset.done);
  });
}
