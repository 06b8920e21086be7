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
    // Whoever is at a button in it keeps it under their fingers.
    if (next && !part.contains(document.activeElement)) part.replaceWith(document.importNode(next, true));
  }
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
