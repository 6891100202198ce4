"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Sorting: the first click sorts upwards, the second downwards, the third as planned.
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };
  const key = (row, column) => {
    const cell = row.cells[column];
    if (!cell) return null;
    const text = cell.textContent.trim();
    if (text === "" || text === "–") return null;
    if (cell.dataset.v !== undefined) return parseFloat(cell.dataset.v);
    return /^-?[\d.]+%?(\/.*)?$/.test(text) ? parseFloat(text) : text;
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b
    : typeof a !== typeof b ? (typeof a === "number" ? -1 : 1)
    : a.localeCompare(b, "en", { numeric: true });
  const sort = (table, head, planned) => {
    const order = NEXT[head.getAttribute("aria-sort") || "none"];
    all("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
    if (order !== "none") head.setAttribute("aria-sort", order);
    const keyed = planned.map((row) => [key(row, head.cellIndex), row]);
    // What has no figure stays last, in both directions.
    if (order !== "none") keyed.sort(([a], [b]) =>
      a === null || b === null ? (a === null) - (b === null) : order === "ascending" ? compare(a, b) : compare(b, a));
    table.tBodies[0].append(...keyed.map(([, row]) => row));
    families(table);
  };
  // A family's name stands at the first of its neighbouring rows.
  const families = (table) => {
    let last = null;
    for (const row of table.tBodies[0].rows) {
      const name = row.querySelector(".fam span");
      if (!name || row.hidden) continue;
      const again = row.dataset.f === last;
      name.classList.toggle("vh", again);
      row.classList.toggle("first", !again);
      last = row.dataset.f;
    }
  };
  for (const table of all("table.data")) {
    if (!table.tBodies[0] || table.tBodies[0].rows.length < 2) continue;
    const planned = [...table.tBodies[0].rows];
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(table, head, planned));
    }
  }

  // Filtering: everything that names a strategy, family, workload or network that is not wanted is hidden.
  const form = document.querySelector("form.filter");
  const matches = (wanted, data) => {
    if (data.s !== undefined && wanted.s.length && !wanted.s.some((part) => data.s.toLowerCase().includes(part))) return false;
    return ["f", "w", "n"].every((name) => !wanted[name] || data[name] === undefined || data[name] === wanted[name]);
  };
  const filter = () => {
    const value = (name) => (form.elements[name] ? form.elements[name].value : "");
    const parts = value("s").toLowerCase().split(/[\s,]+/).map((part) => part.replace(/\*/g, "")).filter(Boolean);
    const wanted = { s: parts, f: value("f"), w: value("w"), n: value("n") };
    for (const element of all("[data-s], [data-w], [data-n]")) element.hidden = !matches(wanted, element.dataset);
    for (const table of all(".heat table")) {
      const heads = [...table.tHead.rows[0].cells];
      for (const row of table.tBodies[0].rows) heads.forEach((head, index) => { row.cells[index].hidden = head.hidden; });
      families(table);
    }
    modes(wanted.n);
    const rows = all(".heat tbody").slice(0, 1).flatMap((body) => [...body.rows]);
    const shown = rows.filter((row) => !row.hidden).length;
    const charts = parts.length || wanted.f ? "; charts show all" : "";
    form.querySelector("output").textContent = `${shown} of ${rows.length} strategies${charts}`;
  };
  // The worst of all modes says nothing about one network alone.
  const modes = (network) => {
    const buttons = all(".switch input");
    for (const button of buttons) button.disabled = network !== "" && button.parentElement.dataset.n !== network;
    const checked = buttons.find((button) => button.checked);
    const free = buttons.find((button) => !button.disabled);
    if (checked && checked.disabled && free) free.checked = true;
  };
  if (form) {
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    filter();
  }

  // Exact figures: of the cell under the pointer, or of the one that arrow keys have reached.
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  const words = (cell) => {
    if (cell.title) { cell.dataset.t = cell.title; cell.removeAttribute("title"); }
    if (cell.dataset.t) return cell.dataset.t;
    if (cell.dataset.g) {
      const row = document.getElementById(`m-${cell.dataset.g}`);
      return row ? row.querySelector(".meaning").textContent : "";
    }
    if (cell.tagName !== "TD" || cell.textContent.trim() === "–") return "";
    const head = cell.closest("table").tHead;
    const column = head && head.rows[0].cells[cell.cellIndex];
    if (!column || (!cell.dataset.v && !cell.querySelector("small"))) return "";
    const name = (element) => element.innerText.replace(/[\s↕↑↓]+/g, " ").trim();
    const plain = [...cell.childNodes].filter((node) => node.nodeName !== "SMALL").map((node) => node.textContent).join("");
    const figures = cell.dataset.v ? cell.dataset.v.split("/") : plain.split("/");
    const ends = all("small", cell).map((small) => small.textContent);
    const spread = (end) => ` (${end.startsWith("range ") ? "" : "95 % interval "}${end})`;
    const one = (figure, index) => figure + (ends[index] && ends.length === figures.length ? spread(ends[index]) : "");
    const row = cell.parentElement.cells[0].firstChild;
    return `${row ? row.textContent.trim() : ""}, ${name(column)}: ${figures.map(one).join(" / ")}`;
  };
  let shown = null;
  const hide = () => {
    if (shown) shown.removeAttribute("aria-describedby");
    shown = null;
    tip.hidden = true;
  };
  const show = (cell) => {
    const text = words(cell);
    hide();
    if (!text) return;
    tip.textContent = text;
    tip.hidden = false;
    shown = cell;
    cell.setAttribute("aria-describedby", "tip");
    place();
  };
  const place = () => {
    if (!shown) return;
    const at = shown.getBoundingClientRect(), size = tip.getBoundingClientRect();
    const below = at.bottom + size.height + 6 < innerHeight;
    tip.style.top = `${below ? at.bottom + 4 : Math.max(4, at.top - size.height - 4)}px`;
    tip.style.left = `${Math.max(4, Math.min(at.left, innerWidth - size.width - 8))}px`;
  };
  const cellOf = (event) => (event.target.closest ? event.target.closest("table.data td, table.data th") : null);
  document.addEventListener("pointerover", (event) => { const cell = cellOf(event); if (cell) show(cell); else hide(); });
  document.addEventListener("focusin", (event) => { const cell = cellOf(event); if (cell) show(cell); else hide(); });
  document.addEventListener("scroll", place, true);

  // One stop for the tab key in each table; arrow keys move between its cells.
  const enter = (cell) => {
    for (const other of all("[tabindex='0']", cell.closest("tbody"))) other.tabIndex = -1;
    cell.tabIndex = 0;
  };
  for (const table of all("table.data")) {
    for (const link of all("td a", table)) link.tabIndex = -1;
    const first = table.querySelector("tbody td[data-v]") || table.querySelector("tbody td");
    if (first) enter(first);
  }
  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const next = (cell, [down, right]) => {
    const rows = [...cell.closest("tbody").rows].filter((row) => !row.hidden);
    const row = rows[rows.indexOf(cell.parentElement) + down];
    if (!row) return null;
    if (!right) return row.cells[cell.cellIndex];
    const cells = [...row.cells].filter((other) => !other.hidden && other.tagName === "TD");
    return cells[cells.indexOf(cell) + right];
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    const cell = event.target.tagName === "TD" ? event.target : null;
    if (!cell || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter") { const link = cell.querySelector("a"); if (link) link.click(); return; }
    const step = STEPS[event.key], to = step && next(cell, step);
    if (!to) return;
    event.preventDefault();
    enter(to);
    to.focus();
  });

  // What a link leads to is unfolded, and so is everything on paper.
  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  document.addEventListener("click", (event) => {
    const link = event.target.closest ? event.target.closest("a[href^='#']") : null;
    if (link && link.hash === location.hash) unfold();
  });
  unfold();
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    folded.forEach((fold) => { fold.open = true; });
  });
  addEventListener("afterprint", () => { folded.forEach((fold) => { fold.open = false; }); });
})();
