"use strict";
// Shows the rows that fit the three filters; without scripts every row is shown.
(() => {
  const byId = (id) => document.getElementById(id);
  const rows = Array.from(document.querySelectorAll("details.row"));
  const controls = ["find", "type", "state"].map(byId).filter(Boolean);
  if (!controls.length) return;
  const value = (id) => (byId(id) ? byId(id).value : "");
  const apply = () => {
    const words = value("find").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = (!value("type") || row.dataset.type === value("type"))
        && (!value("state") || row.dataset.state === value("state"))
        && words.every((word) => text.includes(word));
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    byId("shown").textContent = `${shown} of ${rows.length}`;
  };
  for (const control of controls) control.addEventListener("input", apply);
  byId("tools").hidden = false;
  apply();
})();
