// [data-verdict=go|check|stop] is heard as well as seen: one high tone, two middle ones, one low and long.
const TUNES = { go: [[1046, 0.12]], check: [[660, 0.1], [660, 0.1]], stop: [[196, 0.45]] };

function play(notes) {
  const audio = new AudioContext();
  if (audio.state === "suspended") return audio.close(); // the browser wants a touch first
  let at = audio.currentTime;
  for (const [pitch, seconds] of notes) {
    const tone = new OscillatorNode(audio, { frequency: pitch });
    tone.connect(new GainNode(audio, { gain: 0.2 })).connect(audio.destination);
    tone.start(at);
    tone.stop(at + seconds);
    at += seconds + 0.06;
  }
}

const verdict = document.querySelector("[data-verdict]");
if (verdict && "AudioContext" in window) play(TUNES[verdict.dataset.verdict]);
