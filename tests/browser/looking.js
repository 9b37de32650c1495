// What a stern reader measures in the page as it stands, at the width it has; each answer is a list.
(thumbs) => {
  const TARGETS = 'a[href], button, input:not([type="hidden"]), select, textarea, summary, [role="button"]';
  const THEMES_OWN = ".simplebar-content-wrapper"; // says in English that it scrolls, and nothing but its script can help
  const LEAST = 43.5; // a half below 44, which fractions of a pixel may cost

  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const boxOf = (element) => element.getBoundingClientRect();
  const name = (element) => {
    const words = (element.getAttribute("aria-label") || element.textContent || element.name || "").trim();
    const kind = element.className?.baseVal ?? element.className;
    return `<${element.localName}${kind ? ` class="${kind}"` : ""}> ${words.replace(/\s+/g, " ").slice(0, 30)}`;
  };
  const isTiny = (box) => box.width <= 1 || box.height <= 1; // for ears only, or a chip's radio button
  const touches = (a, b, edge = 2) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > edge &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > edge;
  // A sticky bar stays only while it lies at the edge it asks for; else it moves with its part of the page.
  const stays = (bar) => {
    const [{ position, top, bottom }, box] = [getComputedStyle(bar), boxOf(bar)];
    const atTop = Math.abs(box.top - parseFloat(top)) < 1.5;
    return position === "fixed" || atTop || Math.abs(innerHeight - box.bottom - parseFloat(bottom)) < 1.5;
  };
  const scroll = (top) => scrollTo({ top, behavior: "instant" });

  // A link in running text may be as low as its line (WCAG 2.5.8).
  const isInText = (element) => {
    if (!getComputedStyle(element).display.startsWith("inline")) return false;
    let block = element.parentElement;
    while (getComputedStyle(block).display === "inline") block = block.parentElement;
    return [...block.childNodes].some((node) => !node.contains(element) && node.textContent.trim().length > 1)
      && getComputedStyle(block).display.match(/^(block|list-item|table-cell)$/) !== null;
  };

  // What a thumb hits may reach beyond the box: a label around it, or a pseudo element.
  const isInReach = (element) => {
    element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const places = [element, ...(element.labels ?? [])];
    const { left, top, width, height } = boxOf(element);
    const [x, y] = [left + width / 2, top + height / 2];
    return [[-21, 0], [21, 0], [0, -21], [0, 21]].every(([right, down]) => {
      const hit = document.elementFromPoint(x + right, y + down);
      return places.some((place) => place.contains(hit));
    });
  };

  const isLargeEnough = (element) => {
    const isTicked = ["checkbox", "radio", "file"].includes(element.type);
    const boxes = [element, ...(isTicked ? element.labels : [])].map(boxOf);
    if (boxes.every(isTiny) || boxes[0].bottom + scrollY <= 0) return true;
    return boxes.some((box) => box.width >= LEAST && box.height >= LEAST) || isInText(element) || isInReach(element);
  };
  const smallTargets = () => {
    const things = [...document.querySelectorAll(TARGETS)].filter((one) => shown(one) && !one.disabled);
    const large = things.filter(isLargeEnough);
    const hasEqual = (one) => one.href && large.some((other) => other.href === one.href); // the picture beside a name
    return things.filter((one) => !large.includes(one) && !hasEqual(one)).map((one) => {
      const { width, height } = boxOf(one);
      return `${Math.round(width)}×${Math.round(height)} ${name(one)}`;
    });
  };

  // At either end of the page nothing may lie behind a bar that stays, for it cannot be scrolled out from there.
  const hidden = () => {
    if (document.querySelector("dialog[open]")) return [];
    const floating = (one) => ["fixed", "sticky"].includes(getComputedStyle(one).position) && shown(one) && !isTiny(boxOf(one));
    const bars = [...document.body.querySelectorAll("*")].filter(floating);
    const outer = bars.filter((bar) => !bars.some((other) => other !== bar && other.contains(bar)));
    const leaves = [...document.body.querySelectorAll("*")].filter((one) =>
      shown(one) && !outer.some((bar) => bar.contains(one)) && !isTiny(boxOf(one)) &&
      (one.matches(TARGETS) || [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())));
    const faults = [];
    for (const end of ["top", "bottom"]) {
      scroll(end === "top" ? 0 : document.documentElement.scrollHeight);
      for (const bar of outer.filter(stays)) {
        const box = boxOf(bar);
        const isHere = ((box.top + box.bottom) / 2 < innerHeight / 2) === (end === "top");
        for (const leaf of isHere ? leaves : []) {
          if (touches(boxOf(leaf), box)) faults.push(`${name(leaf)} behind ${name(bar)}`);
        }
        for (const other of outer.slice(outer.indexOf(bar) + 1)) {
          if (stays(other) && touches(box, boxOf(other))) faults.push(`${name(bar)} and ${name(other)} lie on each other`);
        }
      }
    }
    scroll(0);
    return [...new Set(faults)];
  };

  const texts = () => {
    const found = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const around = walker.currentNode.parentElement;
      const isProse = !around.closest('script, style, noscript, template, code, pre, [translate="no"], [class*="material-symbols"]');
      if (walker.currentNode.data.trim() && isProse && shown(around)) found.push(walker.currentNode.data);
    }
    for (const attribute of ["placeholder", "aria-label", "title", "alt"]) {
      const bearers = [...document.querySelectorAll(`[${attribute}]`)].filter(shown);
      for (const one of bearers.filter((one) => !one.matches(THEMES_OWN))) found.push(one.getAttribute(attribute));
    }
    return found;
  };

  return { targets: thumbs ? smallTargets() : [], hidden: thumbs ? hidden() : [], texts: texts() };
}
