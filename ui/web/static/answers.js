// What comes after an answer: questions to go on with, and papers side by side. It is asked for when the answer is shown
// and in view, so that no answer waits for it, and put back where Gradio draws the answer anew.
window.answers = (() => {
  "use strict";
  const KEPT = "paperchat.columns"; // what the reader wants to compare besides, by answer
  const MOST = 50; // answers of which that is remembered
  const PAUSE = 400; // ms after an answer, so that nothing is drawn while it comes into view
  const known = new Map(); // address → HTML
  const under = new Set();
  const wanted = new Map(); // of a slot, the address that was asked for last
  const $ = (selector, within = document) => within.querySelector(selector);

  function columns(exchange) {
    try {
      return JSON.parse(localStorage.getItem(KEPT) || "{}")[exchange] || [];
    } catch {
      return [];
    }
  }

  function want(exchange, names) {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT) || "{}");
      delete kept[exchange];
      const newest = Object.entries(kept).sort((one, other) => other[0] - one[0]).slice(0, MOST);
      localStorage.setItem(KEPT, JSON.stringify({ ...Object.fromEntries(newest), [exchange]: names }));
    } catch {
      // then it holds until the page is left
    }
  }

  const addressOf = (slot, names) =>
    slot.dataset.next
      ? `/answer/${slot.dataset.next}/next`
      : `/answer/${slot.dataset.table}/table?${new URLSearchParams(names.map((name) => ["column", name]))}`;

  async function fill(slot, names = columns(slot.dataset.table)) {
    const address = addressOf(slot, names);
    const key = slot.dataset.next ? `next ${slot.dataset.next}` : `table ${slot.dataset.table}`;
    wanted.set(key, address);
    if (under.has(address)) return;
    if (!known.has(address)) {
      under.add(address);
      slot.setAttribute("aria-busy", "true");
      const response = await fetch(address).catch(() => null);
      under.delete(address);
      const isWanted = wanted.get(key) === address;
      if (isWanted) slot.removeAttribute("aria-busy");
      if (!response?.ok) {
        if (slot.dataset.table && isWanted) fail(slot, response ? await response.text() : "The server does not answer. Try again.");
        return;
      }
      known.set(address, await response.text());
    }
    if (wanted.get(key) !== address) return; // another column was added or taken away meanwhile
    const place = slot.isConnected ? slot : $(`[data-next="${slot.dataset.next}"], [data-table="${slot.dataset.table}"]`);
    if (!place) return;
    const wide = $(".wide", place)?.scrollLeft || 0;
    place.innerHTML = known.get(address);
    if (wide) $(".wide", place).scrollLeft = wide;
    place.dataset.filled = address;
  }

  function fail(slot, text) {
    const said = $(".table-failed", slot) || document.createElement("p");
    said.className = "table-failed";
    said.setAttribute("role", "alert");
    said.textContent = text;
    slot.append(said);
  }

  function tabulate(button) {
    const slot = button.closest("[data-table]");
    button.disabled = true;
    button.textContent = "Comparing…";
    open.add(slot.dataset.table);
    fill(slot).then(() => window.paperchat.announce("The papers stand side by side."));
  }

  const open = new Set(); // tables that the reader asked for

  const seen = new IntersectionObserver((entries) =>
    entries.filter((one) => one.isIntersecting).forEach(({ target }) => {
      seen.unobserve(target);
      setTimeout(() => target.isConnected && fill(target), known.has(addressOf(target, columns(target.dataset.table))) ? 0 : PAUSE);
    }),
  );

  function look() {
    document.querySelectorAll("[data-next]:not([data-filled]), [data-table]:not([data-filled])").forEach((slot) => {
      if (slot.dataset.table && slot.dataset.auto === undefined && !open.has(slot.dataset.table)) return;
      const address = addressOf(slot, columns(slot.dataset.table));
      if (known.has(address)) fill(slot);
      else seen.observe(slot);
    });
  }

  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      look();
    });
  }).observe(document.documentElement, { childList: true, subtree: true });

  // A column is added by saying what is wanted, and taken away.
  async function change(slot, names, said) {
    want(slot.dataset.table, names);
    await fill(slot, names);
    window.paperchat.announce(said);
    const field = $("input[name=column]", slot);
    if (field) {
      field.value = "";
      field.focus({ preventScroll: true });
    }
  }

  addEventListener("submit", (event) => {
    const form = event.target.closest?.(".table-tools form");
    if (!form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const slot = form.closest("[data-table]");
    const name = new FormData(form).get("column").trim();
    const names = columns(slot.dataset.table);
    if (name && !names.includes(name)) change(slot, [...names, name], `${name}: added.`);
  }, true);

  addEventListener("click", (event) => {
    const away = event.target.closest?.("[data-away]");
    if (!away) return;
    const slot = away.closest("[data-table]");
    const name = away.dataset.away;
    change(slot, columns(slot.dataset.table).filter((one) => one !== name), `${name}: taken away.`);
  });

  // What a word on the page means is put away like any tool tip.
  addEventListener("keydown", (event) => event.key === "Escape" && document.activeElement?.matches(".explained") && document.activeElement.blur());

  return { tabulate };
})();
