// The board by mouse: a card that is dropped on another stage sends the form that stands on it. One of several ticked
// cards takes the others along.
const many = document.querySelector("#choose");
let held = null;

const stageOf = (one) => one?.closest?.("[data-stage]");
const isElsewhere = (stage) => held !== null && stage !== null && stage !== stageOf(held);

function take(event) {
  held = event.target.closest(".stage .card");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", held.querySelector("a").textContent);
}

function light(stage) {
  for (const one of document.querySelectorAll(".stage.over")) if (one !== stage) one.classList.remove("over");
  stage?.classList.add("over");
}

function hover(event) {
  const stage = stageOf(event.target) ?? null;
  light(isElsewhere(stage) ? stage : null);
  if (isElsewhere(stage)) event.preventDefault();
}

function drop(event) {
  const stage = stageOf(event.target) ?? null;
  if (!isElsewhere(stage)) return;
  event.preventDefault();
  const ticked = document.querySelectorAll('.stage input[name="chosen"]:checked').length;
  const together = many && ticked > 1 && held.querySelector('input[name="chosen"]').checked;
  const form = together ? many : held.querySelector("form.moving");
  form.elements.stage.value = stage.dataset.stage;
  form.requestSubmit();
}

function letGo() {
  held = null;
  light(null);
}

for (const card of document.querySelectorAll(".stage .card:has(form.moving)")) {
  card.draggable = true;
  for (const link of card.querySelectorAll("a")) link.draggable = false;
  card.addEventListener("dragstart", take);
  card.addEventListener("dragend", letGo);
}
document.addEventListener("dragover", hover);
document.addEventListener("drop", drop);
