// Looks for what makes a page hard to use and returns it in words: contrast below WCAG AA, controls
// without a name, ids that are there twice, headings that skip a level, things that are too small to
// hit, and pages that scroll sideways.
(() => {
  const found = new Set();
  const visible = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && e.getClientRects().length > 0;
  const name = (e) => `${e.tagName.toLowerCase()}${e.id ? `#${e.id}` : ""}${e.classList.length ? `.${[...e.classList].join(".")}` : ""}`;

  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const background = (e) => {
    if (!e) return [255, 255, 255, 1];
    const own = rgba(getComputedStyle(e).backgroundColor);
    return own[3] === 1 ? own : over(own, background(e.parentElement));
  };
  const luminance = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (hi + 0.05) / (lo + 0.05);
  };

  for (const e of document.body.querySelectorAll("*")) {
    const texts = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
    if (texts && visible(e) && !e.closest("svg, noscript, :disabled")) {
      const style = getComputedStyle(e);
      const below = background(e);
      const got = contrast(over(rgba(style.color), below), below);
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (got < (large ? 3 : 4.5)) found.add(`contrast ${got.toFixed(2)} of "${e.innerText.slice(0, 40)}" in ${name(e)}`);
    }
  }
  for (const e of document.querySelectorAll("button, a[href], input, select, textarea, summary, [role=img], [tabindex='0']")) {
    if (!visible(e)) continue;
    const called = e.getAttribute("aria-label") || (e.labels?.length ? e.labels[0].innerText : "") || e.innerText || e.title;
    if (!called?.trim()) found.add(`${name(e)} has no name`);
    const box = e.getBoundingClientRect();
    if (e.matches("button, select, input") && (box.height < 16 || box.width < 16)) found.add(`${name(e)} is ${box.width}×${box.height}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.add(`the id ${id} is there twice`);
  for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby]")) {
    if (!visible(e)) continue;
    for (const id of `${e.getAttribute("aria-labelledby") ?? ""} ${e.getAttribute("aria-describedby") ?? ""}`.trim().split(/\s+/)) {
      if (!document.getElementById(id)) found.add(`${name(e)} refers to #${id}, which is not there`);
    }
  }
  let level = 0;
  for (const e of document.querySelectorAll("h1, h2, h3, h4")) {
    if (!visible(e) || e.closest("dialog, .toc")) continue;
    const now = Number(e.tagName[1]);
    if (now > level + 1) found.add(`the heading "${e.innerText}" skips a level`);
    level = now;
  }
  if ([...document.querySelectorAll("h1")].filter(visible).length !== 1) found.add("there is not exactly one h1");
  if (!document.querySelector("main")) found.add("there is no main");
  if (!document.documentElement.lang || !document.title) found.add("there is no language or no title");
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) found.add(`the page is ${page.scrollWidth - page.clientWidth} px too wide`);
  return [...found];
})()
