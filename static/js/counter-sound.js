// [data-verdict=go|check|stop] is heard as well as seen: one high tone, two middle ones, one low and long.
// [data-sound] switches it, and this device remembers.
const TUNES = { go: [[1046, 0.12]], check: [[660, 0.1], [660, 0.1]], stop: [[196, 0.45]] };
const KEY = "counter-sound";
const button = document.querySelector("[data-sound]");
let audio = null;

function isOn() {
  return localStorage.getItem(KEY) !== "off";
}

function show() {
  button.setAttribute("aria-pressed", String(isOn()));
  button.querySelector("[data-sound-on]").hidden = !isOn();
  button.querySelector("[data-sound-off]").hidden = isOn();
}

async function play(notes) {
  audio ??= new AudioContext();
  if (audio.state === "suspended") {
    await Promise.race([audio.resume(), new Promise((done) => setTimeout(done, 100))]);
    if (audio.state === "suspended") return; // the browser wants a touch or a key first
  }
  let at = audio.currentTime;
  for (const [pitch, seconds] of notes) {
    const tone = new OscillatorNode(audio, { frequency: pitch });
    tone.connect(new GainNode(audio, { gain: 0.2 })).connect(audio.destination);
    tone.start(at);
    tone.stop(at + seconds);
    at += seconds + 0.06;
  }
}

function sound() {
  const verdict = document.querySelector("[data-verdict]");
  if (verdict && isOn()) play(TUNES[verdict.dataset.verdict]);
}

if (button && "AudioContext" in window) {
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    localStorage.setItem(KEY, isOn() ? "off" : "on");
    show();
    if (isOn()) play(TUNES.go);
  });
  document.addEventListener("counter:answer", sound);
  sound();
}
