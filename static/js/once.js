// A form with data-once is sent once: its buttons rest until the next page, or until the reader comes back to this one.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !event.target.matches("[data-once]")) return;
  const buttons = event.target.querySelectorAll("button:not([type=button])");
  setTimeout(() => buttons.forEach((button) => (button.disabled = true))); // after the browser has read the form
});

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("[data-once] button:disabled")) button.disabled = false;
});
