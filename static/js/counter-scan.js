// The scan field stays where it is while answers come and go: empty for the next scan, and always in focus.
// While the form is [data-unread], nobody can have read what is shown: no key and no card confirms it.
const form = document.querySelector("[data-scan]");
const { text: field, photo, way } = form.elements;
const READING = 300; // milliseconds
let busy = false;

function isHeldBack(event) {
  const typed = field.value.trim();
  if (typed === form.dataset.word) return form.hasAttribute("data-unread");
  if (event.submitter?.matches("[data-confirm]")) return busy;
  return !typed && !photo.files.length;
}

function holdBack(event) {
  if (event.target !== form || !isHeldBack(event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  field.value = "";
}

function isAnswer(xhr) {
  return [200, 429].includes(xhr.status) && xhr.responseText.includes('id="desk"');
}

function show(desk) {
  setTimeout(() => busy || form.removeAttribute("data-unread"), READING);
  if (matchMedia("(pointer: fine)").matches) field.focus({ preventScroll: true });
  desk.dispatchEvent(new Event("counter:answer", { bubbles: true }));
}

function showNothing() {
  const desk = document.querySelector("#desk");
  desk.replaceChildren(document.querySelector("[data-unanswered]").content.cloneNode(true));
  show(desk);
}

window.addEventListener("submit", holdBack, true);
photo.addEventListener("change", () => photo.files.length && form.requestSubmit());
form.addEventListener("htmx:configRequest", () => (field.value = photo.value = ""));
form.addEventListener("htmx:beforeRequest", () => {
  busy = true;
  form.setAttribute("data-unread", "");
});
form.addEventListener("htmx:afterRequest", (event) => {
  busy = false;
  way.value = "code";
  if (!isAnswer(event.detail.xhr)) showNothing();
});
document.addEventListener("htmx:beforeSwap", (event) => (event.detail.shouldSwap = isAnswer(event.detail.xhr)));
document.addEventListener("htmx:afterSettle", (event) => event.detail.elt.id === "desk" && show(event.detail.elt));
setTimeout(() => form.removeAttribute("data-unread"), READING);
