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
