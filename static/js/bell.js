// When the number at [data-bell] has grown since this browser last saw it, in whichever window, two tones are heard.
import { play, soundSwitch } from "./tones.js";

const TUNE = [[784, 0.12], [1046, 0.2]];
const SEEN = "backoffice-unread";
const isOn = soundSwitch("backoffice-sound", TUNE);

function listen() {
  const unread = document.querySelector("[data-bell]")?.dataset.bell;
  if (unread === undefined) return;
  const hasGrown = Number(unread) > Number(localStorage.getItem(SEEN) ?? unread);
  localStorage.setItem(SEEN, unread);
  if (!hasGrown) return;
  document.querySelector("[data-bell-news]").textContent = `有新通知，${unread} 条未读`;
  if (isOn()) play(TUNE);
}

document.addEventListener("htmx:afterSwap", listen);
listen();
