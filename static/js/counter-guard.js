// A scanner gun types and presses Enter. On a card that Enter would confirm the wrong order: what was scanned goes
// into the field for the next one instead, and the same code scanned twice does nothing.
const form = document.querySelector("[data-guard]");
const scan = document.querySelector("[data-scan]");
let typed = "";
let last = 0;

function isScan(event) {
  return event.key === "Enter" && typed.replace(/\D/g, "").length >= 6;
}

document.addEventListener(
  "keydown",
  (event) => {
    if (!form || event.target.matches("input[type=text], input[type=number]")) return;
    if (event.timeStamp - last > 300) typed = "";
    last = event.timeStamp;
    if (isScan(event)) {
      event.preventDefault();
      const code = typed.replace(/\D/g, "");
      typed = "";
      if (code === form.dataset.guard) return;
      scan.elements.text.value = code;
      scan.requestSubmit();
    } else if (event.key.length === 1) {
      typed += event.key;
    }
  },
  true,
);
