// <button data-camera hidden> shows itself where the browser reads codes. The camera stays open from one order to the
// next; the code it sees goes the way of a typed one, and the same code again only after it was out of sight.
const button = document.querySelector("[data-camera]");
const words = document.querySelector("[data-camera-words]");
const view = document.querySelector("[data-camera-view]");
const form = document.querySelector("[data-scan]");
const OUT_OF_SIGHT = 10; // looks without a code, five a second
let seen = "";
let blank = 0;

async function canRead() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return false;
  return (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
}

async function open() {
  try {
    view.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    words.textContent = "摄像头打不开";
    return;
  }
  view.hidden = false;
  words.textContent = "关闭摄像头";
  await view.play();
  watch(new BarcodeDetector({ formats: ["qr_code", "code_128"] }));
}

function close() {
  for (const track of view.srcObject.getTracks()) track.stop();
  view.srcObject = null;
  view.hidden = true;
  words.textContent = "打开摄像头";
}

async function watch(detector) {
  if (!view.srcObject) return;
  const [found] = await detector.detect(view).catch(() => []);
  blank = found ? 0 : blank + 1;
  if (blank > OUT_OF_SIGHT) seen = "";
  if (found && found.rawValue !== seen) {
    seen = found.rawValue;
    form.elements.text.value = seen;
    form.elements.way.value = "scan";
    form.requestSubmit();
  }
  setTimeout(watch, 200, detector);
}

if (await canRead()) button.hidden = false;
button.addEventListener("click", () => (view.srcObject ? close() : open()));
