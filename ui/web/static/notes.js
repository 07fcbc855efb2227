// Notes on papers while they are typed: what is not saved yet stays in this tab, whatever else the tab shows meanwhile,
// and in this browser, by reader and paper, should the tab be closed.
window.paperchatNotes = (() => {
  "use strict";
  const KEY = "paperchat.notes";
  const MOST = 20; // notes that are kept behind a closed tab, those typed last
  const typed = read(sessionStorage); // by reader and paper, the text and the revision over which it is to be written
  const plain = (text) => text.replaceAll("\r\n", "\n");

  function parts(note) {
    const field = (name) => note.querySelector(`[name=${name}]`);
    const key = JSON.stringify([note.dataset.reader || "", field("papers").value]);
    return { text: field("text"), revision: field("revision"), key, said: note.querySelector(".said") };
  }

  function read(storage) {
    try {
      return new Map(JSON.parse(storage.getItem(KEY) || "[]"));
    } catch {
      return new Map();
    }
  }

  function write(storage, notes) {
    try {
      if (notes.size) storage.setItem(KEY, JSON.stringify([...notes].slice(-MOST)));
      else storage.removeItem(KEY);
    } catch {
      // then it holds until the page is loaded anew
    }
  }

  function hold(key, text, revision) {
    const left = read(localStorage);
    const before = typed.get(key);
    typed.delete(key);
    // What another tab of this browser holds of the same note is that tab's.
    if (text !== null || left.get(key)?.[0] === before?.[0]) left.delete(key);
    if (text !== null) for (const notes of [typed, left]) notes.set(key, [text, revision]);
    write(sessionStorage, typed);
    write(localStorage, left);
  }

  // A page was drawn: what was typed on it before stands there again, to be written over what it was typed over.
  function restore(within) {
    for (const note of within.querySelectorAll("section.note")) {
      const { text, revision, key, said } = parts(note);
      const here = typed.has(key);
      const held = typed.get(key) || read(localStorage).get(key);
      if (!held) continue;
      if (plain(held[0]) === plain(text.value)) {
        hold(key, null); // it was saved, in another tab
        continue;
      }
      [text.value, revision.value] = held;
      hold(key, ...held);
      said.textContent = here ? "Not saved yet" : "What you typed before the page was closed is back; it is not saved yet";
    }
  }

  // The server has answered the text that was sent; what was typed since stays in the field.
  function answered(place, fresh, sent, failed) {
    const { key } = parts(place);
    const shown = document.querySelector("#view section.note"); // the page may have been left, and drawn anew since
    const note = shown && parts(shown).key === key ? shown : place;
    const was = parts(note);
    const is = parts(fresh);
    const more = plain(was.text.value) !== plain(sent);
    if (failed) {
      is.text.value = was.text.value;
      note.replaceWith(fresh);
      hold(key, is.text.value, is.revision.value);
    } else if (more) {
      was.text.defaultValue = is.text.value;
      was.revision.value = is.revision.value;
      was.said.textContent = "What you typed since is not saved yet";
      note.querySelector(".conflict")?.remove();
      hold(key, was.text.value, is.revision.value);
    } else {
      note.replaceWith(fresh);
      hold(key, null);
    }
  }

  addEventListener("input", (event) => {
    const note = event.target.closest?.("#view section.note");
    if (!note) return;
    const { text, revision, key } = parts(note);
    hold(key, text.value === text.defaultValue ? null : text.value, revision.value);
  });

  // Whoever signs in next in this tab may be somebody else.
  addEventListener("click", (event) => {
    const out = event.target.closest?.('a[href="/logout"]');
    if (!out) return;
    typed.clear();
    const others = [...read(localStorage)].filter(([key]) => JSON.parse(key)[0] !== out.dataset.reader);
    write(sessionStorage, typed);
    write(localStorage, new Map(others));
  });

  return { restore, answered };
})();
