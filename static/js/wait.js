// <button data-wait="57">重新发送</button> rests for so many seconds and says so; the server holds the limit itself.
for (const button of document.querySelectorAll("[data-wait]")) {
  const label = button.textContent;
  const end = Date.now() + Number(button.dataset.wait) * 1000;

  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${label}（${left} 秒）` : label;
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
}
