// What changes at the tenant is shown without a reload: the server says what kind of thing changed, and the parts of the
// page that show it are fetched again. Without this script every page works as it is.
let waiting = false;

async function refresh(kinds) {
  const shown = [...document.querySelectorAll('[data-live]')].filter((part) => kinds.has(part.dataset.live));
  if (shown.length === 0) return;
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of shown) {
    const next = fresh.getElementById(part.id);
    if (next) keepingFocus(part, () => bring(part, next));
  }
}

/** What tells an element from its neighbours: its name, where it leads, or where its first link does. */
function key(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return '';
  const named = node.id || node.getAttribute('name');
  if (named) return `${node.localName} ${named} ${node.localName === 'button' ? node.value : ''}`;
  const link = node.matches('a, tr, li') ? node.closest('a') ?? node.querySelector('a') : null;
  return link ? `${node.localName} ${link.getAttribute('href')}` : '';
}

/** Somebody typed or chose something here and did not send it yet. */
function touched(field) {
  if (field.localName === 'select') {
    const first = [...field.options].some((option) => option.defaultSelected);
    return [...field.options].some((option, place) => option.selected !== (first ? option.defaultSelected : place === 0));
  }
  return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
}

/** What somebody opened stays open, and what was made to hold the focus holds it. */
function kept(node, name) {
  return (name === 'open' && node.localName === 'details') || (name === 'tabindex' && 'live' in node.dataset);
}

/** Brings what is shown to what is new, and leaves what is the same where it is: focus, caret and scrolling stay. */
function bring(shown, fresh) {
  if (shown.nodeType !== Node.ELEMENT_NODE) {
    // A text that stays as it is is not read out again.
    if (shown.data !== fresh.data) shown.data = fresh.data;
    return;
  }
  if (shown.matches('input, textarea, select') && touched(shown)) return;
  for (const { name } of [...shown.attributes]) {
    if (!fresh.hasAttribute(name) && !kept(shown, name)) shown.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (shown.getAttribute(name) !== value && !kept(shown, name)) shown.setAttribute(name, value);
  }
  bringChildren(shown, fresh);
}

function bringChildren(shown, fresh) {
  const wanted = new Set([...fresh.childNodes].map(key));
  for (const child of [...shown.childNodes]) if (key(child) && !wanted.has(key(child))) child.remove();
  const known = new Map([...shown.childNodes].filter(key).map((child) => [key(child), child]));
  let at = shown.firstChild;
  for (const next of [...fresh.childNodes]) {
    const same = at && !key(at) && !key(next) && at.nodeName === next.nodeName;
    const own = known.get(key(next)) ?? (same ? at : null);
    known.delete(key(next));
    if (!own) {
      shown.insertBefore(document.importNode(next, true), at);
      continue;
    }
    // Nothing is moved that can stay: a button that is moved loses the focus.
    while (at && own !== at && !key(at)) at = without(at);
    if (own === at) at = at.nextSibling;
    else shown.insertBefore(own, at);
    bring(own, next);
  }
  while (at) at = without(at);
}

/** Takes a node away, and tells what came after it. */
function without(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** Whoever is at a button or in a field stays there; where it is gone, they stay at the part that it was in. */
function keepingFocus(part, change) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const { selectionStart, selectionEnd } = focused ?? {};
  change();
  if (!focused || document.activeElement === focused) return;
  if (!focused.isConnected) part.tabIndex = -1;
  (focused.isConnected ? focused : part).focus({ preventScroll: true });
  if (focused.isConnected && typeof selectionStart === 'number') focused.setSelectionRange(selectionStart, selectionEnd);
}

const pending = new Set();
function changed(kind) {
  pending.add(kind);
  if (waiting) return;
  waiting = true;
  // Twice in a second at most, however many requests there are.
  setTimeout(async () => {
    const kinds = new Set(pending);
    pending.clear();
    try { await refresh(kinds); } catch { /* The server is gone; the page stays as it is. */ }
    waiting = false;
    if (pending.size > 0) changed([...pending][0]);
  }, 500);
}

if (document.querySelector('[data-live]')) {
  const kinds = ['directory', 'job', 'traffic'];
  let events;
  const listen = () => {
    events = new EventSource('/events');
    for (const kind of kinds) events.addEventListener(kind, () => changed(kind));
    // What happened before somebody listened, and while the connection was lost.
    events.addEventListener('open', () => kinds.forEach(changed));
  };
  listen();
  // A browser has few connections for one server: a tab that nobody sees needs none.
  document.addEventListener('visibilitychange', () => (document.hidden ? events.close() : listen()));
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  button.textContent = 'Copied';
});

for (const input of document.querySelectorAll('input[type=file][data-into]')) {
  input.addEventListener('change', async () => {
    const [file] = input.files;
    if (file) input.form.elements[input.dataset.into].value = await file.text();
  });
}

const expression = document.querySelector('[data-evaluate]');
if (expression) {
  const show = async () => {
    const form = expression.form.elements;
    const query = new URLSearchParams({ object: form.object.value, kind: form.kind.value, source: expression.value, person: new URLSearchParams(location.search).get('person') ?? '' });
    const answer = await fetch(`${expression.dataset.evaluate}?${query}`);
    document.getElementById('evaluated').textContent = await answer.text();
  };
  expression.addEventListener('input', show);
  expression.form.elements.kind.addEventListener('change', show);
  show();
}
