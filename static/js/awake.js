// While the page stands at an element with data-awake (the large pickup code), the screen does not go dark.
let lock = null;

async function adjust() {
  const shown = document.querySelector("[data-awake]:target");
  if (shown && !lock && document.visibilityState === "visible") {
    lock = await navigator.wakeLock?.request("screen").catch(() => null);
    lock?.addEventListener("release", () => (lock = null));
  } else if (!shown) {
    await lock?.release();
  }
}

window.addEventListener("hashchange", adjust);
document.addEventListener("visibilitychange", adjust);
adjust();
