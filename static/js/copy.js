// <button type="button" hidden data-copy="text">复制</button> appears where the clipboard may be written to.
function reveal(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.textContent;
  if (label === "已复制") return;
  button.textContent = "已复制";
  setTimeout(() => (button.textContent = label), 2000);
});
document.addEventListener("htmx:load", (event) => reveal(event.target));
reveal(document);
