// Keeps what is typed into a form over a reload, asks the server for its problems, and shows each at its field.
// This code is the last part of a Part's js_on_load, so `element` is that part and `trigger` sends an event to Python.
const PAUSE_MS = 250, LOST_MS = 8000;
let turn, pause, asked = 0, askAgain = false, saving = false, leaving = '', focused = '';

const form = () => element.querySelector('form');
const fields = () => [...form().elements].filter((field) => field.name);
const slot = (name) => form().querySelector(`[data-problems="${CSS.escape(name)}"]`);
const valueOf = (field) => (field.type === 'checkbox' ? field.checked : field.value);
const initialOf = (field) => {
  if (field.type === 'checkbox') return field.defaultChecked;
  if (field.tagName !== 'SELECT') return field.defaultValue;
  return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value;
};
const typed = () => Object.fromEntries(
  fields().filter((field) => valueOf(field) !== initialOf(field)).map((field) => [field.name, valueOf(field)]));
const sent = () => ({key: form().dataset.key, state: form().dataset.state, typed: JSON.stringify(typed())});

const stored = (key) => {
  try { return JSON.parse(sessionStorage.getItem(`ft-edit ${key}`)); } catch { return null; }
};
const forget = (key) => {
  try { sessionStorage.removeItem(`ft-edit ${key}`); } catch { /* the browser refuses storage */ }
};
const tell = (text) => {
  const note = form().querySelector('[data-kept]');
  note.textContent = text;
  note.hidden = !text;
};
const keep = () => {
  const {key, state, typed: changes} = sent();
  if (changes === '{}' && !('changed' in form().dataset)) return forget(key);
  try {
    sessionStorage.setItem(`ft-edit ${key}`, JSON.stringify({state, typed: changes}));
  } catch {
    tell('This text is too long for the browser to keep. Save before you reload the page.');
  }
};

const check = () => {
  if (!form()) return;
  if (Date.now() - asked < LOST_MS) { askAgain = true; return; }
  asked = Date.now();
  askAgain = false;
  trigger('typed', sent());
};
const restored = () => {
  const before = 'changed' in form().dataset ? null : stored(form().dataset.key);
  if (!before) return false;
  if (before.state !== form().dataset.state) {
    trigger('shape', {key: form().dataset.key, step: 'restore', ...before});
    return true;
  }
  for (const [name, value] of Object.entries(JSON.parse(before.typed))) {
    const field = form().elements[name];
    if (field?.type === 'checkbox') field.checked = value; else if (field) field.value = value;
  }
  tell('What you typed before is here again. It is not saved yet.');
  return false;
};
const focus = (name) => {
  const field = form().elements[name] ?? form().elements[focused] ?? fields()[0];
  field?.focus({preventScroll: true});
  field?.closest('.edit-field')?.scrollIntoView({block: 'nearest'});
};
const closed = () => requestAnimationFrame(() => requestAnimationFrame(() => {
  if (document.activeElement === document.body) document.querySelector('#data-state [data-do="edit"]')?.focus();
}));

// The server has sent the form, another one, or none.
const opened = () => {
  if (leaving && form()?.dataset.key !== leaving) { forget(leaving); leaving = ''; }
  if (!form()) { if (turn) closed(); turn = undefined; return; }
  if (form().dataset.turn === turn) return;
  const first = turn === undefined;
  turn = form().dataset.turn;
  asked = 0;
  form().reset();
  busy(false);
  if (!restored()) {
    keep();
    if (first) form().scrollIntoView({block: 'nearest'});
    focus(form().dataset.focus);
    check();
  }
};

const busy = (now) => {
  saving = now;
  form()?.setAttribute('aria-busy', String(now));
  const note = form()?.querySelector('[data-saving]');
  if (note) note.hidden = !now;
};
const save = (more = {}) => {
  if (saving) return;
  clearTimeout(pause);
  keep();
  leaving = form().dataset.key;
  busy(true);
  trigger('save', {...sent(), ...more});
};

// The place for a problem: at its field, else at what contains the field, else at the end of the form.
const place = (problem) => {
  for (let name = problem.dataset.for; name; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
    if (slot(name)) return slot(name);
  }
  return slot('');
};
document.addEventListener('ft-problems', () => {
  const found = document.querySelector('#edit-notes [data-turn]');
  asked = 0;
  if (!form() || !found) return;
  form().querySelectorAll('[data-problems]').forEach((one) => one.replaceChildren());
  fields().forEach((field) => field.removeAttribute('aria-invalid'));
  for (const problem of found.children) {
    const at = place(problem);
    at.append(problem.cloneNode(true));
    if (problem.className !== 'error') continue;
    form().elements[at.dataset.problems]?.setAttribute('aria-invalid', 'true');
    at.closest('details')?.setAttribute('open', '');
  }
  if (saving) busy(false);
  if (found.querySelector('[data-blocked]')) {
    leaving = '';
    (form().querySelector('[aria-invalid]') ?? form().querySelector('[data-anyway]')).focus();
  }
  if (askAgain) check();
});

element.addEventListener('input', (event) => {
  if (!form()?.contains(event.target)) return;
  tell('');
  keep();
  clearTimeout(pause);
  if (!event.target.dataset.shape) pause = setTimeout(check, PAUSE_MS);
});
element.addEventListener('change', (event) => {
  const step = event.target.dataset.shape;
  if (step) trigger('shape', {...sent(), step, at: event.target.name.split('.')[1]});
});
element.addEventListener('focusin', (event) => { focused = event.target.name ?? ''; });
element.addEventListener('submit', (event) => { event.preventDefault(); save(); });
element.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); save(); }
});
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-edit]');
  if (!button) return;
  const {edit, ...more} = button.dataset;
  if (edit === 'shape') { clearTimeout(pause); trigger('shape', {...sent(), ...more}); }
  if (edit === 'save') save(more);
  if (edit === 'remove') save({...more, remove: '1'});
  if (edit === 'leave') { forget(form().dataset.key); trigger('leave', {}); }
});
watch('value', opened);
opened();
