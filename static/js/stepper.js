// Plus and minus beside a number field: [data-stepper] > button[data-step] + input. Without this file the field is typed.
const inputOf = (button) => button.closest("[data-stepper]").querySelector("input");

function reveal(root) {
  for (const button of root.querySelectorAll("[data-stepper] [data-step][hidden]")) button.hidden = false;
  for (const input of root.querySelectorAll("[data-stepper] input")) dim(input);
}

function dim(input) {
  const value = Number(input.value);
  for (const button of input.closest("[data-stepper]").querySelectorAll("[data-step]")) {
    const next = value + Number(button.dataset.step);
    button.disabled = (input.min !== "" && next < Number(input.min)) || (input.max !== "" && next > Number(input.max));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-stepper] [data-step]");
  if (!button) return;
  event.preventDefault();
  const input = inputOf(button);
  const limit = (value) => Math.min(Math.max(value, Number(input.min || 1)), Number(input.max || 9999));
  input.value = limit(Number(input.value || 0) + Number(button.dataset.step));
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-stepper] input")) dim(event.target);
});
document.addEventListener("htmx:load", (event) => reveal(event.target));
reveal(document);
