// How far an add is: asked of our own server until it has ended; then the page is loaded once more, with the answers.
const place = document.querySelector("[data-progress]");
const EVERY = 1000;
const LONGEST = 10000;

function show(now) {
  const bar = place.querySelector("progress");
  const said = (number) => number.toLocaleString("en");
  bar.max = now.total || 1;
  bar.value = now.answered;
  place.querySelector("[data-numbers]").textContent =
    `${said(now.answered)} of ${said(now.total)} answered, ${said(now.enrolled)} enrolled`;
  const lines = now.sentences.map((sentence) => {
    const line = document.createElement("li");
    line.textContent = sentence;
    return line;
  });
  place.querySelector("[data-sentences]").replaceChildren(...lines);
}

async function follow() {
  let wait = EVERY;
  for (;;) {
    await new Promise((done) => setTimeout(done, wait));
    try {
      const answer = await fetch(place.dataset.progress, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const now = await answer.json();
      show(now);
      if (now.status !== "running") break;
      wait = EVERY;
    } catch {
      wait = Math.min(wait * 2, LONGEST);
    }
  }
  window.location.reload();
}

if (place) follow();
