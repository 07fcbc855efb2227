// Keys of the whole page, and the list of them that "?" shows. A key without Ctrl or Alt does nothing while something is
// typed, and nothing at all where the reader has switched such keys off (voice control types them by accident).
(() => {
  "use strict";
  const OFF = "paperchat.keys.off";
  const TYPED = "input:not([type=radio], [type=checkbox], [type=button]), textarea, select, [contenteditable=true]";
  const $ = (selector, within = document) => within.querySelector(selector);
  const seen = (one) => one && one.getClientRects().length > 0 && getComputedStyle(one).visibility === "visible";
  const KEYS = [
    ["Everywhere", ["?", "this list"], ["/", "the page’s question or search box"]],
    ["Asking", ["Enter", "ask"], ["Shift Enter", "a new line"], ["Esc", "stop an answer under way; leave a change"]],
    ["Reading an answer", ["n", "next citation, with its quote"], ["p", "the citation before"],
      ["Enter", "on a citation: its place in the evidence"], ["Esc", "put the quote away"], ["e", "export the conversation as Markdown"]],
    ["A quiz", ["1 2 3 4", "answer the first open question"]],
    ["The map", ["← ↑ → ↓", "move"], ["+ -", "zoom"], ["0", "all of it"], ["Enter", "open the paper in the middle, or its region"]],
    ["Going on", ["c", "a new conversation"], ["f", "the first suggested question"]],
  ];
  const FIELDS = ["#question textarea", "#question input", "#about input[name=query]", "#view input[type=search]"];
  const ACTS = {
    "?": () => list(),
    "/": () => focus(FIELDS.map((one) => $(one)).find(seen)),
    n: () => window.evidence?.step(1),
    p: () => window.evidence?.step(-1),
    c: () => (seen($("#new")) ? $("#new").click() : paperchatSite.go("/chat")),
    e: () => seen($("#head [data-kind=md]")) && $("#head [data-kind=md]").click(),
    ...Object.fromEntries([1, 2, 3, 4].map((n) => [n, () => choose(n)])),
    f: () => focus([...document.querySelectorAll("#live .after .offers button, #view .offers a")].find(seen)),
  };

  const isOff = () => {
    try {
      return localStorage.getItem(OFF) === "yes";
    } catch {
      return false; // a browser may refuse to remember anything
    }
  };

  function focus(field) {
    field?.focus();
    field?.select?.();
    return Boolean(field);
  }

  function choose(n) {
    const option = document.querySelectorAll("#view .question:not(.answered, [inert]) .options")[0]?.querySelectorAll("button.option")[n - 1];
    option?.click();
    return Boolean(option);
  }

  function list() {
    let box = $("#keys");
    if (!box) {
      box = document.createElement("dialog");
      box.id = "keys";
      box.setAttribute("aria-labelledby", "keys-title");
      const groups = KEYS.map(([name, ...keys]) => {
        const rows = keys.map(([key, does]) => `<div><dt>${key.split(" ").map((one) => `<kbd>${one}</kbd>`).join(" ")}</dt><dd>${does}</dd></div>`);
        return `<section><h3>${name}</h3><dl>${rows.join("")}</dl></section>`;
      });
      box.innerHTML = `<header><h2 id="keys-title">Keys</h2><button type="button" aria-label="Close">✕</button></header>
        ${groups.join("")}<label><input type="checkbox"> Single-letter keys are on</label>`;
      const on = $("input", box);
      on.addEventListener("change", () => {
        try {
          localStorage.setItem(OFF, on.checked ? "no" : "yes");
        } catch {
          on.checked = true;
        }
      });
      box.addEventListener("click", (event) => (event.target === box || event.target.closest("header button")) && box.close());
      document.body.append(box);
    }
    $("input", box).checked = !isOff();
    box.showModal();
    return true;
  }

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (event.target.closest?.(TYPED) || $("dialog[open]")) return;
    const act = Object.hasOwn(ACTS, event.key) && ACTS[event.key];
    if (!act || (isOff() && !"?/".includes(event.key))) return;
    if (act() !== false) event.preventDefault();
  });

  // The list is a button, too: nobody presses "?" who does not know of it.
  addEventListener("DOMContentLoaded", () => {
    const button = '<button id="help" type="button" aria-label="Keys (?)" title="Keys (?)">?</button>';
    $("#theme").insertAdjacentHTML("beforebegin", button);
    $("#help").addEventListener("click", list);
  });
})();
