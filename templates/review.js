"use strict";
const field = document.getElementById("filter");
const groups = Array.from(document.querySelectorAll("details"));
const count = document.getElementById("count");
function show() {
  const wanted = field.value.trim().toLowerCase();
  let shown = 0;
  for (const group of groups) {
    group.hidden = !group.textContent.toLowerCase().includes(wanted);
    shown += group.hidden ? 0 : 1;
  }
  count.textContent = `${shown} of ${groups.length}`;
}
document.getElementById("search").hidden = groups.length === 0;
field.addEventListener("input", show);
show();
