// Dragging a card opens the same sheet as its key and its menu. The card stays where it is until the server agrees.
import { openSheet } from "./app.js";

const FAR_ENOUGH = 6; // pixels before a press becomes a drag
let drag = null;

document.addEventListener("pointerdown", (event) => {
  const card = event.target.closest("[data-draggable]");
  if (!card || event.button !== 0 || event.target.closest("a, button")) return;
  drag = { card, id: event.pointerId, x: event.clientX, y: event.clientY, ghost: null, lane: null };
});

document.addEventListener("pointermove", (event) => {
  if (!drag || event.pointerId !== drag.id) return;
  if (!drag.ghost && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < FAR_ENOUGH) return;
  if (!drag.ghost) begin(event);
  drag.ghost.style.left = `${event.clientX - drag.dx}px`;
  drag.ghost.style.top = `${event.clientY - drag.dy}px`;
  const lane = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-stage]");
  if (lane !== drag.lane) {
    drag.lane?.classList.remove("over");
    drag.lane = lane;
    if (lane?.classList.contains("may-drop")) lane.classList.add("over");
  }
  edge(event);
});

document.addEventListener("pointerup", (event) => {
  if (!drag || event.pointerId !== drag.id) return;
  const { card, lane, ghost } = drag;
  finish();
  if (ghost && lane && targets(card).includes(lane.dataset.stage)) {
    openSheet(`${card.dataset.sheetUrl}?to=${encodeURIComponent(lane.dataset.stage)}`);
  }
});

document.addEventListener("pointercancel", finish);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && drag) finish();
});

function targets(card) {
  return (card.dataset.targets || "").split(" ").filter(Boolean);
}

function begin(event) {
  const box = drag.card.getBoundingClientRect();
  drag.dx = drag.x - box.left;
  drag.dy = drag.y - box.top;
  drag.ghost = drag.card.cloneNode(true);
  drag.ghost.classList.add("ghost");
  drag.ghost.removeAttribute("tabindex");
  document.body.append(drag.ghost);
  drag.card.classList.add("dragging");
  document.getSelection()?.removeAllRanges();
  document.body.style.userSelect = "none";
  const open = targets(drag.card);
  for (const lane of document.querySelectorAll("[data-stage]")) {
    const own = lane.contains(drag.card);
    lane.classList.toggle("may-drop", open.includes(lane.dataset.stage));
    lane.classList.toggle("no-drop", !own && !open.includes(lane.dataset.stage));
  }
  event.preventDefault();
}

function finish() {
  if (!drag) return;
  drag.ghost?.remove();
  drag.card.classList.remove("dragging");
  document.body.style.userSelect = "";
  for (const lane of document.querySelectorAll("[data-stage]")) lane.classList.remove("may-drop", "no-drop", "over");
  drag = null;
}

// Near the edge of the board it scrolls, so that far lanes can be reached.
function edge(event) {
  const board = document.querySelector("[data-board]");
  const box = board.getBoundingClientRect();
  if (event.clientX > box.right - 60) board.scrollLeft += 14;
  if (event.clientX < box.left + 60) board.scrollLeft -= 14;
}

// The lanes are fetched anew after a move; the view stays where it was.
let kept = 0;
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id === "board") kept = event.target.scrollLeft;
});
document.body.addEventListener("htmx:afterSwap", () => {
  const board = document.querySelector("[data-board]");
  if (board && kept) board.scrollLeft = kept;
});
