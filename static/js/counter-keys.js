// Whatever is typed goes into the scan field, wherever the focus was. Enter in the empty field confirms the open card,
// Space says that the money is in. A scanner gun types faster than a hand: its digits never stay in another field.
const form = document.querySelector("[data-scan]");
const field = form.elements.text;
const GUN = 60; // milliseconds between two keys, at most
const LENGTH = 6; // digits
let burst = "";
let last = 0;
let before = "";

function catchGun(event) {
  if (!burst) before = event.target.value;
  burst += event.key;
  if (burst.length < LENGTH) return;
  event.preventDefault();
  event.target.value = before;
  field.value = burst;
  field.focus();
}

function onEnter(event) {
  const isQuantity = event.target.matches("[data-card] input");
  if (event.target.matches("a, button, select, summary") || (!isQuantity && field.value.trim())) return;
  event.preventDefault();
  if (!event.repeat && !form.hasAttribute("data-unread")) document.querySelector("[data-confirm]")?.click();
}

function onSpace(event) {
  const money = document.querySelector("[data-money]");
  if (!money || event.target !== field || field.value) return;
  event.preventDefault();
  money.checked = !money.checked;
}

function onKey(event) {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.timeStamp - last > GUN) burst = "";
  last = event.timeStamp;
  if (event.key === "Enter") onEnter(event);
  else if (event.key === " ") onSpace(event);
  else if (event.key.length === 1 && event.target.matches("input[type=number]")) catchGun(event);
  else if (event.key.length === 1 && !event.target.matches("input:not([type=checkbox]), select, textarea")) field.focus();
}

document.addEventListener("keydown", onKey, true);
const reach = () => document.querySelector("[data-confirm]")?.removeAttribute("tabindex");
document.addEventListener("htmx:load", reach);
reach();
