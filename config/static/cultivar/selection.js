// Selecting rows: a box for the whole page, and how many are chosen. Without this script the boxes work one by one.
// `data-selection` names the boxes; they may stand outside the form and belong to it by their `form` attribute.
// `data-words` says how many are chosen; a box with `data-select-all` means every row of the result, also off the page.

const forms = () => document.querySelectorAll("[data-selection]:not([data-ready])");
for (const form of forms()) prepare(form);
document.body.addEventListener("htmx:afterSettle", () => {
  for (const form of forms()) prepare(form);
});

function prepare(form) {
  form.dataset.ready = "";
  const whole = form.querySelector("[data-select-page]");
  const count = form.querySelector("[data-selected]");
  if (!whole) return;
  whole.hidden = form.querySelector("[data-select-page-label]").hidden = false;
  const every = form.querySelector("[data-select-all]");
  if (every) every.addEventListener("change", () => show());
  const boxes = [...form.elements].filter((box) => box.name === form.dataset.selection && box.type === "checkbox");
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    whole.checked = chosen > 0 && chosen === boxes.length;
    whole.indeterminate = chosen > 0 && chosen < boxes.length;
    const words = form.dataset.words ? form.dataset.words.replace("{n}", chosen) : `✓ ${chosen}`;
    count.textContent = chosen && !(every && every.checked) ? words : "";
    form.toggleAttribute("data-chosen", chosen > 0 || Boolean(every && every.checked));
  };
  whole.addEventListener("change", () => {
    for (const box of boxes) box.checked = whole.checked;
    show();
  });
  for (const box of boxes) box.addEventListener("change", show);
  show();
}
