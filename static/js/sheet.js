// <button hidden data-opens="id"> opens <dialog class="sheet" id="id">; a click beside it or [data-closes] closes it.
for (const button of document.querySelectorAll("[data-opens][hidden]")) button.hidden = false;

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  if (event.target.matches("dialog.sheet") || event.target.closest("[data-closes]")) event.target.closest("dialog").close();
});
