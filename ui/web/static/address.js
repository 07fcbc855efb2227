// Addresses: which page this tab shows. Drawn pages (Today, a day, a paper, the library, the map, you) come from the server as a piece of
// the page; Chat, Topic, Add and Setup are Gradio's tabs. Neither loads the page anew, so going on and back is quick.
window.paperchatSite = (() => {
  "use strict";
  const TABS = { chat: "chat", conversation: "chat", topic: "topic", add: "add", setup: "setup" };
  const root = document.documentElement;
  const DRAWN = root.dataset.pages.split(" ");
  const SETTLED = 500; // milliseconds from a drawn page to the rest of it
  const SECTIONS = JSON.parse(root.dataset.sections);
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const chosen = new Set(); // papers that are ticked, also on other pages of the list
  const seen = new Set(); // papers marked as read on this page: a part asked for before that may still come with their dots
  let name = ""; // of the browser's tab
  let ready = false; // whether Gradio's part of the page can be used
  let turns = 0;
  let open = ""; // the conversation that the chat page holds, and what it is called
  let called = "";
  let explicit = false; // whether the reader has just asked for what the address says

  // --- addresses ------------------------------------------------------------------------------------------------------

  function pageOf(url) {
    const [, page = "", ...rest] = url.pathname.split("/");
    const key = decodeURIComponent(rest.join("/"));
    if (!page) {
      const conversation = url.searchParams.get("conversation");
      if (conversation) return { page: "conversation", key: conversation };
      return { page: url.searchParams.has("q") ? "chat" : "today", key: "" };
    }
    return TABS[page] || DRAWN.includes(page) ? { page, key } : null;
  }

  const here = () => pageOf(location.href ? new URL(location.href) : location) || { page: "missing", key: "" };
  const conversationHere = () => (here().page === "conversation" ? here().key : "");

  let typing = 0; // what will search for what is typed; it must not lead back who has gone on meanwhile

  async function go(address, { replace = false, back = null, quiet = false } = {}) {
    clearTimeout(typing);
    const url = new URL(address, location.origin);
    const to = pageOf(url) || { page: "missing", key: "" };
    if (!back) history[replace ? "replaceState" : "pushState"]({}, "", url);
    const turn = ++turns;
    if (TABS[to.page] && to.page !== "conversation") return tab(to, url);
    if (to.page === "conversation" && (to.key === open || ready)) return tab(to, url);
    try {
      const response = await fetch(`/view${url.pathname === "/" ? "/today" : url.pathname}${url.search}`, { headers: { Accept: "application/json" } });
      if (response.status === 401) return location.reload(); // the server leads to the form, and from there back
      const view = await response.json();
      if (turn !== turns) return;
      if (TABS[view.page]) return tab(to, url);
      draw(view, quiet);
      if (!quiet) scrollTo(0, back?.y ?? 0);
    } catch {
      if (turn === turns) say("The server cannot be reached. Try again when it is back.", true);
    }
  }

  function show(page) {
    root.dataset.page = page;
    root.toggleAttribute("data-drawn", DRAWN.includes(page));
    const section = SECTIONS[page] ?? page;
    $$("#site [data-page]").forEach((link) => {
      if (link.dataset.page === section) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
  }

  function entitle(title) {
    name = title ? `${title} · paperchat` : "paperchat";
    document.title = name;
  }

  // --- drawn pages ----------------------------------------------------------------------------------------------------

  function draw(view, quiet) {
    const main = $("#view");
    const before = root.dataset.page;
    show(view.page);
    entitle(view.title);
    if (view.path && decodeURIComponent(location.pathname) !== decodeURIComponent(view.path)) history.replaceState(history.state, "", view.path + location.search);
    if (view.page !== "library") chosen.clear();
    seen.clear();
    if (quiet && before === "library" && view.page === "library") return redraw(main, view);
    main.innerHTML = view.html;
    settle(main);
    $("h1", main)?.focus({ preventScroll: true });
  }

  // The list below a search that is being typed: the box keeps what is in it, and the cursor.
  function redraw(main, view) {
    const drawn = document.createElement("div");
    drawn.innerHTML = view.html;
    for (const part of ["[data-part=found]", "[data-part=facets]", ".top"]) $(part, main).replaceWith($(part, drawn));
    const form = $(".find", main);
    $$("input[type=hidden]", form).forEach((field) => field.remove());
    form.append(...$$(".find input[type=hidden]", drawn));
    settle(main);
  }

  function settle(within) {
    paperchatNotes.restore(within);
    paperchatMap.settle(within);
    $$("[data-later]", within).forEach(later);
    $$("[data-whole]", within).forEach(whole);
    $$("[data-line], [data-why]", within).forEach((line) => lines.observe(line));
    $$("input.pick", within).forEach((box) => (box.checked = chosen.has(box.value)));
    undot(within);
    const facets = $(".facets > details", within);
    if (facets && !matchMedia("(min-width: 60rem)").matches) facets.open = false;
    $(".strip [aria-current]", within)?.scrollIntoView({ block: "nearest", inline: "center" });
    if ($(".days", within) && scrollY < 2) scrollTo(0, 0);
    count();
  }

  async function later(part) {
    const response = await fetch(part.dataset.later).catch(() => null);
    part.removeAttribute("data-later");
    const told = await response?.json().catch(() => null);
    if (!part.isConnected) return;
    if (!response?.ok || !told) {
      return explain($("[role=status]", part) || part.appendChild(document.createElement("p")), response, told); // below its heading
    }
    const isRead = part.contains(document.activeElement); // the reader stands on its heading
    part.innerHTML = told.html;
    if (told.title) entitle(told.title);
    settle(part);
    if (isRead) $("h1", part)?.focus({ preventScroll: true });
    const count = $("[data-said]", part);
    if (count) say(count.dataset.said, false, false, true);
  }

  // A part that is drawn anew in its place, once it has been worked out; what has been typed into it meanwhile stays.
  async function whole(part) {
    const response = await fetch(part.dataset.whole).catch(() => null);
    if (!part.isConnected) return;
    if (!response?.ok) return unmade(part, response);
    const drawn = document.createElement("div");
    drawn.innerHTML = (await response.json()).html;
    if (!part.isConnected) return;
    const box = document.activeElement;
    const fresh = replace(part, drawn);
    for (const typed of $$("input[name]:not([type=hidden])", part)) {
      const same = $(`input[name="${typed.name}"]:not([type=hidden])`, fresh);
      if (same) same.value = typed.value;
      if (same && typed === box) same.focus({ preventScroll: true });
    }
  }

  // Why something isn't there, in its place.
  function explain(place, response, told) {
    const isOut = response?.status === 401;
    place.textContent = isOut ? "You are signed out. " : told?.problem || "The server cannot be reached. Reload the page when it is back.";
    if (isOut) place.append(signIn());
  }

  async function unmade(part, response) {
    explain($(".lead, .hint", part), response, await response?.json().catch(() => null));
    $("ul", part)?.remove();
    part.classList.remove("awaited");
  }

  function signIn() {
    const link = document.createElement("a");
    return Object.assign(link, { href: "/login", target: "_blank", textContent: "Sign in" });
  }

  function replace(part, drawn) {
    const fresh = drawn.firstElementChild;
    part.replaceWith(fresh);
    settle(fresh);
    return fresh;
  }

  // Lines and reasons that are not known yet are asked for when they are about to be seen, some at a time.
  const AGAIN = 5000; // ms until a busy server is asked once more
  const ASKED = { line: "/view/lines", why: "/view/reasons" };
  const wanted = { line: new Set(), why: new Set() };
  const asking = new Set();
  const lines = new IntersectionObserver(
    (seen) => {
      for (const { target, isIntersecting } of seen) {
        if (!isIntersecting) continue;
        const kind = target.dataset.why ? "why" : "line";
        wanted[kind].add(target.dataset[kind]);
        lines.unobserve(target);
      }
      Object.keys(ASKED).forEach(fill);
    },
    { rootMargin: "600px" },
  );

  async function fill(kind) {
    if (asking.has(kind) || !wanted[kind].size) return;
    asking.add(kind);
    const some = [...wanted[kind]].slice(0, 8);
    some.forEach((id) => wanted[kind].delete(id));
    const response = await fetch(`${ASKED[kind]}?${new URLSearchParams({ papers: some.join(" ") })}`).catch(() => null);
    if (!response || response.status >= 500) {
      setTimeout(() => {
        asking.delete(kind);
        some.filter((id) => $(`[data-${kind}="${CSS.escape(id)}"]`)).forEach((id) => wanted[kind].add(id));
        fill(kind);
      }, AGAIN);
      return;
    }
    const found = response.ok ? await response.json() : {};
    for (const id of some) {
      for (const place of $$(`[data-${kind}="${CSS.escape(id)}"]`)) {
        if (!found[id]) place.closest(".line").remove();
        else if (kind === "why") place.outerHTML = found[id];
        else place.replaceWith(found[id]);
      }
    }
    asking.delete(kind);
    fill(kind);
  }

  // --- Gradio's tabs --------------------------------------------------------------------------------------------------

  function tab({ page, key }, url) {
    show(page);
    chosen.clear();
    if (!ready) return; // `arrived` reads the address
    const button = document.getElementById(`${TABS[page]}-page-button`);
    if (button?.getAttribute("aria-selected") !== "true") button?.click();
    if (TABS[page] === "chat") chat(page, key, url);
    else {
      entitle(key || { topic: "Topic", add: "Add papers", setup: "Setup" }[page]);
      if (page === "topic" && key) summarise(key);
      scrollTo(0, 0);
    }
  }

  function chat(page, key, url) {
    const question = url.searchParams.get("q");
    entitle(page === "conversation" && key === open ? called : "Chat");
    if (page === "conversation") {
      if (key !== open) paperchat.open(key);
    } else if (question) {
      paperchat.begin(question, Object.fromEntries(url.searchParams), explicit);
      explicit = false;
    } else {
      paperchat.fresh(Object.fromEntries(url.searchParams));
    }
  }

  async function summarise(query) {
    const isNew = !$("#about form"); // a tab's content is made when it is first looked at
    const form = await drawnBy("#about form");
    if (isNew) await new Promise((settle) => setTimeout(settle, 250)); // Gradio gives it its first value, over ours
    const field = $("[name=query]", form);
    if (field.value === query) return;
    field.value = query;
    if (form.hasAttribute("data-costs") && !explicit) return say("Press Summarise to begin.", true);
    explicit = false;
    form.requestSubmit();
  }

  const drawnBy = (selector) =>
    new Promise((settle) => {
      const look = () => ($(selector) ? settle($(selector)) : requestAnimationFrame(look));
      look();
    });

  // The chat page has come to another conversation.
  function placed(conversation, title) {
    [open, called] = [conversation, title];
    const path = conversation ? `/conversation/${encodeURIComponent(conversation)}` : "/chat";
    $("#site [data-page=chat]").href = path;
    const { page, key } = here();
    if (TABS[page] !== "chat") return; // the reader looks at another page
    entitle(title || "Chat");
    if ((page === "conversation" ? key : "") === conversation) return;
    const passing = new URLSearchParams(location.search).has("q"); // nobody wants to come back to the asking
    history[passing ? "replaceState" : "pushState"]({}, "", path);
    show(conversation ? "conversation" : "chat");
  }

  // A page that came without Gradio gets its part of it once it can be used, for Gradio's scripts take the processor: some
  // time after it has come, or as soon as the reader does something.
  function complete() {
    const signs = ["pointerdown", "keydown", "click"];
    let begun = false;
    const begin = () => {
      for (const sign of signs) removeEventListener(sign, begin, true);
      if (!begun) fetched();
      begun = true;
    };
    for (const sign of signs) addEventListener(sign, begin, true);
    addEventListener("load", () => setTimeout(begin, SETTLED));
  }

  // In the order in which it would have been read.
  async function fetched() {
    const asked = ["/ready", "/setup"].map((at) => fetch(at, { headers: { Accept: "text/html" } }).catch(() => null));
    const [there, answer] = await Promise.all(asked);
    if (there?.status === 500) return say(await there.text(), true); // drawn pages can be read all the same
    if (!there?.ok || !answer?.ok) return setTimeout(fetched, 2000);
    const whole = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.body.append(document.importNode($("gradio-app", whole), true));
    for (const part of $$("script, link[rel=stylesheet], style", whole.head)) {
      if (part.hasAttribute("data-ours")) continue;
      const copy = document.createElement(part.localName);
      for (const { name, value } of part.attributes) copy.setAttribute(name, value);
      copy.textContent = part.textContent;
      document.head.append(copy);
    }
  }

  // Gradio's part of the page can be used now.
  function arrived() {
    ready = true;
    document.title = name;
    const to = here();
    if (TABS[to.page] && root.dataset.page !== "missing") {
      if (TABS[to.page] === "chat") return; // the chat page itself has read the address
      tab(to, new URL(location.href));
    }
  }

  // --- what readers do ------------------------------------------------------------------------------------------------

  function ask(question, papers) {
    explicit = true;
    const fields = new URLSearchParams({ q: question, ...(papers ? { paper: papers } : {}) });
    go(`/chat?${fields}`);
  }

  async function act(element, address, fields) {
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(fields),
    }).catch(() => null);
    if (!response) return say("The server cannot be reached. What you typed stays here; try again when it is back.", true);
    if (response.status === 401) return say("You are signed out. What you typed stays here.", true, true);
    const answer = await response.json().catch(() => null); // a proxy or a failure speaks no JSON
    if (!answer) return say(`The server could not do that (${response.status}). What you typed stays here; try again.`, true);
    const { said, problem, pressed, parts, read, go: next } = answer;
    for (const [part, html] of Object.entries(parts || {})) {
      const place = element.closest(`[data-part="${part}"]`) || $(`#view [data-part="${part}"]`);
      if (!place) continue;
      const isOpen = place.open;
      const isUnfolded = $("details.more", place)?.open;
      const isHere = place.contains(element); // what was pressed goes, so that what comes for it is focused
      const section = element.closest("section[id]")?.id;
      const drawn = document.createElement("div");
      drawn.innerHTML = html;
      if (part === "note") {
        paperchatNotes.answered(place, drawn.firstElementChild, fields.text, Boolean(problem));
        continue;
      }
      drawn.firstElementChild.open = Boolean(isOpen);
      const fresh = replace(place, drawn);
      if (isUnfolded) $("details.more", fresh)?.setAttribute("open", "");
      const focused = fresh.matches("[data-focus]") ? fresh : (section && $(`#${section} > h2`, fresh)) || $("[data-focus]", fresh);
      if (isHere) focused?.focus({ preventScroll: true });
      if (part === "question") $(".verdict", fresh)?.focus({ preventScroll: true }), fresh.scrollIntoView({ block: "nearest" });
    }
    if (pressed !== undefined) press(address, fields, pressed);
    if (read) {
      read.forEach((id) => seen.add(id));
      undot($("#view"));
      element.remove();
    }
    if (!(problem && parts)) say(problem || said || "", Boolean(problem)); // a part that is drawn anew says what is wrong
    if (next) go(next);
    return !problem;
  }

  function undot(within) {
    for (const dot of $$(".dot.unread", within)) {
      if (!seen.has(dot.closest(".row").dataset.paper)) continue;
      dot.replaceChildren();
      dot.classList.remove("unread");
      dot.removeAttribute("title");
    }
  }

  function press(address, { papers = "", key }, on) {
    const of = papers.split(" ");
    for (const button of $$(`button.mark[data-post="${address}"]`))
      if (key ? button.dataset.key === key : of.includes(button.dataset.papers)) button.setAttribute("aria-pressed", String(on));
  }

  let quiet = 0;
  function say(text, stays = false, link = false, isUnseen = false) {
    const place = $("#toast");
    place.classList.toggle("unseen", isUnseen); // what the page shows anyway is only read out
    place.textContent = "";
    clearTimeout(quiet);
    if (!text) return;
    requestAnimationFrame(() => {
      place.textContent = text;
      if (link) place.append(" ", signIn());
    });
    quiet = setTimeout(() => (place.textContent = ""), stays ? 12000 : 3500);
  }

  // The box for all rows of the list follows what is ticked in them.
  function tickAll() {
    const box = $("#view .pick-all");
    const picks = $$("#view .found > .rows input.pick");
    if (!box) return;
    const ticked = picks.filter((pick) => pick.checked).length;
    box.checked = ticked > 0 && ticked === picks.length;
    box.indeterminate = ticked > 0 && ticked < picks.length;
  }

  function count() {
    tickAll();
    const bar = $("#view .choice");
    if (!bar) return;
    bar.hidden = !chosen.size;
    $(".number", bar).textContent = `${chosen.size} chosen`;
  }

  const papersOf = (element) => (element.hasAttribute("data-chosen") ? [...chosen].join(" ") : element.dataset.papers || "");

  function pressed(button) {
    const { post, list, key, on, fields } = button.dataset;
    if (fields) {
      const question = button.closest(".question");
      question.inert = true; // one answer each
      return act(button, post, JSON.parse(fields)).finally(() => {
        question.inert = false;
        if (button.isConnected) button.focus({ preventScroll: true }); // it was not taken: nothing is drawn anew
      });
    }
    const isOn = button.type === "checkbox" ? button.checked : button.getAttribute("aria-pressed") !== "true";
    const { part, place } = button.closest("[data-part]")?.dataset ?? {};
    const more = Object.entries({ list, key, part, place }).filter(([, value]) => value);
    const asked = act(button, post, { papers: papersOf(button), on: on ?? (isOn ? "on" : "off"), ...Object.fromEntries(more) });
    if (button.type === "checkbox") asked.then((isDone) => isDone || (button.checked = !isOn)); // refused, it is as it was
  }

  addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const button = event.target.closest("#view button, .card .mark, .mark.follow");
    if (button?.dataset.post) return pressed(button);
    if (button?.dataset.action === "copy") return paperchat.copy(button, button.dataset.text);
    if (button?.dataset.action === "clear") {
      chosen.clear();
      return settle($("#view"));
    }
    const link = event.target.closest("a[href]");
    if (!link || link.target || link.origin !== location.origin) return;
    const url = new URL(link.href);
    if (link.hasAttribute("data-here")) {
      event.preventDefault();
      const target = $(link.hash);
      target.scrollIntoView({ block: "start" });
      if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
      return target.focus({ preventScroll: true });
    }
    if (link.hasAttribute("data-chosen")) url.searchParams.set("paper", [...chosen].join(" "));
    if (link.hasAttribute("download")) return void (link.href = url);
    if (url.hash || !pageOf(url)) return;
    event.preventDefault();
    explicit = link.hasAttribute("data-ask");
    go(url);
  });

  addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches?.("#view input.pick")) {
      chosen[box.checked ? "add" : "delete"](box.value);
      count();
    } else if (box.matches?.("#view .pick-all")) {
      for (const pick of $$("#view .found > .rows input.pick")) {
        pick.checked = box.checked;
        chosen[box.checked ? "add" : "delete"](pick.value);
      }
      count();
    } else if (box.matches?.("#view [data-post]")) pressed(box);
  });

  addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.matches("#about form")) return topic(form);
    if (!form.closest("#view")) return;
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    if (form.hasAttribute("data-ask")) return fields.q.trim() && ask(fields.q.trim(), form.dataset.papers);
    if (!form.dataset.post) return go(addressed(form));
    if (form.hasAttribute("data-chosen")) fields.papers = papersOf(form);
    const button = $("button", form);
    button.disabled = true;
    if (form.closest(".empty")) say("One moment…", true);
    try {
      await act(form, form.dataset.post, fields);
    } finally {
      button.disabled = false;
    }
  });

  function topic(form) {
    const query = $("[name=query]", form).value.trim();
    const path = `/topic/${encodeURIComponent(query)}`;
    if (query && location.pathname !== path) history.pushState({}, "", path);
    entitle(query);
  }

  function addressed(form) {
    const fields = [...new FormData(form)].filter(([, value]) => String(value).trim());
    const query = new URLSearchParams(fields).toString();
    return `${form.getAttribute("action")}${query ? "?" : ""}${query}`;
  }

  addEventListener("input", (event) => {
    const form = event.target.closest?.("#view form[data-live]");
    if (!form) return;
    clearTimeout(typing);
    typing = setTimeout(() => go(addressed(form), { replace: true, quiet: true }), 250);
  });

  // Names of authors, offered while one is typed.
  let naming = 0;
  addEventListener("input", (event) => {
    const names = event.target.list;
    if (names?.id !== "author-names" || event.inputType === "insertReplacementText") return;
    clearTimeout(naming);
    naming = setTimeout(async () => {
      const typed = event.target.value;
      const response = await fetch(`/view/authors?${new URLSearchParams({ typed })}`).catch(() => null);
      const found = response?.ok ? (await response.json()).names : [];
      if (event.target.value === typed) names.replaceChildren(...found.map((name) => new Option("", name)));
    }, 120);
  });

  addEventListener("popstate", (event) => go(location.href, { back: event.state || {} }));
  history.scrollRestoration = "manual";
  let resting = 0;
  addEventListener("scroll", () => {
    clearTimeout(resting);
    resting = setTimeout(() => history.replaceState({ ...history.state, y: scrollY }, ""), 150);
  });

  addEventListener("DOMContentLoaded", () => {
    name = document.title;
    settle($("#view"));
    if (history.state?.y) scrollTo(0, history.state.y);
    // Gradio writes the name of its app over that of the page.
    new MutationObserver(() => document.title !== name && (document.title = name)).observe($("title"), { childList: true });
  });

  return {
    go,
    complete,
    placed,
    arrived,
    conversationHere,
    say,
    signIn,
    onChat: () => TABS[here().page] === "chat",
    wasAsked: () => explicit,
  };
})();
