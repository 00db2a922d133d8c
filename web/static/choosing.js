// Choosing many: a box for all of the page, ranges with Shift, a count, and buttons that wait for a choice.
const form = document.querySelector("[data-choosing]");
const boxes = [...document.querySelectorAll('input[type="checkbox"][name="chosen"]')];
const said = document.querySelector("[data-chosen]");
const MOST = 1000;

function tell() {
  const number = boxes.filter((box) => box.checked).length;
  if (said) said.textContent = number ? `${number.toLocaleString("en")} chosen` : "Nobody chosen yet.";
  for (const button of document.querySelectorAll("[data-needs-chosen]")) button.disabled = !number || number > MOST;
  if (all) {
    all.checked = number > 0 && number === boxes.length;
    all.indeterminate = number > 0 && number < boxes.length;
  }
}

function boxForAll() {
  const place = document.querySelector("thead .tick");
  if (!place) return null;
  const box = document.createElement("input");
  box.type = "checkbox";
  box.setAttribute("aria-label", "Choose all of this page");
  place.replaceChildren(box);
  box.addEventListener("change", () => {
    for (const one of boxes) one.checked = box.checked;
    tell();
  });
  return box;
}

const all = boxes.length ? boxForAll() : null;
let last = null;
for (const [place, box] of boxes.entries()) {
  box.addEventListener("click", (event) => {
    if (event.shiftKey && last !== null) {
      const [from, to] = [Math.min(last, place), Math.max(last, place)];
      for (const one of boxes.slice(from, to + 1)) one.checked = box.checked;
    }
    last = place;
    tell();
  });
}
if (form && boxes.length) {
  tell();
  window.addEventListener("pageshow", tell);
}
