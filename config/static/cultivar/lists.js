// Official lists: one box ticks the page. Digits choose a candidate in the row that has the focus (keys.js).

for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = false;
for (const all of document.querySelectorAll("[data-all]")) {
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll(`input[name="${all.dataset.all}"]`)) box.checked = all.checked;
  });
}
