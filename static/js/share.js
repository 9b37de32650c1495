// <button type="button" hidden data-share="address" data-share-title="…"> appears where the system has a sheet of its own.
function reveal(root) {
  if (!navigator.share) return;
  for (const button of root.querySelectorAll("[data-share][hidden]")) button.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-share]");
  if (button) navigator.share({ title: button.dataset.shareTitle, url: button.dataset.share }).catch(() => {}); // thought better of
});
document.addEventListener("htmx:load", (event) => reveal(event.target));
reveal(document);
