// The scan field stays where it is while answers come and go: empty for the next scan, and always in focus.
// While the form is [data-unread], nobody can have read what is shown: no key and no card confirms it.
const form = document.querySelector("[data-scan]");
const { text: field, photo, way } = form.elements;
const READING = 300; // milliseconds
const waiting = []; // codes that were scanned before the last answer came
let busy = false;

function isHeldBack(event) {
  const typed = field.value.trim();
  if (typed === form.dataset.word) return form.hasAttribute("data-unread");
  if (typed && busy) return waiting.push(typed);
  return event.submitter?.matches("[data-confirm]") ? busy : !typed && !photo.files.length;
}

function holdBack(event) {
  if (event.target !== form || !isHeldBack(event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  field.value = "";
}

function sendNext() {
  const typing = field.value;
  if (busy || !waiting.length) return;
  field.value = waiting.shift();
  form.requestSubmit(); // reads the field at once
  field.value = typing;
}

function isAnswer(xhr) {
  return [200, 429].includes(xhr.status) && xhr.responseText.includes('id="desk"');
}

function show(desk) {
  setTimeout(() => busy || form.removeAttribute("data-unread"), READING);
  if (matchMedia("(pointer: fine)").matches) field.focus({ preventScroll: true });
  desk.dispatchEvent(new Event("counter:answer", { bubbles: true }));
}

function showNothing(desk) {
  desk.replaceChildren(document.querySelector("[data-unanswered]").content.cloneNode(true));
  show(desk);
}

window.addEventListener("submit", holdBack, true);
photo.addEventListener("change", () => photo.files.length && form.requestSubmit());
form.addEventListener("htmx:configRequest", () => (field.value = photo.value = ""));
form.addEventListener("htmx:beforeRequest", () => (busy = form.toggleAttribute("data-unread", true)));
form.addEventListener("htmx:afterRequest", (event) => {
  busy = false;
  way.value = "code";
  if (!isAnswer(event.detail.xhr)) showNothing(document.querySelector("#desk"));
  setTimeout(sendNext); // when htmx is done with this one
});
document.addEventListener("htmx:beforeSwap", ({ detail }) =>
  Object.assign(detail, { shouldSwap: isAnswer(detail.xhr), isError: false }));
document.addEventListener("htmx:afterSettle", (event) => event.detail.elt.id === "desk" && show(event.detail.elt));
setTimeout(() => form.removeAttribute("data-unread"), READING);
