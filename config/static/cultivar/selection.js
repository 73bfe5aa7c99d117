// Selecting rows: a box for the whole page, and how many are chosen. Without this script the boxes work one by one.

for (const form of document.querySelectorAll("[data-selection]")) prepare(form);
document.body.addEventListener("htmx:afterSettle", () => {
  for (const form of document.querySelectorAll("[data-selection]:not([data-ready])")) prepare(form);
});

function prepare(form) {
  form.dataset.ready = "";
  const whole = form.querySelector("[data-select-page]");
  const count = form.querySelector("[data-selected]");
  if (!whole) return;
  whole.hidden = form.querySelector("[data-select-page-label]").hidden = false;
  const boxes = [...form.querySelectorAll("input[name=firm]")];
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    whole.checked = chosen === boxes.length;
    whole.indeterminate = chosen > 0 && chosen < boxes.length;
    count.textContent = chosen ? `✓ ${chosen}` : "";
  };
  whole.addEventListener("change", () => {
    for (const box of boxes) box.checked = whole.checked;
    show();
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "firm") show();
  });
  show();
}
