// Charts: marks that are filtered, and told under the pointer or where arrow keys have come.
const SVG = "http://www.w3.org/2000/svg";
// Farther than this, in pixels of the chart, the pointer is at no mark; nearer than the other, marks are told together.
const REACH = 14, TOGETHER = 6, MOST = 8;
const numbers = document.getElementById("numbers");
const [STRATEGIES, CONDITIONS] = numbers ? all("ol", numbers.content).map((list) => all("li", list)) : [[], []];
const wordy = (text) => text
  .replace(/\(range ([^()–]+)–([^()–]+)\)/g, "(range $1 to $2)")
  .replace(/\(([\d.e-]+)–([\d.e-]+)\)/g, "(95 % interval $1 to $2)");

// What each of them belongs to, and what it shows: strategies and condition by number, and its figures.
const of = new WeakMap();

class Marks {
  constructor(scroller) {
    this.scroller = scroller;
    this.svg = scroller.querySelector("svg");
    this.tagged = all("[data-m]", this.svg);
    for (const one of this.tagged) {
      const [strategies, condition, figures] = one.dataset.m.split("|");
      of.set(one, { strategies: strategies.split(" "), condition, figures });
    }
    this.marks = this.tagged.filter((mark) => of.get(mark).figures);
    this.ring = document.createElementNS(SVG, "rect");
    this.ring.setAttribute("class", "ring");
    this.says = Object.assign(document.createElement("p"), { className: "filtered", hidden: true });
    scroller.before(this.says);
    if (!this.marks.length) return;
    // A picture has no parts for a screen reader; this one has the mark that arrow keys have come to.
    this.svg.setAttribute("role", "group");
    for (const part of this.svg.children) if (part.tagName !== "title") part.setAttribute("aria-hidden", "true");
    this.svg.append(this.ring);
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("pointerleave", () => { if (!this.focused()) this.leave(); });
    // Not at the picture: one that listens for a focus is a stop for the tab key itself.
    scroller.addEventListener("focusin", (event) => { if (of.has(event.target)) { this.enter(event.target); this.tell([event.target]); } });
    scroller.addEventListener("focusout", () => this.leave());
    this.svg.addEventListener("keydown", (event) => this.key(event));
    this.enter(this.marks[0]);
  }
  focused() { return this.svg.contains(document.activeElement); }
  seen() { return this.marks.filter((mark) => !mark.hasAttribute("hidden")); }
  name(mark) {
    const { strategies: [strategy], condition } = of.get(mark);
    return STRATEGIES[strategy].dataset.s + (condition ? `, ${CONDITIONS[condition].textContent}` : "");
  }

  // One stop for the tab key in each chart. Without a mark it is the scroller, as without a script.
  enter(mark) {
    // A mark without its tabindex would lose the focus.
    for (const other of this.marks.filter((one) => one !== mark)) {
      for (const name of ["tabindex", "role", "aria-label"]) other.removeAttribute(name);
      other.setAttribute("aria-hidden", "true");
    }
    if (!mark) { this.scroller.tabIndex = 0; return; }
    this.scroller.removeAttribute("tabindex");
    mark.removeAttribute("aria-hidden");
    mark.setAttribute("tabindex", "0");
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", this.name(mark));
  }

  tell(marks) {
    const lines = marks.slice(0, MOST).map((mark) =>
      `${this.name(mark)}: ${this.svg.dataset.u ? `${this.svg.dataset.u}: ` : ""}${wordy(of.get(mark).figures)}`);
    if (marks.length > MOST) lines.push(`and ${marks.length - MOST} more`);
    tell(marks[0], lines);
    const box = marks[0].getBBox();
    for (const [name, value] of [["x", box.x - 3], ["y", box.y - 3], ["width", box.width + 6], ["height", box.height + 6]])
      this.ring.setAttribute(name, value);
    this.ring.style.display = "block";
  }
  leave() {
    this.ring.style.display = "";
    hide();
  }

  point(event) {
    const matrix = this.svg.getScreenCTM();
    if (!matrix) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    const away = (mark) => {
      const box = mark.getBBox();
      return Math.hypot(Math.max(box.x - at.x, at.x - box.x - box.width, 0), Math.max(box.y - at.y, at.y - box.y - box.height, 0));
    };
    const near = this.seen().map((mark) => [away(mark), mark]).sort(([a], [b]) => a - b);
    if (!near.length || near[0][0] > REACH) { if (!this.focused()) this.leave(); return; }
    const [x, y] = this.middle(near[0][1]);
    const together = near.map(([, mark]) => mark).filter((mark) => Math.hypot(this.middle(mark)[0] - x, this.middle(mark)[1] - y) < TOGETHER);
    this.tell(together);
  }
  middle(mark) {
    const box = mark.getBBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
  }

  // Up and down: the strategies of a condition. Left and right: the conditions of a strategy.
  key(event) {
    const mark = event.target;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") { this.leave(); return; }
    const seen = this.seen();
    const to = {
      Home: () => seen[0],
      End: () => seen[seen.length - 1],
      ArrowUp: () => this.next(this.beside(seen, mark), mark, -1),
      ArrowDown: () => this.next(this.beside(seen, mark), mark, 1),
      ArrowLeft: () => this.next(this.along(seen, mark), mark, -1),
      ArrowRight: () => this.next(this.along(seen, mark), mark, 1),
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const found = to();
    if (!found) return;
    found.setAttribute("tabindex", "-1");
    found.focus();
  }
  panel(seen, mark) { return seen.filter((one) => of.get(one).condition === of.get(mark).condition); }
  next(marks, mark, step) { return marks[marks.indexOf(mark) + step]; }
  // Of each strategy the mark of this condition; where panels share conditions, the one in this panel.
  beside(seen, mark) {
    const [x] = this.middle(mark), best = new Map();
    for (const other of this.panel(seen, mark)) {
      const far = Math.abs(this.middle(other)[0] - x), strategy = of.get(other).strategies[0], known = best.get(strategy);
      if (!known || far < known[0]) best.set(strategy, [far, other]);
    }
    return [...best.values()].map(([, one]) => one).sort((a, b) => this.middle(a)[1] - this.middle(b)[1]);
  }
  // The marks of this strategy; where there is one only, those of its panel from left to right.
  along(seen, mark) {
    const own = seen.filter((one) => of.get(one).strategies[0] === of.get(mark).strategies[0]);
    return own.length > 1 ? own : this.panel(seen, mark).sort((a, b) => this.middle(a)[0] - this.middle(b)[0]);
  }

  // Hides what does not fit. Axes stay, so that figures stay where they are.
  filter(fits) {
    for (const one of this.tagged) {
      const { strategies, condition } = of.get(one);
      const fitting = !condition || fits(CONDITIONS[condition].dataset)
        ? strategies.filter((number) => fits(STRATEGIES[number].dataset)).length : 0;
      one.toggleAttribute("hidden", !fitting);
      one.classList.toggle("part", fitting > 0 && fitting < strategies.length);
    }
    this.leave();
    const seen = this.seen();
    this.says.hidden = seen.length === this.marks.length;
    this.says.textContent = seen.length ? `Filtered: ${seen.length} of ${this.marks.length} marks are shown.` : "Filtered: no mark of this chart fits.";
    if (this.marks.length && !seen.some((mark) => mark.hasAttribute("tabindex"))) this.enter(seen[0]);
  }
}
const charts = all(".chart").map((scroller) => new Marks(scroller));
