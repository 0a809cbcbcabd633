/** Make one tree like another and change only what differs: open details, a playing video and the focus stay. */

/** Change `old` into `fresh`; elements with the same id or data-key are the same. */
export function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (!isSame(old, fresh)) {
    old.replaceWith(fresh);
  } else if (old.nodeType !== Node.ELEMENT_NODE) {
    old.data = fresh.data;
  } else {
    morphAttributes(old, fresh);
    if (old.nodeName !== "VIDEO") morphChildren(old, fresh);
  }
}

function isSame(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || null : null;
}

function morphAttributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (isKept(old, name) || old.getAttribute(name) === value) continue;
    old.setAttribute(name, value);
    if (name === "value" && old !== document.activeElement) old.value = value;
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !isKept(old, name)) old.removeAttribute(name);
  }
}

/** Keep what the reader has opened, and buttons that a script has shown. */
function isKept(element, name) {
  return (element.nodeName === "DETAILS" && name === "open") || (name === "hidden" && element.nodeName === "BUTTON");
}

function morphChildren(old, fresh) {
  const keyed = new Map();
  for (const child of old.childNodes) {
    if (keyOf(child)) keyed.set(keyOf(child), child);
  }
  let at = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const known = keyed.get(keyOf(wanted)) ?? (at && !keyOf(at) && isSame(at, wanted) ? at : null);
    if (known && isSame(known, wanted)) {
      if (known === at) at = at.nextSibling;
      else old.insertBefore(known, at);
      morph(known, wanted);
    } else {
      old.insertBefore(wanted, at);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}
