// To-Do by keyboard. Every act is a form of the page; this sends it, and puts the next item in its place at once.
// While an answer is under way keys do nothing: a key must never meet an item that nobody has seen.

const OFF = "sequencing.keys.off";
const KEPT_AFTER = 1500;
let busy = false;
let dirty = null;
let timer = 0;

const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const fields = (form, button) => new URLSearchParams(new FormData(form, button));
const keysAreOn = () => !localStorage.getItem(OFF);

// False: no answer came.
async function load(path, options = {}) {
  if (busy) return false;
  busy = true;
  document.body.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(path, options);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!find("main .desk, main .empty", page) || !find("nav.sections", page)) leave(answer, page);
    else show(page, answer);
    return true;
  } catch {
    say("No answer came from the server. Load the page to see whether it was done, or try again.");
    return false;
  } finally {
    busy = false;
    document.body.removeAttribute("aria-busy");
  }
}

function show(page, answer) {
  find("main").replaceWith(find("main", page));
  find("nav.sections").replaceWith(find("nav.sections", page));
  document.title = page.title;
  const address = new URL(answer.url);
  address.searchParams.delete("undo");
  history.replaceState(null, "", address);
  prepare();
  (find("#at-hand") ?? find("main")).focus({ preventScroll: true });
  find(".items .current")?.scrollIntoView({ block: "nearest" });
}

// Another kind of page: a refusal that shows what was typed is put in place, for it cannot be asked for again.
function leave(answer, page) {
  if (answer.redirected) location.assign(answer.url);
  else if (find("main", page)) {
    find("main").replaceWith(find("main", page));
    find("main").focus();
  } else location.reload();
}

function say(sentence) {
  const line = Object.assign(document.createElement("div"), { className: "said refused", textContent: sentence });
  line.setAttribute("role", "alert");
  find("main").prepend(line);
}

async function send(form, button) {
  if (button?.formNoValidate !== true && !form.reportValidity()) return;
  if (dirty && dirty !== form && !(await keep())) return;
  const typed = dirty;
  dirty = null;
  clearTimeout(timer);
  const answered = await load(button?.hasAttribute("formaction") ? button.formAction : form.action, {
    method: "POST",
    body: fields(form, button),
  });
  if (!answered) dirty = typed;
}

async function go(path) {
  if (!(await keep())) return;
  await load(path);
}

// What was typed into a draft is kept in passing: nobody loses it by moving on. False: it could not be kept.
async function keep() {
  clearTimeout(timer);
  const form = dirty;
  if (!form) return true;
  dirty = null;
  const body = fields(form);
  body.set("quiet", "1");
  const told = find("[data-kept]", form);
  try {
    const answer = await fetch(form.dataset.draft, { method: "POST", body });
    if (answer.status === 204) {
      told.textContent = `Kept ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}.`;
      return true;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    told.textContent = `Not kept: ${find("main .said", page)?.textContent.trim() ?? "sign in again."} Copy what you typed.`;
  } catch {
    told.textContent = "Not kept: the server cannot be reached.";
  }
  dirty = form;
  return false;
}

function move(by) {
  const items = all("[data-item]");
  const at = items.findIndex((item) => item.hasAttribute("aria-current"));
  const wanted = items[at + by];
  if (wanted) go(wanted.href);
}

function digit(key) {
  const later = find('.later[data-key="p"][open]');
  const button = later ? find(`[data-later="${key}"]`, later) : find(`.now [data-key="${key}"], main button[data-key="${key}"]`);
  if (button) return send(button.form, button);
  find(`[data-arm="${key}"]`)?.focus();
}

function press(key) {
  const target = find(`[data-key="${key}"]`);
  if (target instanceof HTMLDetailsElement) {
    target.open = !target.open;
    find("summary", target).focus();
  } else if (target instanceof HTMLButtonElement) send(target.form, target);
  else target?.focus();
}

function choose() {
  const box = find(".items .current input");
  if (box) box.checked = !box.checked;
  count();
}

function count() {
  const number = all('input[name="chosen"]:checked').length;
  const told = find("[data-chosen]");
  if (told) told.textContent = number ? `(${number})` : "";
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || busy) return;
  const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select, dialog");
  if (event.key === "Escape" && typing && !typing.matches("dialog")) return typing.blur();
  if (typing || find("dialog[open]") || !keysAreOn()) return;
  const known = { j: () => move(1), k: () => move(-1), x: choose, "?": help };
  const act = known[event.key] ?? (/^[1-9]$/.test(event.key) ? () => digit(event.key) : null);
  if (!act && !"nepsgu".includes(event.key)) return;
  event.preventDefault();
  (act ?? (() => press(event.key)))();
}

function help() {
  const dialog = find("#keys");
  if (!dialog) return;
  find("[data-switch]", dialog).checked = keysAreOn();
  dialog.showModal();
}

function onSubmit(event) {
  const button = event.submitter;
  const act = button?.getAttribute("formaction") ?? event.target.getAttribute("action") ?? "";
  const plain = event.target.method !== "post" || button?.hasAttribute("data-plain") || act === "/todos/chosen";
  if (plain || !find("main").contains(event.target) || !find(".desk")) {
    dirty = null;
    return;
  }
  event.preventDefault();
  if (!busy) send(event.target, button);
}

function onClick(event) {
  const item = event.target.closest("[data-item]");
  if (item && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    go(item.href);
  } else if (event.target.closest("[data-keys]")) help();
}

function onInput(event) {
  const form = event.target.closest("[data-draft]");
  if (form && event.target.matches("[name=subject], [name=body]")) {
    dirty = form;
    clearTimeout(timer);
    timer = setTimeout(keep, KEPT_AFTER);
  }
  if (event.target.closest("[data-all]"))
    for (const box of all('input[name="chosen"]')) box.checked = event.target.checked;
  if (event.target.matches("[data-switch]"))
    event.target.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1");
  count();
}

// What only works with this script is shown by it.
function prepare() {
  for (const hidden of all("[data-keys], [data-all]")) hidden.hidden = false;
  count();
}

document.addEventListener("keydown", onKey);
document.addEventListener("submit", onSubmit);
document.addEventListener("click", onClick);
document.addEventListener("input", onInput);
addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});
prepare();
