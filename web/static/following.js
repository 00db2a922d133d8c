// What a run does some instants after an act is shown when it is done: the page is asked for again a few times, as long
// as something is under way, and what has changed in it is put in its place.
const FIRST = 400;
const LONGEST = 4000;
const TRIES = 12;

const live = (page) => [...page.querySelectorAll("[data-live]")];
const words = (one) => one.getAttribute("aria-label") ?? one.textContent.trim();

// Whoever stands on a button stays there, if there is one of that name afterwards.
function put(fresh, shown) {
  if (fresh.innerHTML === shown.innerHTML) return;
  const at = shown.contains(document.activeElement) ? words(document.activeElement) : null;
  shown.replaceChildren(...fresh.childNodes);
  if (at === null) return;
  const same = [...shown.querySelectorAll("a, button, select, input")].find((one) => words(one) === at);
  (same ?? document.querySelector("main")).focus({ preventScroll: true });
}

async function follow() {
  let wait = FIRST;
  for (let tried = 0; tried < TRIES && document.querySelector("[data-following]"); tried += 1) {
    await new Promise((done) => setTimeout(done, wait));
    wait = Math.min(wait * 1.5, LONGEST);
    let answer;
    try {
      answer = await fetch(window.location.href);
    } catch {
      continue;
    }
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = new Map(live(page).map((one) => [one.dataset.live, one]));
    for (const shown of live(document)) if (fresh.has(shown.dataset.live)) put(fresh.get(shown.dataset.live), shown);
  }
}

follow();
