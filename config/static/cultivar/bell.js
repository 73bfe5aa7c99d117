// The bell: count, list and title follow the server without a reload. One timer per tab, none while the tab is hidden.

const EVERY = 20_000;
const LONGEST = 300_000;
const box = document.querySelector("[data-bell]");

if (box) {
  const link = box.querySelector(".bell");
  const count = box.querySelector(".count");
  const sheet = box.querySelector(".bellsheet");
  const list = box.querySelector("[data-bell-list]");
  const status = box.querySelector("[role=status]");
  const title = document.title;
  let unread = Number(count.textContent) || 0;
  let etag = "";
  let pause = EVERY;
  let timer = 0;
  let asking = false;
  let over = false;

  const show = (number) => {
    count.textContent = number;
    count.hidden = !number;
    document.title = number ? `(${number}) ${title}` : title;
  };
  show(unread);

  // Only a tab that somebody sees asks; the next question is set when the last one is answered.
  const plan = () => {
    clearTimeout(timer);
    if (!document.hidden && !over) timer = setTimeout(ask, pause);
  };

  async function ask() {
    if (asking || over) return;
    asking = true;
    clearTimeout(timer);
    try {
      const answer = await fetch(box.dataset.bell, {
        headers: etag ? { "If-None-Match": etag } : {},
        cache: "no-store",
        redirect: "manual",
      });
      if (answer.type === "opaqueredirect") over = true; // logged out: the page itself will say so
      else if (answer.status === 200) take(answer.headers.get("ETag") || "", await answer.text());
      else if (answer.status !== 304) throw new Error(answer.status);
      pause = EVERY;
    } catch {
      pause = Math.min(pause * 2, LONGEST);
    } finally {
      asking = false;
      plan();
    }
  }

  function take(tag, html) {
    etag = tag;
    const held = list.contains(document.activeElement);
    list.innerHTML = html;
    if (held) sheet.focus();
    const { unread: number, said } = list.firstElementChild.dataset;
    if (Number(number) > unread) status.textContent = said;
    unread = Number(number);
    show(unread);
  }

  const open = (wanted) => {
    sheet.hidden = !wanted;
    link.setAttribute("aria-expanded", String(wanted));
    if (!wanted) return;
    ask();
    sheet.focus();
  };

  link.setAttribute("aria-expanded", "false");
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    open(sheet.hidden);
  });
  document.addEventListener("click", (event) => {
    if (!sheet.hidden && !event.composedPath().includes(box)) open(false);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || sheet.hidden) return;
    open(false);
    link.focus();
  });
  list.addEventListener("submit", async (event) => {
    if (!event.target.matches("[data-bell-read]")) return;
    event.preventDefault();
    await fetch(event.target.action, { method: "POST", body: new FormData(event.target), redirect: "manual" });
    ask();
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : ask()));
  addEventListener("online", () => {
    pause = EVERY;
    ask();
  });
  plan();
}
