// Official lists: digits choose a candidate in the row that has the focus; one box ticks the page. Buttons do the same.

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !/^[0-3]$/.test(event.key)) return;
  if (event.target.closest("input, textarea, select")) return;
  const button = event.target.closest("[data-decide]")?.querySelector(`[data-key="${event.key}"]`);
  if (button) {
    event.preventDefault();
    button.click();
  }
});

for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = false;
for (const all of document.querySelectorAll("[data-all]")) {
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll(`input[name="${all.dataset.all}"]`)) box.checked = all.checked;
  });
}
