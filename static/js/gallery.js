// Counts the pictures of a [data-gallery] as they are swiped (2 / 5); its small pictures bring up the large ones.
document.addEventListener(
  "scroll",
  (event) => {
    const gallery = event.target.closest?.("[data-gallery]");
    const counter = gallery?.querySelector("[data-gallery-at]");
    if (!counter) return;
    counter.textContent = Math.round(event.target.scrollLeft / event.target.clientWidth) + 1;
  },
  true,
);

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-gallery] a[href^='#']");
  if (!link) return;
  event.preventDefault(); // a jump would move the page and fill the history
  const picture = document.querySelector(link.hash);
  picture.parentElement.scrollTo({ left: picture.offsetLeft - picture.parentElement.offsetLeft });
});
