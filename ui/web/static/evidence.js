// The quote behind a citation's marker: shown where the marker stands, in the column beside the text, or, on a phone, in
// a sheet that comes up from below. What is shown was sent with the answer (ui/web/evidence/peeks.py); nothing is asked for here.
window.evidence = (() => {
  "use strict";
  const SOON = 120; // ms the pointer rests on a marker before its quote is shown
  const LATER = 220; // ms in which the pointer may go from a marker to its quote
  const GAP = 6; // px between a marker and its quote
  const $ = (selector, within = document) => within.querySelector(selector);
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const beside = () => matchMedia("(min-width: 72rem)").matches; // the column has a place of its own
  const small = () => matchMedia("(max-width: 48rem)").matches;
  const seen = (one) => one.getClientRects().length > 0 && getComputedStyle(one).visibility === "visible";
  let marker = null; // whose quote is shown
  let timer = 0;

  const column = (card) => card.closest(".evidence");

  function select(card, focused = true) {
    column(card)
      .querySelectorAll(".card.selected")
      .forEach((one) => one.classList.remove("selected"));
    card.classList.add("selected");
    if (focused) card.focus({ preventScroll: true });
    card.scrollIntoView({ block: beside() ? "nearest" : "start", behavior: calm() ? "auto" : "smooth" });
  }

  const cardOf = (one) => document.getElementById(one.getAttribute("href").slice(1));

  // A marker leads to its card; on a phone to the sheet. What is not on the page is asked for.
  function follow(one, trigger) {
    hide();
    if (small()) return open(one, trigger);
    if (one.closest(".grid") && !cardOf(one)) return point(one); // what a table quotes besides the answer has no card
    show(one, trigger);
  }

  function show(one, trigger) {
    const card = cardOf(one);
    if (card) return select(card);
    const turn = one.closest("[data-exchange]");
    if (turn) trigger("show", { exchange: turn.dataset.exchange, n: one.dataset.n });
  }

  function back(button) {
    const card = button.closest(".card");
    const one = markers(document).find((other) => other.getAttribute("href") === `#${card.id}`);
    if (!one) return;
    one.scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" });
    one.focus({ preventScroll: true });
  }

  function reveal() {
    const card = $("#evidence .card.selected");
    if (card) select(card);
  }

  const markers = (within) => [...within.querySelectorAll("a.marker")].filter(seen);

  // --- at the marker --------------------------------------------------------------------------------------------------

  function told(one) {
    const [, n] = one.getAttribute("href").match(/(\d+)$/) || [];
    const among = one.closest(".turn, .summary");
    return among && $(`.peek[data-n="${n}"]`, among);
  }

  function filled(place, one) {
    const source = told(one);
    if (!source) return false;
    const copies = [...source.cloneNode(true).children];
    copies.forEach((copy) => copy.removeAttribute("id"));
    place.replaceChildren(...copies);
    return true;
  }

  function peek() {
    let box = $("#peek");
    if (box) return box;
    box = document.createElement("div");
    box.id = "peek";
    box.hidden = true;
    box.setAttribute("role", "note");
    box.setAttribute("aria-label", "Quote and source");
    box.addEventListener("pointerenter", () => clearTimeout(timer));
    box.addEventListener("pointerleave", () => soon(hide, LATER));
    $("main:not(#view)").append(box);
    return box;
  }

  function point(one) {
    const box = peek();
    if (!one.isConnected || small() || !filled(box, one)) return hide();
    marker?.classList.remove("pointed");
    marker = one;
    marker.classList.add("pointed");
    box.hidden = false;
    const at = one.getBoundingClientRect();
    const below = innerHeight - at.bottom - GAP;
    const above = at.top - GAP - 56; // the navigation stays in sight
    const under = below >= Math.min(box.scrollHeight, 200) || below >= above;
    box.style.maxHeight = `${Math.max(120, (under ? below : above) - GAP)}px`;
    box.style.left = `${Math.max(GAP, Math.min(at.left, innerWidth - box.offsetWidth - GAP))}px`;
    box.style.top = `${under ? at.bottom + GAP : Math.max(GAP, at.top - GAP - box.offsetHeight)}px`;
    const card = cardOf(one);
    document.querySelectorAll(".card.pointed").forEach((other) => other.classList.remove("pointed"));
    card?.classList.add("pointed");
  }

  function hide() {
    clearTimeout(timer);
    marker?.classList.remove("pointed");
    marker = null;
    document.querySelectorAll(".card.pointed").forEach((other) => other.classList.remove("pointed"));
    const box = $("#peek");
    if (box) box.hidden = true;
  }

  function soon(act, wait) {
    clearTimeout(timer);
    timer = setTimeout(act, wait);
  }

  addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const one = event.target.closest?.("a.marker");
    if (one && one !== marker) soon(() => point(one), SOON);
  });
  addEventListener("pointerout", (event) => {
    if (event.pointerType !== "mouse" || !event.target.closest?.("a.marker")) return;
    soon(hide, LATER);
  });
  addEventListener("focusin", (event) => {
    if (event.target.matches?.("a.marker:focus-visible")) point(event.target);
    else if (marker && !event.target.closest?.("#peek")) hide();
  });
  addEventListener("scroll", (event) => {
    if (marker && event.target !== $("#peek")) document.activeElement === marker ? point(marker) : hide();
  }, true);
  addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !marker) return;
      event.stopImmediatePropagation(); // the answer under way is not what is dismissed
      hide();
    },
    true,
  );

  // From one citation to the next, of what can be seen; beginning with the last answer.
  function step(by) {
    const all = markers(document);
    if (!all.length) return;
    const here = all.indexOf(document.activeElement);
    const first = all.findIndex((one) => one.closest("#live, .summary"));
    const next = here < 0 ? Math.max(first, 0) : (here + by + all.length) % all.length;
    const rows = all[next].closest("details:not([open])");
    if (rows) rows.open = true;
    all[next].focus({ focusVisible: true });
    all[next].scrollIntoView({ block: "nearest" });
    point(all[next]);
  }

  // --- on a phone -----------------------------------------------------------------------------------------------------

  const SHEET = `<div class="bar"><h2></h2><button type="button" data-do="previous" aria-label="Previous quote">‹</button>
    <button type="button" data-do="next" aria-label="Next quote">›</button>
    <button type="button" data-do="close" aria-label="Close">✕</button></div><div class="body"></div>
    <div class="bar"><button type="button" data-do="whole">See it in the paper’s text</button></div>`;
  let sheet = null;
  let held = null; // the marker whose quote the sheet holds, and how to ask for its card
  let asks = null;

  function open(one, trigger) {
    if (!sheet) {
      sheet = document.createElement("dialog");
      sheet.id = "sheet";
      sheet.innerHTML = SHEET;
      sheet.setAttribute("aria-label", "Quote and source");
      sheet.addEventListener("click", (event) => {
        const { do: act } = event.target.closest("[data-do]")?.dataset || {};
        if (event.target === sheet || act === "close" || event.target.closest("a")) sheet.close();
        else if (act === "whole") whole();
        else if (act) turn(act === "next" ? 1 : -1);
      });
      document.body.append(sheet);
    }
    asks = trigger;
    if (!hold(one)) return show(one, trigger);
    sheet.showModal();
  }

  function hold(one) {
    if (!filled($(".body", sheet), one)) return false;
    held = one;
    const all = around();
    $("h2", sheet).textContent = `Evidence ${one.dataset.n}`;
    sheet.querySelectorAll("[data-do=previous], [data-do=next]").forEach((button) => (button.hidden = all.length < 2));
    $(".body", sheet).scrollTop = 0;
    return true;
  }

  const around = () => [...held.closest(".turn, .summary").querySelectorAll("a.marker")];

  function turn(by) {
    const all = around();
    hold(all[(all.indexOf(held) + by + all.length) % all.length]);
  }

  function whole() {
    const one = held;
    sheet.close();
    show(one, asks);
  }

  return { follow, back, reveal, step, hide };
})();
