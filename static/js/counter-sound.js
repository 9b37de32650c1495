// [data-verdict=go|check|stop] is heard as well as seen: one high tone, two middle ones, one low and long.
import { play, soundSwitch } from "./tones.js";

const TUNES = { go: [[1046, 0.12]], check: [[660, 0.1], [660, 0.1]], stop: [[196, 0.45]] };
const isOn = soundSwitch("counter-sound", TUNES.go);

function sound() {
  const verdict = document.querySelector("[data-verdict]");
  if (verdict && isOn()) play(TUNES[verdict.dataset.verdict]);
}

document.addEventListener("counter:answer", sound);
sound();
