// Sends the files of an upload form part by part and goes on where it broke off. Without this script the form still works.

const say = (form, text) => (form.querySelector("[data-progress]").textContent = text);

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  return { ok: response.ok, status: response.status, ...body };
}

async function ask(url, token, options = {}) {
  return answer(await fetch(url, { credentials: "same-origin", ...options, headers: { "X-CSRFToken": token, ...options.headers } }));
}

const marks = {
  name: (form, file) => `upload:${form.dataset.upload}:${file.name}:${file.size}:${file.lastModified}`,
  read: (name) => localStorage.getItem(name),
  keep: (name, url) => localStorage.setItem(name, url),
  drop: (name) => localStorage.removeItem(name),
};

async function place(form, file, token) {
  const name = marks.name(form, file);
  const known = marks.read(name);
  if (known) {
    const found = await ask(known, token);
    if (found.ok) return found;
    marks.drop(name);
  }
  const begun = await ask(form.dataset.upload, token, {
    method: "POST",
    body: new URLSearchParams({ name: file.name, size: file.size }),
  });
  if (begun.ok) marks.keep(name, begun.url);
  return begun;
}

async function send(form, file, token) {
  let state = await place(form, file, token);
  if (!state.ok) return state.reasons ?? [form.dataset.broken];
  while (state.offset < file.size) {
    const part = file.slice(state.offset, state.offset + state.part_bytes);
    const headers = { "Upload-Offset": String(state.offset), "Content-Type": "application/octet-stream" };
    const next = await ask(state.url, token, { method: "PUT", body: part, headers });
    if (!next.ok && !(next.status === 409 && next.offset > state.offset)) return next.reasons ?? [form.dataset.broken];
    state = { ...state, offset: next.offset };
    say(form, `${file.name} ${Math.floor((100 * state.offset) / file.size)}%`);
  }
  const day = form.querySelector("[name=valid_until]")?.value ?? "";
  const done = await ask(state.finish, token, { method: "POST", body: new URLSearchParams({ valid_until: day }) });
  marks.drop(marks.name(form, file));
  return done.ok ? null : (done.reasons ?? [form.dataset.broken]);
}

function tell(form, reasons) {
  const box = form.querySelector("[data-progress]");
  box.replaceChildren(
    ...reasons.map((reason) => Object.assign(document.createElement("p"), { className: "act", textContent: reason })),
  );
}

addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-upload]");
  const files = [...(form?.querySelector("input[type=file]").files ?? [])];
  if (!files.some((file) => file.size > 2 ** 20)) return; // small ones go as the form sends them
  event.preventDefault();
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const button = form.querySelector("button");
  button.disabled = true;
  const refused = [];
  try {
    for (const file of files) refused.push(...((await send(form, file, token)) ?? []));
  } catch {
    refused.push(form.dataset.broken);
  }
  button.disabled = false;
  if (refused.length) tell(form, refused);
  else location.reload();
});
