// <button data-camera hidden> shows itself where the browser reads codes; the code it sees goes the way of a typed one.
const button = document.querySelector("[data-camera]");
const view = document.querySelector("[data-camera-view]");
const form = document.querySelector("[data-scan]");

async function canRead() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return false;
  return (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
}

async function open() {
  button.disabled = true;
  try {
    view.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    button.textContent = "摄像头打不开，请用下面的拍照识别";
    document.querySelector("[data-photo]").open = true;
    return;
  }
  view.hidden = false;
  await view.play();
  watch(new BarcodeDetector({ formats: ["qr_code", "code_128"] }));
}

async function watch(detector) {
  const [found] = await detector.detect(view).catch(() => []);
  if (!found) return setTimeout(watch, 200, detector);
  for (const track of view.srcObject.getTracks()) track.stop();
  form.elements.text.value = found.rawValue;
  form.elements.way.value = "scan";
  form.requestSubmit();
}

if (button && (await canRead())) button.hidden = false;
button?.addEventListener("click", open);
