// The page's side of the model in the browser: starts the worker, shows its progress, and waits for its answers.
// This code is the last part of a Part's js_on_load, so `element` is that part. The page calls window.ftBrowser.
const PHONE = 'Phones give a page too little memory for most models';
const OLD = 'This browser lacks features of WebAssembly that LiteRT-LM needs';
const SIMD = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]);
const MEGABYTE = 1e6;
let worker, loading, insisted = false, lastId = 0, stopped = false;
const waiting = new Map();

const config = () => JSON.parse(element.querySelector('[data-config]')?.dataset.config ?? 'null');
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const absolute = (path) => new URL(path, document.baseURI).href;
const phone = () => navigator.userAgentData?.mobile
  || /Android|iPhone|iPad|iPod/.test(navigator.userAgent)
  || (/Mac/.test(navigator.platform) && navigator.maxTouchPoints > 1);  // an iPad that identifies itself as a Mac
const obstacle = () => {
  if (!globalThis.WebAssembly?.validate(SIMD) || !globalThis.Worker) return OLD;
  return phone() && !insisted ? PHONE : null;
};

const say = (text, fraction) => {
  if (!part('status')) return;
  part('status').textContent = text;
  part('bar').hidden = fraction === undefined;
  part('bar').classList.toggle('unknown', fraction === null);
  part('bar').firstElementChild.style.width = fraction ? `${Math.min(100, 100 * fraction).toFixed(1)}%` : '';
  part('stop').hidden = fraction === undefined;
  part('insist').hidden = true;
};

const progress = ({doing, received, bytes}) => {
  const {file} = config() ?? {};
  if (doing === 'fetching') {
    const size = (count) => (count / MEGABYTE).toFixed(bytes < 10 * MEGABYTE ? 1 : 0);
    say(`Downloading ${file}: ${size(received)} of ${size(bytes)} MB`, received / bytes);
  } else {
    say(doing === 'opening' ? `Opening ${file}` : 'Reading the tools', null);
  }
};

const SOURCES = {
  cached: 'stored by this browser on an earlier visit',
  stored: 'stored by this browser for the next visit',
  fetched: 'this browser cannot store it for the next visit',
};
const isReady = ({load_seconds: seconds, source}) =>
  say(`Ready in this browser: opened in ${seconds.toFixed(1)} s, ${SOURCES[source]}.`);

const end = (outcome) => {
  worker?.terminate();
  worker = loading = undefined;
  for (const resolve of waiting.values()) resolve(outcome);
  waiting.clear();
};

// Resolves to {load_seconds, source}, {error}, or {stopped}.
const load = () => {
  const requested = config();
  if (!requested) return Promise.resolve({error: 'LiteRT-LM for the browser is not installed here'});
  loading ??= new Promise((resolve) => {
    waiting.set('open', resolve);
    progress({doing: 'opening'});
    worker = new Worker(absolute('model_worker.js'));
    worker.onerror = (event) => end({error: event.message || 'The worker could not be started'});
    worker.onmessage = ({data}) => {
      if (data.doing) return progress(data);
      const key = data.open ? 'open' : data.id ?? 'open';
      const found = waiting.get(key);
      waiting.delete(key);
      if (data.open) isReady(data.open);
      found?.(data.open ?? data.answer ?? {error: data.error});
    };
    const url = absolute(requested.url);
    worker.postMessage({requested: {...requested, url, runtime: absolute(requested.runtime)}});
  });
  return loading.then((outcome) => {
    if (outcome.error) end(outcome);
    return outcome;
  });
};

const ask = (message) => new Promise((resolve) => {
  lastId += 1;
  waiting.set(lastId, resolve);
  worker.postMessage({id: lastId, message});
});

// Loads the model, unless it is loaded. If that is not possible, shows the reason and resolves to {error}.
const ready = async () => {
  const lacks = obstacle();
  if (lacks) {
    say(`${lacks}.`);
    part('insist').hidden = lacks !== PHONE;
    return {error: lacks};
  }
  const outcome = await load();
  if (outcome.error) say(`This browser could not open the file: ${outcome.error}`);
  if (outcome.stopped) say('Stopped. The next question opens the file again.');
  return outcome;
};

// Resolves to the answers to the messages; null if the server is to answer. An error ends the list.
const answer = async (where, messages) => {
  if (where !== 'browser' || !messages.length) return null;
  stopped = false;
  const outcome = await ready();
  const answers = [];
  for (const [at, message] of messages.entries()) {
    if (outcome.error || outcome.stopped || stopped) break;
    say(messages.length > 1 ? `Answering ${at + 1} of ${messages.length}` : 'Answering', messages.length > 1 ? at / messages.length : null);
    answers.push({message, ...await ask(message), load_seconds: outcome.load_seconds});
    if (answers.at(-1).stopped) break;
  }
  const last = answers.at(-1);
  if (worker && !outcome.error) isReady(outcome);
  if (last?.stopped || stopped) return {answers: answers.filter((one) => !one.stopped), stopped: true};
  return {answers, ...(outcome.error || outcome.stopped ? outcome : {})};
};

element.addEventListener('click', (event) => {
  const clicked = event.target.closest('[data-part]')?.dataset.part;
  if (clicked === 'stop') {
    stopped = true;
    end({stopped: true});
    say('Stopped. The next question opens the file again.');
  } else if (clicked === 'insist') {
    insisted = true;
    ready();
  }
});
watch('value', () => end({stopped: true}));
window.ftBrowser = {
  answer,
  choose: (where) => { if (where === 'browser') ready(); },
};
