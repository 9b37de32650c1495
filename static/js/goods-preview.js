// A form with data-preview="address" shows itself in [data-preview-frame] as shoppers would see it, while it is typed.
const form = document.querySelector("form[data-preview]");
const frame = document.querySelector("[data-preview-frame]");
const REST = 500; // milliseconds without a keystroke
let timer;
let latest = 0;

async function show() {
  if (!frame.offsetParent) return; // a phone has no room for it, and a button instead
  const mine = ++latest;
  const body = new FormData(form);
  body.delete("pictures");
  const answer = await fetch(form.dataset.preview, { method: "POST", body });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== latest || !answer.ok) return;
  const top = frame.contentWindow?.scrollY ?? 0;
  frame.addEventListener("load", () => frame.contentWindow.scrollTo(0, top), { once: true });
  for (const script of page.querySelectorAll("script")) script.remove(); // the frame runs none
  page.head.insertAdjacentHTML("afterbegin", `<base target="_blank">`); // and its links lead nowhere
  frame.srcdoc = page.documentElement.outerHTML;
}

const later = () => {
  clearTimeout(timer);
  timer = setTimeout(show, REST);
};
form.addEventListener("input", later);
form.addEventListener("htmx:afterSettle", later);
addEventListener("resize", () => frame.srcdoc || later()); // room came with a turn of the screen
show();
