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
// Lines of text beside an element of the page.
const tell = (element, lines) => {
  hide();
  if (!lines.length) return;
  tip.replaceChildren(...lines.map((line) => Object.assign(document.createElement("div"), { textContent: line })));
  tip.hidden = false;
  shown = element;
  element.setAttribute("aria-describedby", "tip");
  place();
};
const show = (cell) => tell(cell, [words(cell)].filter(Boolean));
const place = () => {
  if (!shown) return;
  const at = shown.getBoundingClientRect(), size = tip.getBoundingClientRect();
  const below = at.bottom + size.height + 6 < innerHeight;
  tip.style.top = `${below ? at.bottom + 4 : Math.max(4, at.top - size.height - 4)}px`;
  tip.style.left = `${Math.max(4, Math.min(at.left, innerWidth - size.width - 8))}px`;
};
const cellOf = (event) => (event.target.closest ? event.target.closest("table.data td, table.data th") : null);
// Charts tell their own figures.
const inChart = (event) => event.target.closest && event.target.closest(".chart svg");
for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const cell = cellOf(event);
    if (cell) show(cell); else if (!inChart(event)) hide();
  });
}
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
