// The map: regions as islands of dots on a canvas, moved and zoomed with pointer, wheel, fingers and keys. What it shows
// stands beside it in words as well. Colours tell neighbours apart and nothing else; what is kept has shapes of its own.
window.paperchatMap = (() => {
  "use strict";
  const TONES = {
    light: ["#2f6fb5", "#b9560b", "#0c7a5f", "#a03f78", "#7d6200", "#53606c"],
    dark: ["#7db4ea", "#f0a15e", "#5fc9a8", "#e08fc0", "#d9bd55", "#a9b4bf"],
  };
  const MARKS = { starred: ["#a30f2d", "#ffd166"], later: ["#1c1917", "#f5f5f4"], listed: ["#1c1917", "#f5f5f4"] };
  const SHORE = 1.2; // how far an island reaches beyond its papers' discs
  const NEAR = 14; // pixels within which a pointer finds a paper
  const FINE = 3; // pixels between two papers from which on small things are painted
  const DETAIL = 26; // pixels between papers from which on titles are written beside them
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let kept = null; // the figure of the last page, which goes on on the next one of the same map

  function settle(within) {
    const figure = within.querySelector(".chart[data-chart]");
    if (!figure || figure.chart) return;
    if (kept && kept.figure.dataset.chart === figure.dataset.chart) {
      kept.figure.dataset.at = figure.dataset.at;
      kept.figure.dataset.kept = figure.dataset.kept;
      kept.figure.querySelector("figcaption")?.remove();
      const legend = figure.querySelector("figcaption");
      if (legend) kept.figure.append(legend);
      figure.replaceWith(kept.figure);
      kept.again();
    } else {
      kept?.end();
      kept = figure.chart = chart(figure);
    }
  }

  function chart(figure) {
    const box = figure.querySelector(".canvas");
    const canvas = box.querySelector("canvas");
    const pen = canvas.getContext("2d");
    const tip = figure.querySelector(".tip");
    const where = figure.querySelector(".where");
    const details = new Map(); // by region of the second level: its papers, or that they are on their way
    let regions = new Map();
    let order = []; // the same as they are named, the coarse before the fine and the large before the small
    let leaves = [];
    let dots = new Float32Array(); // places of all papers, those of a leaf one after the other
    let owners = new Int32Array(); // and in which leaf each is
    let marks = new Map();
    let signed = []; // where marks were painted
    let [width, height, ratio] = [0, 0, 1];
    let camera = { x: 0, y: 0, k: 8 };
    let whole = camera;
    let lit = ""; // the region that is pointed at, here or in the list
    let found = -1; // the paper that is pointed at
    let byKeys = false; // whether keys moved it last
    const ended = new AbortController(); // when another map takes its place
    const font = getComputedStyle(figure).fontFamily;
    let asked = 0;
    const widths = new Map();
    const api = { figure, again, end };

    // --- what there is --------------------------------------------------------------------------------------------------

    async function load() {
      const response = await fetch(figure.dataset.chart).catch(() => null);
      const told = await response?.json().catch(() => null);
      if (!told?.regions) return missed(response, told);
      const fine = told.fine;
      let first = 0;
      leaves = told.leaves.map(([code, x, y, r, count]) => {
        const leaf = { code, x: x / fine, y: y / fine, r: r / fine, first, count, tone: told.tones[code.split(".")[0]] };
        leaf.part = code.split(".").slice(0, 2).join(".");
        leaf.region = code.split(".")[0];
        first += count;
        return leaf;
      });
      dots = new Float32Array(2 * first).fill(NaN);
      owners = new Int32Array(first);
      leaves.forEach((leaf, n) => owners.fill(n, leaf.first, leaf.first + leaf.count));
      if (told.dots) {
        const bytes = Uint8Array.from(atob(told.dots), (char) => char.charCodeAt(0));
        const places = new Int16Array(bytes.buffer);
        for (let n = 0; n < dots.length; n++) dots[n] = places[n] / fine;
      }
      regions = new Map(told.regions.map(([code, name, count]) => [code, { code, name, count, level: code.split(".").length }]));
      for (const leaf of leaves) {
        const parts = leaf.code.split(".");
        for (let depth = 1; depth <= 3; depth++) grow(regions.get(parts.slice(0, depth).join(".")), leaf);
      }
      for (const one of regions.values()) measure(one);
      order = [...regions.values()].sort((a, b) => a.level - b.level || b.count - a.count || (a.code < b.code ? -1 : 1));
      for (const one of order) one.inner = regions.get(one.code.split(".").slice(0, -1).join("."));
      for (const one of regions.values()) if (one.level === 1) one.links = linked(one.leaves);
      api.fine = fine;
      resize();
      again(true);
      figure.dataset.drawn = "";
    }

    // Without a map the next page begins with one of its own; where the map is another one by now, this page does.
    function missed(response, told) {
      if (kept === api) kept = null;
      end();
      if (response?.ok) return setTimeout(anew, 2000);
      where.textContent = told?.problem || "The map cannot be loaded. Reload the page to try again.";
    }

    let isRenewed = false;
    async function anew() {
      if (!figure.isConnected || isRenewed) return;
      isRenewed = true;
      const isHeld = figure.contains(document.activeElement);
      await paperchatSite.go(location.href, { replace: true, quiet: true });
      if (isHeld) document.querySelector("#view .chart .canvas")?.focus({ preventScroll: true });
      isRenewed = false;
    }

    function end() {
      ended.abort();
      sized.disconnect();
      themed.disconnect();
    }

    function grow(region, leaf) {
      (region.leaves ??= []).push(leaf);
      region.tone = leaf.tone;
    }

    function measure(region) {
      let [x, y, area, left, right, top, bottom] = [0, 0, 0, Infinity, -Infinity, Infinity, -Infinity];
      for (const leaf of region.leaves) {
        const share = leaf.r * leaf.r;
        [x, y, area] = [x + leaf.x * share, y + leaf.y * share, area + share];
        [left, right] = [Math.min(left, leaf.x - leaf.r), Math.max(right, leaf.x + leaf.r)];
        [top, bottom] = [Math.min(top, leaf.y - leaf.r), Math.max(bottom, leaf.y + leaf.r)];
      }
      Object.assign(region, { x: x / area, y: y / area, left, right, top, bottom, size: Math.sqrt(area) });
    }

    // Pairs of discs of a region between which no water is left.
    function linked(some) {
      const links = new Path2D();
      some.forEach((a, n) => {
        for (const b of some.slice(n + 1)) {
          if (Math.hypot(a.x - b.x, a.y - b.y) > a.r + b.r + 2.4 * SHORE) continue;
          links.moveTo(a.x, a.y);
          links.lineTo(b.x, b.y);
        }
      });
      return links;
    }

    function again(atOnce = false) {
      marks = new Map();
      const told = JSON.parse(figure.dataset.kept || "{}");
      for (const kind of ["listed", "later", "starred"]) for (const dot of told[kind] || []) marks.set(dot, kind);
      resize();
      const region = regions.get(figure.dataset.at);
      fly(region ? framed(region, 0.72) : whole, atOnce);
    }

    // --- where one looks ------------------------------------------------------------------------------------------------

    function framed({ left, right, top, bottom }, share = 0.95) {
      const reach = 2 * SHORE;
      const k = share * Math.min(width / (right - left + reach), height / (bottom - top + reach));
      return { x: (left + right) / 2, y: (top + bottom) / 2, k: Math.min(k, 60) };
    }

    function resize() {
      const [wide, high] = [box.clientWidth, box.clientHeight];
      ratio = Math.min(devicePixelRatio || 1, 2);
      if (!wide || !leaves.length) return;
      const same = wide === width && high === height;
      [width, height] = [wide, high];
      if (!same) [canvas.width, canvas.height] = [Math.round(wide * ratio), Math.round(high * ratio)];
      const edges = leaves.map((leaf) => [leaf.x - leaf.r, leaf.x + leaf.r, leaf.y - leaf.r, leaf.y + leaf.r]);
      const all = [0, 1, 2, 3].map((n) => Math[n % 2 ? "max" : "min"](...edges.map((edge) => edge[n])));
      whole = framed({ left: all[0], right: all[1], top: all[2], bottom: all[3] });
      paint();
    }

    let flight = 0;
    function fly(to, atOnce = false) {
      cancelAnimationFrame(flight);
      if (atOnce || still.matches || !width) {
        camera = { ...to };
        return paint();
      }
      const from = { ...camera };
      const begin = performance.now();
      const step = (now) => {
        const t = Math.min(1, (now - begin) / 420);
        const s = 1 - (1 - t) ** 3;
        const k = from.k * (to.k / from.k) ** s;
        const share = Math.abs(to.k - from.k) < 1e-6 ? s : (1 / from.k - 1 / k) / (1 / from.k - 1 / to.k); // the middle goes straight on the screen
        camera = { k, x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
        paint();
        if (t < 1) flight = requestAnimationFrame(step);
        else if (byKeys) middle();
      };
      flight = requestAnimationFrame(step);
    }

    function zoom(factor, px = width / 2, py = height / 2) {
      const k = Math.min(Math.max(camera.k * factor, whole.k * 0.7), 90);
      const [x, y] = world(px, py);
      camera = { k, x: x - (px - width / 2) / k, y: y - (py - height / 2) / k };
      move(0, 0);
    }

    function move(dx, dy) {
      const reach = (0.6 * Math.max(width, height)) / whole.k;
      camera.x = Math.min(Math.max(camera.x - dx / camera.k, whole.x - reach), whole.x + reach);
      camera.y = Math.min(Math.max(camera.y - dy / camera.k, whole.y - reach), whole.y + reach);
      cancelAnimationFrame(flight);
      paint();
    }

    const world = (px, py) => [camera.x + (px - width / 2) / camera.k, camera.y + (py - height / 2) / camera.k];
    const screen = (x, y) => [(x - camera.x) * camera.k + width / 2, (y - camera.y) * camera.k + height / 2];

    // --- painting -------------------------------------------------------------------------------------------------------

    function paint() {
      if (!asked) asked = requestAnimationFrame(painted);
    }

    function painted() {
      asked = 0;
      if (!width) return;
      const style = getComputedStyle(figure);
      const colours = { ground: style.backgroundColor, ink: style.color };
      const dark = root().style.colorScheme === "dark";
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, width, height);
      pen.setTransform(camera.k * ratio, 0, 0, camera.k * ratio, (width / 2 - camera.x * camera.k) * ratio, (height / 2 - camera.y * camera.k) * ratio);
      const seen = leaves.filter(inSight);
      islands(seen, dark, colours);
      const spacing = camera.k; // pixels between two papers
      const apart = seen.filter((leaf) => spacing >= 2.4 && dots[2 * leaf.first] === dots[2 * leaf.first]);
      const drawn = new Set(apart);
      papers(apart, dark);
      crowds(seen.filter((leaf) => !drawn.has(leaf)), dark);
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      signs(dark);
      labels(dark, colours);
      told();
      want(seen, spacing);
    }

    const root = () => document.documentElement;

    function inSight({ x, y, r }) {
      const reach = r + SHORE + 1;
      return (
        Math.abs(x - camera.x) < width / 2 / camera.k + reach && Math.abs(y - camera.y) < height / 2 / camera.k + reach
      );
    }

    function land(region, own, more) {
      discs(own, more);
      pen.fill();
      pen.strokeStyle = pen.fillStyle;
      pen.lineWidth = 3.4 + 2 * (more - SHORE);
      if (camera.k > FINE) pen.stroke(regions.get(region).links); // from afar nobody sees the ponds
    }

    function discs(some, more) {
      pen.beginPath();
      for (const { x, y, r } of some) {
        pen.moveTo(x + r + more, y);
        pen.arc(x, y, r + more, 0, 7);
      }
    }

    // Each region is one island: discs of one colour that run together, first a rim, then the land, then its parts.
    function islands(seen, dark, { ground }) {
      const fine = Math.min(1, Math.max(0, (camera.k - 1.25 * whole.k) / (0.9 * whole.k)));
      for (const [region, own] of grouped(seen, "region")) {
        const tone = TONES[dark ? "dark" : "light"][regions.get(region).tone];
        const isLit = lit && (lit === region || lit.startsWith(`${region}.`));
        pen.fillStyle = mixed(ground, tone, isLit ? 0.75 : dark ? 0.42 : 0.4);
        land(region, own, SHORE + (isLit ? 2.2 : 1.1) / camera.k);
        pen.fillStyle = mixed(ground, tone, isLit && lit === region ? 0.24 : dark ? 0.15 : 0.13);
        land(region, own, SHORE);
        if (!fine && !lit.includes(".")) continue;
        for (const [part, leaves] of grouped(own, "part")) {
          const here = lit === part || (lit.startsWith(`${part}.`) && lit);
          pen.fillStyle = mixed(ground, tone, here ? 0.36 : (dark ? 0.15 : 0.13) + 0.09 * fine);
          discs(leaves, 0.42);
          pen.fill();
        }
      }
    }

    function grouped(some, by) {
      const groups = new Map();
      for (const one of some) groups.get(one[by])?.push(one) ?? groups.set(one[by], [one]);
      return groups;
    }

    function papers(seen, dark) {
      const size = Math.min(Math.max(0.24, 0.9 / camera.k), 6.5 / camera.k);
      const square = camera.k < 5; // too small to be told from a disc
      for (const tone of new Set(seen.map((leaf) => leaf.tone))) {
        pen.fillStyle = TONES[dark ? "dark" : "light"][tone];
        pen.beginPath();
        for (const leaf of seen) {
          if (leaf.tone !== tone) continue;
          for (let n = leaf.first; n < leaf.first + leaf.count; n++) {
            const [x, y] = [dots[2 * n], dots[2 * n + 1]];
            if (x !== x) continue;
            if (square) pen.rect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8);
            else {
              pen.moveTo(x + size, y);
              pen.arc(x, y, size, 0, 7);
            }
          }
        }
        pen.fill();
      }
    }

    // From afar a region of the third level is one disc, as full as its papers would make it.
    function crowds(seen, dark) {
      for (const [, own] of grouped(seen, "tone")) {
        pen.fillStyle = TONES[dark ? "dark" : "light"][own[0].tone];
        pen.globalAlpha = 0.45;
        discs(own, -0.45);
        pen.fill();
      }
      pen.globalAlpha = 1;
    }

    // What the reader keeps: a star, a ring, a square; and a ring around the paper that is pointed at.
    function signs(dark) {
      const size = Math.min(Math.max(camera.k * 0.55, 4.5), 10);
      signed = [];
      for (const [n, kind] of marks) {
        if (dots[2 * n] !== dots[2 * n] || !inSight(leafOf(n))) continue;
        const [x, y] = screen(dots[2 * n], dots[2 * n + 1]);
        signed.push({ left: x - size, right: x + size, top: y - size, bottom: y + size });
        pen.beginPath();
        if (kind === "starred") star(x, y, size * 1.25);
        else if (kind === "later") pen.arc(x, y, size * 0.85, 0, 7);
        else pen.rect(x - size * 0.75, y - size * 0.75, size * 1.5, size * 1.5);
        pen.lineWidth = kind === "starred" ? 2.5 : 4;
        pen.strokeStyle = dark ? "#1b1a18" : "#ffffff";
        pen.stroke();
        [pen.fillStyle, pen.strokeStyle, pen.lineWidth] = [MARKS[kind][+dark], MARKS[kind][+dark], 1.8];
        if (kind === "starred") pen.fill();
        else pen.stroke();
      }
      if (found < 0) return;
      const [x, y] = screen(dots[2 * found], dots[2 * found + 1]);
      pen.beginPath();
      pen.arc(x, y, Math.max(camera.k * 0.42, 6), 0, 7);
      [pen.strokeStyle, pen.lineWidth] = [dark ? "#f0efed" : "#1c1917", 2];
      pen.stroke();
    }

    function star(x, y, r) {
      for (let n = 0; n < 10; n++) {
        const [turn, reach] = [(n * Math.PI) / 5 - Math.PI / 2, n % 2 ? r * 0.45 : r];
        pen[n ? "lineTo" : "moveTo"](x + Math.cos(turn) * reach, y + Math.sin(turn) * reach);
      }
      pen.closePath();
    }

    // Names, the coarse before the fine and the large before the small; one that would lie on another is left out.
    function labels(dark, { ground, ink }) {
      const taken = overlays();
      const tones = TONES[dark ? "dark" : "light"];
      [pen.textAlign, pen.textBaseline, pen.lineJoin] = ["center", "middle", "round"];
      const open = (one) => one.size * camera.k > (width < 560 ? 95 : 120); // so large that its parts are named
      for (const one of named()) {
        const level = one.level;
        if (level > 1 && !open(one.inner)) continue;
        if (level === 3 && (one.inner.leaves.length < 2 || one.size * camera.k < 34)) continue;
        const isOpen = level < 3 && open(one) && one.leaves.length > 1;
        const size = [width < 560 ? 12 : 14.5, width < 560 ? 12 : 13, 12][level - 1];
        const text = level === 1 && isOpen ? one.name.toUpperCase() : one.name;
        pen.font = `${level === 1 ? 650 : level === 2 ? 550 : 400} ${level === 1 && isOpen ? 11 : size}px ${font}`;
        const [x, y] = isOpen && level === 1 ? screen(one.x, one.top - SHORE - 9 / camera.k) : screen(one.x, one.y);
        const room = Math.max(width < 560 ? 70 : 90, Math.min(level === 1 ? 170 : 150, one.size * camera.k * 1.9));
        let lines = wrapped(text, room);
        if (level < 3 && lines.length > 2 && text.includes(",") && lines.length * size > one.size * camera.k * 0.8) lines = wrapped(text.split(",")[0], room);
        const step = isOpen && level === 1 ? 0 : Math.max(20, 0.16 * one.size * camera.k);
        write(lines, x, [y, y - step, y + step, y - 1.9 * step, y + 1.9 * step], size * 1.2, mixed(ink, tones[one.tone], level === 1 ? 0.25 : 0.15), ground, taken);
      }
      if (camera.k > DETAIL) titles(taken, ink, ground);
    }

    function named() {
      const [left, top] = world(0, 0);
      const [right, bottom] = world(width, height);
      return order.filter((one) => one.right > left && one.left < right && one.bottom > top && one.top < bottom);
    }

    function titles(taken, ink, ground) {
      pen.font = `400 11.5px ${font}`;
      pen.textAlign = "left";
      const seen = leaves.filter((leaf) => inSight(leaf) && details.get(leaf.part)?.papers);
      const places = seen.flatMap((leaf) => Array.from({ length: leaf.count }, (_, n) => screen(dots[2 * (leaf.first + n)], dots[2 * (leaf.first + n) + 1])));
      for (const leaf of seen) {
        const told = details.get(leaf.part);
        for (let n = leaf.first; n < leaf.first + leaf.count; n++) {
          const [x, y] = screen(dots[2 * n], dots[2 * n + 1]);
          const lines = wrapped(told.papers[n - told.first][1], Math.max(110, camera.k * 1.9));
          if (lines.length > 3) lines.splice(2, lines.length - 2, `${lines[2]} …`);
          const [left, high] = [x + camera.k * 0.34 + 4, lines.length * 7];
          const covers = places.some(([px, py]) => px > left - 6 && px < left + lines.wide + 6 && Math.abs(py - y) < high + 5);
          if (!covers) write(lines, left, [y], 14, ink, ground, taken);
        }
      }
    }

    function wrapped(text, room) {
      const key = `${pen.font} ${Math.round(room / 12)} ${text}`;
      if (!widths.has(key)) {
        const lines = [""];
        for (const word of text.split(" ")) {
          const longer = `${lines.at(-1)} ${word}`.trim();
          if (lines.at(-1) && pen.measureText(longer).width > room) lines.push(word);
          else lines[lines.length - 1] = longer;
        }
        if (widths.size > 4000) widths.clear();
        widths.set(key, { lines, wide: Math.max(...lines.map((line) => pen.measureText(line).width)) });
      }
      const { lines, wide } = widths.get(key);
      return Object.assign(lines.slice(), { wide });
    }

    // What lies over the canvas; nothing is written below it.
    function overlays() {
      const edge = box.getBoundingClientRect();
      return [where, ...figure.querySelectorAll("figcaption, .zoom")].filter((one) => one.offsetWidth).map((one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect();
        return { left: left - edge.left, right: right - edge.left, top: top - edge.top, bottom: bottom - edge.top };
      });
    }

    // Write lines at the first of some heights at which they lie on nothing that is written, and on no mark if possible.
    function write(lines, x, heights, leading, colour, ground, taken) {
      const wide = lines.wide ?? Math.max(...lines.map((line) => pen.measureText(line).width));
      const left = pen.textAlign === "left" ? x : Math.max(5, Math.min(x - wide / 2, width - wide - 5));
      if (left + wide < 0 || left > width || Math.abs(left + wide / 2 - x) > wide) return;
      const high = lines.length * leading;
      const inside = (y) => (y < high / 2 + 2 && y > -high / 2 ? high / 2 + 2 : y); // no line is cut by the upper edge
      const boxes = heights.map(inside).map((y) => ({ y, left: left - 4, right: left + wide + 4, top: y - high / 2 - 2, bottom: y + high / 2 + 2 }));
      const free = boxes.filter((place) => place.bottom > 0 && place.top < height && !taken.some((other) => meet(place, other)));
      const place = free.find((one) => !signed.some((mark) => meet(one, mark))) || free[0];
      if (!place) return;
      const [y, from] = [place.y, pen.textAlign === "left" ? left : left + wide / 2];
      taken.push(place);
      [pen.strokeStyle, pen.lineWidth, pen.fillStyle] = [ground, 3.5, colour];
      lines.forEach((line, n) => {
        const at = y + (n - (lines.length - 1) / 2) * leading;
        pen.globalAlpha = 0.85;
        pen.strokeText(line, from, at);
        pen.globalAlpha = 1;
        pen.fillText(line, from, at);
      });
    }

    const meet = (a, b) => a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;

    function mixed(one, other, share) {
      const key = `${one}${other}${share}`;
      if (!widths.has(key)) {
        const [a, b] = [channels(one), channels(other)];
        widths.set(key, `rgb(${a.map((value, n) => Math.round(value + (b[n] - value) * share)).join(" ")})`);
      }
      return widths.get(key);
    }

    const channels = (colour) =>
      colour.startsWith("#")
        ? [1, 3, 5].map((n) => parseInt(colour.slice(n, n + 2), 16))
        : (colour.match(/[\d.]+/g) ?? [127, 127, 127]).slice(0, 3).map(Number); // no colour is told of a canvas that has just left the page

    // --- what is pointed at ---------------------------------------------------------------------------------------------

    // The titles of what is in sight are asked for when it is near enough to be pointed at.
    function want(seen, spacing) {
      if (spacing < 5 && dots[0] === dots[0]) return;
      if (spacing < 2.4) return;
      const parts = [...new Set(seen.map((leaf) => leaf.part))];
      if (parts.length <= 24) parts.forEach(ask);
    }

    async function ask(part) {
      if (details.has(part)) return details.get(part).coming;
      const entry = {};
      details.set(part, entry);
      entry.coming = (async () => {
        const response = await fetch(figure.dataset.chart.replace("chart?", `chart/${part}?`)).catch(() => null);
        const told = await response?.json().catch(() => null);
        if (!told?.papers) {
          setTimeout(() => details.delete(part), 5000);
          return response?.ok && anew(); // the library has changed
        }
        Object.assign(entry, told);
        told.papers.forEach(([, , , x, y], n) => {
          dots[2 * (told.first + n)] = x / api.fine;
          dots[2 * (told.first + n) + 1] = y / api.fine;
        });
        paint();
        if (byKeys && found < 0) middle();
      })();
      return entry.coming;
    }

    function paperAt(px, py, within = NEAR) {
      if (camera.k < 2.4) return -1;
      const [x, y] = world(px, py);
      const reach = within / camera.k;
      let [best, near] = [-1, reach * reach];
      for (const leaf of leaves) {
        if (Math.abs(leaf.x - x) > leaf.r + reach || Math.abs(leaf.y - y) > leaf.r + reach) continue;
        for (let n = leaf.first; n < leaf.first + leaf.count; n++) {
          const far = (dots[2 * n] - x) ** 2 + (dots[2 * n + 1] - y) ** 2;
          if (far < near) [best, near] = [n, far];
        }
      }
      return best;
    }

    function leafAt(px, py) {
      const [x, y] = world(px, py);
      let [best, near] = [null, SHORE];
      for (const leaf of leaves) {
        const far = Math.hypot(leaf.x - x, leaf.y - y) - leaf.r;
        if (far < near) [best, near] = [leaf, far];
      }
      return best;
    }

    const leafOf = (n) => leaves[owners[n]];
    const regionAt = (px, py) => {
      const leaf = leafAt(px, py);
      return leaf ? (regions.get(leaf.region).size * camera.k > 120 ? leaf.part : leaf.region) : "";
    };

    function light(code) {
      if (code === lit) return;
      lit = code;
      paint();
    }

    async function point(n, stays = false) {
      if (n === found && !stays) return;
      if (n !== found) {
        tip.replaceChildren(); // while its name is on its way, another's must not stand for it
        tip.hidden = true;
      }
      found = n;
      tip.toggleAttribute("data-stays", n >= 0 && stays); // a finger that is lifted leaves the map before the name has come
      paint();
      if (n < 0) return;
      const leaf = leafOf(n);
      await ask(leaf.part);
      const told = details.get(leaf.part);
      if (found !== n || !told?.papers) return;
      const [id, title, day] = told.papers[n - told.first];
      const link = document.createElement("a");
      Object.assign(link, { href: `/paper/${encodeURIComponent(id).replaceAll("%2F", "/")}`, textContent: title });
      const kind = { starred: "starred", later: "to read later", listed: "on a list" }[marks.get(n)];
      const small = document.createElement("small");
      small.textContent = [day, regions.get(leaf.part).name, kind].filter(Boolean).join(" · ");
      tip.replaceChildren(link, small);
      tip.hidden = false;
      tip.dataset.paper = id;
      const [x, y] = screen(dots[2 * n], dots[2 * n + 1]);
      const [wide, high] = [tip.offsetWidth, tip.offsetHeight];
      tip.style.left = `${Math.min(Math.max(x - wide / 2, 8), width - wide - 8)}px`;
      tip.style.top = `${y > high + 24 ? y - high - 14 : y + 16}px`;
      if (byKeys) where.textContent = title;
    }

    // By keys the paper in the middle is pointed at; where none is near, its region is named.
    function middle() {
      point(paperAt(width / 2, height / 2, Math.min(width, height) / 2));
    }

    // The names of the regions in whose midst one looks.
    function told() {
      if (byKeys && found >= 0) return; // the paper is named
      const leaf = byKeys || camera.k > 1.5 * whole.k ? leafAt(width / 2, height / 2) : null;
      const names = leaf ? [leaf.region, leaf.part].map((code) => regions.get(code).name) : [];
      if (regions.get(leaf?.region)?.size * camera.k < 120) names.pop();
      const text = names.join(" / ") || (byKeys ? "Between regions" : "");
      if (where.textContent !== text) where.textContent = text;
    }

    const go = async (n) => {
      await ask(leafOf(n).part);
      const told = details.get(leafOf(n).part);
      if (told?.papers) paperchatSite.go(`/paper/${told.papers[n - told.first][0]}`);
    };

    // --- hands ----------------------------------------------------------------------------------------------------------

    const fingers = new Map();
    let moved = 0;
    let apart = 0;
    const at = (event) => {
      const edge = box.getBoundingClientRect();
      return [event.clientX - edge.left, event.clientY - edge.top];
    };

    box.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      box.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, at(event));
      [moved, apart, byKeys] = [fingers.size > 1 ? 99 : 0, 0, false];
    });

    box.addEventListener("pointermove", (event) => {
      const [x, y] = at(event);
      if (!fingers.has(event.pointerId)) {
        if (event.pointerType !== "mouse") return;
        const n = paperAt(x, y);
        point(n);
        light(regionAt(x, y));
        box.style.cursor = n >= 0 || regionAt(x, y) ? "pointer" : "";
        return;
      }
      const [px, py] = fingers.get(event.pointerId);
      fingers.set(event.pointerId, [x, y]);
      moved += Math.hypot(x - px, y - py);
      if (moved < 4) return;
      point(-1);
      const [a, b] = fingers.values();
      if (!b) return move(x - px, y - py);
      const now = Math.hypot(a[0] - b[0], a[1] - b[1]);
      if (apart) zoom(now / apart, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
      move((x - px) / 2, (y - py) / 2);
      apart = now;
    });

    const lifted = (event) => {
      const isClick = fingers.delete(event.pointerId) && event.type === "pointerup" && moved < 4;
      apart = 0;
      if (!isClick) return;
      const [x, y] = at(event);
      const isTouch = event.pointerType !== "mouse";
      const n = paperAt(x, y, isTouch ? 22 : NEAR);
      if (n >= 0) return isTouch && n !== found ? void point(n, true) : go(n);
      if (isTouch) point(-1);
      const code = regionAt(x, y);
      if (code) paperchatSite.go(`/map/${code}`);
    };
    box.addEventListener("pointerup", lifted);
    box.addEventListener("pointercancel", lifted);
    box.addEventListener("pointerleave", () => {
      light("");
      if (!tip.hasAttribute("data-stays")) point(-1);
    });

    box.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const lines = event.deltaMode ? 30 : 1;
        zoom(Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) * (event.ctrlKey ? 0.01 : 0.0022)), ...at(event));
      },
      { passive: false },
    );

    const KEYS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    box.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const step = KEYS[event.key];
      if (step) move(step[0] * 60, step[1] * 60);
      else if (event.key === "+" || event.key === "=") zoom(1.4);
      else if (event.key === "-") zoom(1 / 1.4);
      else if (event.key === "0") fly(whole);
      else if (event.key === "Enter" && found >= 0) go(found);
      else if (event.key === "Enter" && regionAt(width / 2, height / 2)) paperchatSite.go(`/map/${regionAt(width / 2, height / 2)}`);
      else return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Enter") return;
      byKeys = true;
      middle();
    });

    figure.addEventListener("click", (event) => {
      const action = event.target.closest("[data-action]")?.dataset.action;
      if (action === "map-in") fly({ ...camera, k: Math.min(camera.k * 1.7, 90) });
      if (action === "map-out") fly({ ...camera, k: Math.max(camera.k / 1.7, whole.k * 0.8) });
      if (action === "map-all") fly(whole);
    });

    // Pointing at a region in the list shows where it lies.
    const ofList = (event) => event.target.closest?.(".told [data-region]")?.dataset.region || "";
    const pointed = (event) => figure.isConnected && event.target.closest?.(".told") && light(ofList(event));
    for (const kind of ["mouseover", "focusin"]) addEventListener(kind, pointed, { signal: ended.signal });
    const sized = new ResizeObserver(() => resize());
    const themed = new MutationObserver(paint);
    sized.observe(box);
    themed.observe(root(), { attributeFilter: ["style"] });
    load();
    return Object.assign(api, { camera: () => camera, dots: (n) => [dots[2 * n], dots[2 * n + 1]] });
  }

  return { settle, shown: () => kept };
})();
