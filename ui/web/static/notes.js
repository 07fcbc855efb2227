// Notes on papers while they are typed: what is not saved yet stays in this tab, whatever else the tab shows meanwhile.
window.paperchatNotes = (() => {
  "use strict";
  const KEY = "paperchat.notes";
  const typed = new Map(read()); // by paper, the text and the revision over which it is to be written
  const plain = (text) => text.replaceAll("\r\n", "\n");

  function parts(note) {
    const field = (name) => note.querySelector(`[name=${name}]`);
    return { text: field("text"), revision: field("revision"), paper: field("papers").value, said: note.querySelector(".said") };
  }

  function read() {
    try {
      return JSON.parse(sessionStorage.getItem(KEY) || "[]");
    } catch {
      return [];
    }
  }

  function hold(paper, text, revision) {
    if (text === null) typed.delete(paper);
    else typed.set(paper, [text, revision]);
    try {
      sessionStorage.setItem(KEY, JSON.stringify([...typed]));
    } catch {
      // then it holds until the page is loaded anew
    }
  }

  // A page was drawn: what was typed on it before stands there again, to be written over what it was typed over.
  function restore(within) {
    for (const note of within.querySelectorAll("section.note")) {
      const { text, revision, paper, said } = parts(note);
      if (!typed.has(paper)) continue;
      [text.value, revision.value] = typed.get(paper);
      said.textContent = "Not saved yet";
    }
  }

  // The server has answered the text that was sent; what was typed since stays in the field.
  function answered(place, fresh, sent, failed) {
    const { paper } = parts(place);
    const shown = document.querySelector("#view section.note"); // the page may have been left, and drawn anew since
    const note = shown && parts(shown).paper === paper ? shown : place;
    const was = parts(note);
    const is = parts(fresh);
    const more = plain(was.text.value) !== plain(sent);
    if (failed) {
      is.text.value = was.text.value;
      note.replaceWith(fresh);
      hold(paper, is.text.value, is.revision.value);
    } else if (more) {
      was.text.defaultValue = is.text.value;
      was.revision.value = is.revision.value;
      was.said.textContent = "What you typed since is not saved yet";
      note.querySelector(".conflict")?.remove();
      hold(paper, was.text.value, is.revision.value);
    } else {
      note.replaceWith(fresh);
      hold(paper, null);
    }
  }

  addEventListener("input", (event) => {
    const note = event.target.closest?.("#view section.note");
    if (!note) return;
    const { text, revision, paper } = parts(note);
    hold(paper, text.value === text.defaultValue ? null : text.value, revision.value);
  });

  // Whoever signs in next in this tab may be somebody else.
  addEventListener("click", (event) => {
    if (event.target.closest?.('a[href="/logout"]')) [...typed.keys()].forEach((paper) => hold(paper, null));
  });

  return { restore, answered };
})();
