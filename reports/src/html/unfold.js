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
