// Builds and updates the page. h() describes an element and render() makes the page match the
// description while keeping elements that are still there, so that focus, selections and open details
// survive an update. Texts only ever become text nodes: nothing from outside is parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

// h describes an element. Children may be nested arrays; null, undefined and false keep their place
// and show nothing. A property that begins with "on" is a listener; "key" tells siblings apart.
export function h(tag, props, ...children) {
  return { tag, key: props?.key, props: props ?? {}, children: children.flat(Infinity).map(normal) };
}

function normal(child) {
  if (child === null || child === undefined || child === false) return { text: "" };
  return typeof child === "object" ? child : { text: String(child) };
}

// render makes the children of a container match the descriptions.
export function render(container, ...children) {
  const next = children.flat(Infinity).map(normal);
  if (!container.described) container.replaceChildren();
  patchChildren(container, container.described ?? [], next, false);
  container.described = next;
}

function create(v, svg) {
  if (v.tag === undefined) {
    v.node = document.createTextNode(v.text);
    return;
  }
  svg = svg || v.tag === "svg";
  v.node = svg ? document.createElementNS(SVG, v.tag) : document.createElement(v.tag);
  for (const [name, value] of Object.entries(v.props)) assign(v.node, name, value);
  patchChildren(v.node, [], v.children, svg);
  // A select can only take its value once it has options.
  if (v.tag === "select" && v.props.value !== undefined) v.node.value = v.props.value;
}

function patch(old, v, svg) {
  v.node = old.node;
  if (v.tag === undefined) {
    if (old.text !== v.text) v.node.data = v.text;
    return;
  }
  for (const name of Object.keys(old.props)) {
    if (!(name in v.props)) assign(v.node, name, undefined);
  }
  for (const [name, value] of Object.entries(v.props)) {
    if (old.props[name] !== value) assign(v.node, name, value);
  }
  patchChildren(v.node, old.children, v.children, svg || v.tag === "svg");
}

function patchChildren(parent, olds, news, svg) {
  const keyed = new Map(olds.filter((o) => o.key !== undefined).map((o) => [o.key, o]));
  const kept = new Set();
  const pairs = news.map((v, i) => {
    const old = v.key === undefined ? olds[i] : keyed.get(v.key);
    const same = old && old.tag === v.tag && old.key === v.key && !kept.has(old);
    if (same) kept.add(old);
    return same ? old : undefined;
  });
  for (const old of olds) if (!kept.has(old)) old.node.remove();
  let place = parent.firstChild;
  news.forEach((v, i) => {
    if (pairs[i]) patch(pairs[i], v, svg);
    else create(v, svg);
    if (v.node === place) place = place.nextSibling;
    else parent.insertBefore(v.node, place);
  });
}

function assign(node, name, value) {
  if (name === "key") return;
  if (name.startsWith("on")) node[name.toLowerCase()] = value ?? null;
  else if (name === "checked" || (name === "value" && value !== undefined)) node[name] = value;
  else if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}
