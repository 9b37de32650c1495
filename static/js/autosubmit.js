// A control with data-autosubmit sends its form when it changes; the form's [data-autosubmit-button] is then not needed.
for (const button of document.querySelectorAll("[data-autosubmit-button]")) button.hidden = true;

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
});
document.addEventListener("htmx:load", (event) => {
  for (const button of event.target.querySelectorAll("[data-autosubmit-button]")) button.hidden = true;
});
