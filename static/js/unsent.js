// A change that did not reach the shop is said in #messages; a form with data-unsent="reset" shows again what the shop knows.
function tell(words) {
  const place = document.querySelector("#messages");
  const notice = document.createElement("div");
  notice.className = "notice notice--error";
  notice.textContent = words;
  place?.replaceChildren(notice);
  place?.scrollIntoView({ block: "nearest" });
}

for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(name, (event) => {
    tell(navigator.onLine ? "刚才的改动没有保存，请再试一次。" : "网络断开了，连上以后请再试一次。");
    event.target.closest?.("form[data-unsent=reset]")?.reset();
  });
}
