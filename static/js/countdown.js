// <time data-countdown="2026-01-31T12:00:00Z" data-now="…the server's clock…">14:32</time> counts down, then reloads once.
const pad = (number) => String(number).padStart(2, "0");

function words(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const clock = `${pad(minutes)}:${pad(seconds % 60)}`;
  if (days) return `${days} 天 ${pad(hours)}:${clock}`;
  return hours ? `${pad(hours)}:${clock}` : clock;
}

for (const element of document.querySelectorAll("[data-countdown]")) {
  const ahead = Date.parse(element.dataset.now) - Date.now(); // the shopper's clock may be wrong
  const end = Date.parse(element.dataset.countdown);
  const timer = setInterval(tick, 1000);

  function tick() {
    const left = Math.ceil((end - Date.now() - ahead) / 1000);
    element.textContent = words(Math.max(left, 0));
    if (left > 0) return;
    clearInterval(timer);
    if (left > -15) setTimeout(() => location.reload(), 1500); // what the server keeps may be ten seconds old
  }
  tick();
}
