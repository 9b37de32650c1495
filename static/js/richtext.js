// [data-rich] holds a textarea of HTML. With scripts a page to type on stands before it, with a few buttons above;
// the textarea follows. Without scripts the textarea is typed. The server keeps only what is allowed.
const TOOLS = [
  ["加粗", "bold"],
  ["标题", "formatBlock", "h3"],
  ["正文", "formatBlock", "p"],
  ["列表", "insertUnorderedList"],
  ["清除格式", "removeFormat"],
];

for (const box of document.querySelectorAll("[data-rich]")) {
  const source = box.querySelector("textarea");
  const page = document.createElement("div");
  page.className = "bo-rich__page";
  page.contentEditable = "true";
  page.setAttribute("role", "textbox");
  page.setAttribute("aria-multiline", "true");
  page.setAttribute("aria-label", box.querySelector("label")?.firstChild.textContent.trim() ?? "");
  page.innerHTML = new DOMParser().parseFromString(source.value, "text/html").body.innerHTML;
  const follow = () => {
    source.value = page.textContent.trim() || page.querySelector("img") ? page.innerHTML : "";
    source.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const bar = document.createElement("div");
  bar.className = "bo-rich__tools";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "文字样式");
  for (const [label, command, value] of TOOLS) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("mousedown", (event) => event.preventDefault()); // keep what is selected
    button.addEventListener("click", () => {
      page.focus();
      document.execCommand(command, false, value);
      follow();
    });
    bar.append(button);
  }

  page.addEventListener("paste", (event) => {
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  });
  page.addEventListener("input", follow);
  document.execCommand("defaultParagraphSeparator", false, "p");
  source.before(bar, page);
  source.hidden = true;
}
