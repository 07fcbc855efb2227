// What the chat page does without asking the server. Python raises nothing here; it only answers the events that
// `wire` hands on: each button, link or form with data-action is an event of that name, its other data-… travel with it.
window.paperchat = (() => {
  "use strict";
  let tab = null; // the component that holds where this tab is
  let ask = null; // hands an event to the last exchange's component
  const raised = {}; // by component, what hands an event to it
  let asked = false; // whether a question was sent that has not been seen yet
  const ALWAYS = ["show", "rate", "open", "new", "follow"]; // what may be done while an answer is under way
  const ASKING = ["ask", "retry", "lift"];
  const $ = (selector, within = document) => within.querySelector(selector);
  const box = () => $("#question textarea, #question input");

  // --- what buttons do ------------------------------------------------------------------------------------------------

  async function copy(button, text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea"); // a page that is not from localhost or https has no clipboard
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.classList.add("done");
    announce("Copied.");
    setTimeout(() => button.classList.remove("done"), 1500);
  }

  function announce(text) {
    let region = $("#announcements");
    if (!region) {
      region = document.createElement("div");
      region.id = "announcements";
      region.className = "unseen";
      region.setAttribute("role", "status");
      document.body.append(region);
    }
    region.textContent = "";
    requestAnimationFrame(() => (region.textContent = text));
  }

  function renaming(button, trigger) {
    const title = $("h1", button.closest("#head"));
    const field = document.createElement("input");
    field.value = title.textContent;
    field.setAttribute("aria-label", "Name of the conversation");
    field.maxLength = 80;
    let open = true;
    const end = (keep) => {
      if (!open) return; // taking a field away blurs it
      open = false;
      const name = field.value.trim();
      field.replaceWith(title);
      if (keep && name && name !== title.textContent) trigger("rename", { title: name });
    };
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") end(true);
      if (event.key === "Escape") end(false);
    });
    field.addEventListener("blur", () => end(true));
    title.replaceWith(field);
    field.select();
  }

  function removing(button, trigger) {
    if (button.dataset.sure) return trigger("remove", {});
    button.dataset.sure = "yes";
    button.textContent = "Delete for good?";
    const relent = () => {
      delete button.dataset.sure;
      button.textContent = "Delete";
    };
    button.addEventListener("blur", relent, { once: true });
  }

  function unfold(open) {
    $("#conversations").classList.toggle("open", open);
    $("#unfold").setAttribute("aria-expanded", String($("#conversations").classList.contains("open")));
  }

  function whole(button) {
    const folded = button.closest(".turn").classList.toggle("folded");
    button.textContent = folded ? "Show the whole question" : "Fold the question";
    button.setAttribute("aria-expanded", String(!folded));
  }

  const local = {
    unfold: () => unfold(),
    copy: (button) => copy(button, button.dataset.text),
    back: (button) => evidence.back(button),
    renaming,
    removing,
    whole,
    unrestrict: (button) => {
      const form = $("#about form");
      for (const name of button.dataset.fields.split(" ")) form.elements[name].value = "";
      form.requestSubmit();
      form.elements.query.focus({ preventScroll: true }); // what was pressed goes with its restriction
    },
    tabulate: (button) => answers.tabulate(button),
    export: (button, trigger) => trigger("export", { kind: button.dataset.kind, moment: Date.now() }),
  };

  function wire(element, raise, actions) {
    const trigger = (action, data) => {
      if (ASKING.includes(action)) asked = true;
      if (action === "ask") waiting = data.text || "";
      if (action === "comment") remark = data;
      if (action === "open" || action === "new") asked = false; // another conversation comes into view
      raise(action, data);
    };
    if (actions.includes("ask")) ask = trigger;
    raised[element.closest(".block")?.id] = trigger;
    element.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      const marker = event.target.closest("a.marker");
      if (event.target.closest("a[data-paper]")) return; // the site opens its page
      const target = event.target.closest("[data-action]:not(form)");
      if (!marker && !target) return;
      event.preventDefault();
      if (marker) return evidence.follow(marker, trigger);
      const { action, ...data } = target.dataset;
      if (local[action]) local[action](target, trigger);
      else if (!busy() || ALWAYS.includes(action)) trigger(action, data);
    });
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      const form = event.target.closest("form[data-action]");
      const { action, ...data } = form.dataset;
      trigger(action, { ...data, ...Object.fromEntries(new FormData(form)) });
    });
  }

  addEventListener("click", (event) => event.target.closest("a[data-paper]") && evidence.hide());

  // The head's menu goes when something in it was chosen, when the reader does something else, and with Escape.
  function foldTools() {
    const menu = $("#head .folded-tools[open]");
    if (menu) menu.open = false;
    return menu;
  }
  addEventListener("click", (event) => !event.target.closest("#head .folded-tools summary") && foldTools());
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !$("#head .folded-tools[open]")) return;
    event.stopImmediatePropagation(); // it stops no answer as well
    $("summary", foldTools()).focus();
  });

  // A comment that is being typed stays, also where its form is drawn anew, or goes and comes back with the mark.
  const remarks = new Map(); // by exchange
  addEventListener("input", (event) => {
    const form = event.target.closest?.("form.comment");
    if (form) remarks.set(form.dataset.exchange, form.elements.comment.value);
  });
  function restoreRemarks() {
    for (const form of remarks.size ? document.querySelectorAll("form.comment") : []) {
      const typed = remarks.get(form.dataset.exchange);
      const field = form.elements.comment;
      if (typed === undefined || field.value === typed || field === document.activeElement) continue;
      field.value = typed;
    }
  }

  // --- filters --------------------------------------------------------------------------------------------------------

  function filters(element, props, watch) {
    const fields = [...element.querySelectorAll("input")];
    const active = $(".active", element);
    const about = $(".about", element);
    const show = () => {
      const value = props.value || {};
      fields.forEach((field) => {
        if (document.activeElement !== field) field.value = value[field.name] || "";
      });
      const set = fields.filter((field) => value[field.name]).length;
      active.textContent = set ? `${set} active` : "";
      const said = value.problem || (value.paper && `Asking only ${value.about || some(value.paper)}`) || "";
      const place = $("span", about);
      about.hidden = !said;
      about.classList.toggle("failure", Boolean(value.problem));
      $("button", about).hidden = Boolean(value.problem);
      if (place.textContent !== said) place.textContent = said;
    };
    const some = (papers) => {
      const ids = papers.split(/[\s,]+/).filter(Boolean);
      return ids.length === 1 ? `the paper ${ids[0]}` : `${ids.length} chosen papers`;
    };
    const read = () => {
      const { paper, about: said } = props.value || {};
      props.value = Object.fromEntries(fields.map((field) => [field.name, field.value.trim()]));
      if (said && paper === props.value.paper) props.value = { ...props.value, about: said };
      show();
    };
    fields.forEach((field) => field.addEventListener("input", read));
    $("[data-clear]", element).addEventListener("click", () => {
      fields.forEach((field) => (field.value = ""));
      read();
    });
    $("[data-lift]", element).addEventListener("click", () => {
      $("[name=paper]", element).value = "";
      read();
      focus();
    });
    watch("value", show);
    show();
    restrict = (value) => {
      props.value = value;
      show();
    };
    mend = () => props.value?.problem && restrict({});
  }

  // --- where the tab is -----------------------------------------------------------------------------------------------

  const site = () => window.paperchatSite;
  const parameters = () => new URLSearchParams(location.search);
  let restrict = null; // sets the fields that restrict the next question
  let mend = null; // takes back what was said of an address that restricts to nothing

  function address(value) {
    const conversation = site().conversationHere();
    return conversation ? { ...value, conversation } : value;
  }

  function place(props, watch) {
    tab = props;
    watch("value", () => site().placed(props.value?.conversation || "", props.value?.title || ""));
  }

  // What an address asks of this page once it can be used.
  const open = (conversation) => raised.listed?.("open", { conversation });

  async function fresh(fields) {
    if (tab?.value?.conversation) raised.beginnings?.("new", {});
    focus();
    const at = location.href;
    const given = await among(fields);
    if (location.href !== at) return; // the reader has gone on meanwhile
    if (Object.keys(given).length) restrict?.(given);
    else mend?.();
  }

  async function begin(question, fields, wanted) {
    if (tab) tab.value = {};
    const at = location.href;
    const given = await among(fields);
    if (location.href !== at) return;
    restrict?.(given);
    if (wanted && ask && !given.problem) ask("ask", { text: question });
    else fill(question);
  }

  // What an address restricts questions to: its own fields, or the papers of a place in the library, which the server names.
  async function among({ q, conversation, ...fields }) {
    if (!fields.list && !fields.keep) return fields;
    const response = await fetch(`/view/among?${new URLSearchParams(fields)}`).catch(() => null);
    if (response?.status === 401) return { problem: "You are signed out. Questions here are about all papers." };
    const { papers: paper, said: about, problem } = (await response?.json().catch(() => null)) || {};
    if (paper) return { paper, about };
    return { problem: `${problem || "The server cannot be reached."} Questions here are about all papers.` };
  }

  // Who asks before the server has opened the new conversation asks in it nevertheless.
  addEventListener("click", (event) => event.target.closest("#new") && tab && (tab.value = {}), true);

  if (/^\/conversation\//.test(location.pathname) || parameters().has("conversation") || parameters().has("q"))
    document.documentElement.classList.add("opening");

  function arrived(costs) {
    document.documentElement.classList.replace("opening", "arrived") || document.documentElement.classList.add("arrived");
    site().arrived();
    if (resend(costs)) return;
    const { q: question, ...filters } = site().onChat() ? Object.fromEntries(parameters()) : {};
    if (busy()) {
      ask("follow", {});
    } else if (question && !site().conversationHere()) {
      begin(question, filters, !costs || site().wasAsked());
    } else if (Object.keys(filters).length && !site().conversationHere()) {
      fresh(filters);
    } else if ($("#past .turn")) {
      $("#live .turn")?.scrollIntoView({ block: "start" });
    }
  }

  function opened() {
    focus();
    if (busy()) ask("follow", {});
  }

  function write(text) {
    const field = box();
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function fill(text) {
    write(text);
    focus();
  }

  // Gradio reads the box a moment after Enter; what was typed in that moment belongs to the next question.
  let sent = "";
  const send = () => (sent = box().value);
  addEventListener("keydown", (event) => event.key === "Enter" && !event.shiftKey && event.target === box() && send(), true);
  addEventListener("click", (event) => event.target.closest("#question .submit-button") && send(), true);

  function taken(read) {
    const question = read.startsWith(sent) && sent.trim() ? sent : read;
    write(read.slice(question.length));
    asked ||= Boolean(question.trim());
    if (question.trim()) waiting = question;
    return question;
  }

  // --- a server that is away, and a sign-in that is over --------------------------------------------------------------

  const UNSENT = "paperchat.unsent";
  let waiting = ""; // the question that was sent and is not known to be answered
  let remark = null; // the comment that was sent and is not known to be kept, with its exchange
  let away = null; // what says so

  function remember(question, comment, isOut) {
    try {
      if (question || comment) sessionStorage.setItem(UNSENT, JSON.stringify({ question, comment, isOut }));
      else sessionStorage.removeItem(UNSENT);
    } catch {
      // then the question is kept in the box alone
    }
  }

  function unsent() {
    try {
      return JSON.parse(sessionStorage.getItem(UNSENT)) || {};
    } catch {
      return {};
    }
  }

  addEventListener("paperchat:lost", ({ detail: status }) => {
    if (away) return;
    const isOut = status === 401;
    const question = waiting.trim();
    if (question && !box().value.trim()) write(question);
    remember(question, remark, isOut);
    away = document.createElement("div");
    away.id = "away";
    away.setAttribute("role", "alert");
    const asked = isOut ? "Your question stands in the box again" : "Your question is kept and sent";
    const kept = question ? asked : remark ? "Your comment is kept and sent" : "";
    const back = isOut ? "you have signed in" : "it is back";
    const said = kept ? `${kept} when ${back}.` : `What you type stays here; the page goes on when ${back}.`;
    away.textContent = `${isOut ? "You are signed out." : "The server does not answer."} ${said} `;
    if (!site().onChat()) site().say(away.textContent, true, isOut);
    if (isOut) away.append(site().signIn());
    $("#composer").prepend(away);
    knock(isOut);
  });

  async function knock(isOut) {
    for (;;) {
      await new Promise((wait) => setTimeout(wait, 1500));
      const there = await fetch("/gradio_api/app_id", { cache: "no-store" }).catch(() => null);
      const leadsToSignIn = there?.status === 401 || there?.redirected;
      if (!there?.ok && (isOut || !leadsToSignIn)) continue; // who is signed out has been asked to sign in
      remember(box().value.trim() || unsent().question, remark, isOut);
      return location.reload(); // a server that was started again knows nothing of this page
    }
  }

  function kept() {
    if (remark && remarks.get(remark.exchange) === remark.comment) remarks.delete(remark.exchange);
    remark = null;
    announce("Kept with the answer.");
  }

  function comment({ exchange, comment: text }) {
    const form = $(`form.comment[data-exchange="${exchange}"]`);
    if (!form || form.elements.comment.value === text) return; // it is another reader's, or was kept all the same
    form.elements.comment.value = text;
    form.requestSubmit();
  }

  // What was not sent is sent now, unless it was answered or is being answered all the same. After a sign-in somebody else
  // may read, and what restricted the question is gone: it is put into the box alone.
  function resend(costs) {
    const { question, comment: said, isOut } = unsent();
    remember();
    if (said) comment(said);
    if (!question || busy()) return false;
    const shown = [...document.querySelectorAll("#chat .turn h2")].at(-1)?.textContent;
    if (shown === question) return false;
    if (costs || isOut || !ask) fill(question);
    else ask("ask", { text: question });
    return !isOut;
  }

  function focus() {
    const field = box();
    if (!field) return;
    unfold(false);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  function download(props, watch) {
    watch("value", () => {
      const { name, text } = props.value || {};
      if (!name) return;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: name.endsWith(".html") ? "text/html" : "text/plain" }));
      const [, stem, ending] = name.match(/^(.*?)(\.\w+)?$/s);
      const clean = stem.replace(/[\\/:*?"<>|\x00-\x1f]+/g, " ").replace(/\s+/g, " ").replace(/^[\s.]+|[\s.…]+$/g, "");
      link.download = `${clean || "paperchat"}${ending || ""}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  // --- keys and scrolling ---------------------------------------------------------------------------------------------

  const busy = () => Boolean($("#live .turn.running"));

  addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (busy()) $("#question .stop-button")?.click();
      else $("#aside [data-action=cancel]")?.click();
    }
  });

  // The whole answer, once: what grows word by word is not read aloud.
  function tell(turn) {
    const answer = $(".answer", turn)?.cloneNode(true);
    if (!answer) return; // a failure is an alert by itself
    answer.querySelectorAll(".marker, .cites, .found details > div").forEach((one) => one.remove());
    answer.querySelectorAll("*").forEach((one) => one.append(" ")); // words of neighbours are not one word
    announce(`Answer: ${answer.textContent.replace(/\s+/g, " ").trim()}`);
  }

  // A new question moves to the top once; what is written below it moves nothing. One that is answered or refused at once
  // may never have been seen under way. Gradio's round buttons have no names.
  let last = ""; // what the last exchange was: its question while it is under way, its name afterwards
  new MutationObserver(() => {
    restoreRemarks();
    $("#question .submit-button:not([aria-label])")?.setAttribute("aria-label", "Ask");
    $("#question .stop-button:not([aria-label])")?.setAttribute("aria-label", "Stop (Esc)");
    const turn = $("#live .turn");
    const question = turn && $("h2", turn).textContent;
    const running = busy();
    const now = running ? `… ${question}` : turn ? `${turn.id} ${question}` : "";
    if (now === last) return;
    const ended = last === `… ${question}`;
    last = now;
    if (turn && !running) waiting = "";
    if (turn && !running && (ended || asked)) tell(turn);
    if (!running && (ended || !asked)) return;
    asked = false;
    turn?.scrollIntoView({ block: "start" });
  }).observe(document.documentElement, { childList: true, subtree: true });

  return {
    wire, filters, place, address, announce, kept, arrived, opened, taken, download, focus, reveal: evidence.reveal, copy, open,
    fresh, begin,
  };
})();
