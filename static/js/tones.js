// Tones for what is to be heard as well as seen, and [data-sound], the button that switches them; the device remembers.
let audio = null;

// Play notes: [pitch in hertz, seconds] each.
export async function play(notes) {
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

// Make the button work under `key`, with `sample` to be heard when it is switched on; return what says whether it is on.
export function soundSwitch(key, sample) {
  const button = document.querySelector("[data-sound]");
  if (!button || !("AudioContext" in window)) return () => false;
  const isOn = () => localStorage.getItem(key) !== "off";
  const show = () => {
    button.setAttribute("aria-pressed", String(isOn()));
    button.querySelector("[data-sound-on]").hidden = !isOn();
    button.querySelector("[data-sound-off]").hidden = isOn();
  };
  button.addEventListener("click", () => {
    localStorage.setItem(key, isOn() ? "off" : "on");
    show();
    if (isOn()) play(sample);
  });
  button.hidden = false;
  show();
  return isOn;
}
