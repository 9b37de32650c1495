// A dialog.sheet opens when htmx has put something into it, and closes by a touch beside it or on [data-sheet-close].
// Without this file the link that fills it is followed as any other.
document.addEventListener("htmx:afterSettle", (event) => {
  const sheet = event.target.closest?.("dialog.sheet");
  if (!sheet || sheet.open) return;
  for (const button of sheet.querySelectorAll("[data-sheet-close]")) button.hidden = false;
  sheet.showModal();
  sheet.focus(); // not the first field in it: nothing is to be typed
});

document.addEventListener("click", (event) => {
  if (event.target.matches("dialog.sheet")) event.target.close(); // the backdrop belongs to the dialog
  const link = event.target.closest("[data-sheet-close]");
  if (link) link.closest("dialog")?.close();
});
