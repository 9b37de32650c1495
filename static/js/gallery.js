// Counts the pictures of a [data-gallery] as they are swiped: 2 / 5.
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
