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
  for (const chart of charts) chart.filter((data) => matches(wanted, data));
  for (const table of all(".heat table")) {
    const heads = [...table.tHead.rows[0].cells];
    for (const row of table.tBodies[0].rows) heads.forEach((head, index) => { row.cells[index].hidden = head.hidden; });
    families(table);
  }
  modes(wanted.n);
  const rows = all(".heat tbody").slice(0, 1).flatMap((body) => [...body.rows]);
  const shown = rows.filter((row) => !row.hidden).length;
  form.querySelector("output").textContent = `${shown} of ${rows.length} strategies`;
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
