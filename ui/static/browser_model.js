// The page's side of the model in the browser: starts the worker, shows how far it is, and waits for its answers.
// It is the last part of a Part's js_on_load, so `element` is that part; the rest of the page calls window.ftBrowser.
const PHONE = 'Phones give a page too little memory for most models';
const OLD = 'This browser lacks a part of WebAssembly that LiteRT-LM needs';
const SIMD = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]);
const MEGABYTE = 1e6;
let worker, loading, insisted = false, asked = 0, stopped = false;
const waiting = new Map();

const config = () => JSON.parse(element.querySelector('[data-config]')?.dataset.config ?? 'null');
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const absolute = (path) => new URL(path, document.baseURI).href;
const phone = () => navigator.userAgentData?.mobile
  || /Android|iPhone|iPad|iPod/.test(navigator.userAgent)
  || (/Mac/.test(navigator.platform) && navigator.maxTouchPoints > 1);  // an iPad that calls itself a Mac
const obstacle = () => {
  if (!globalThis.WebAssembly?.validate(SIMD) || !globalThis.Worker) return OLD;
  return phone() && !insisted ? PHONE : null;
};

const say = (text, fraction) => {
  if (!part('told')) return;
  part('told').textContent = text;
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
    say(`Fetching ${file}: ${size(received)} of ${size(bytes)} MB`, received / bytes);
  } else {
    say(doing === 'opening' ? `Opening ${file}` : 'Reading the tools', null);
  }
};

const WHENCE = {
  kept: 'kept by this browser since an earlier visit',
  stored: 'kept by this browser for the next visit',
  fetched: 'this browser cannot keep it for the next visit',
};
const isReady = ({load_seconds: seconds, source}) =>
  say(`Ready in this browser: opened in ${seconds.toFixed(1)} s, ${WHENCE[source]}.`);

const end = (outcome) => {
  worker?.terminate();
  worker = loading = undefined;
  for (const settle of waiting.values()) settle(outcome);
  waiting.clear();
};

// Resolves to {load_seconds, source}, {error}, or {stopped}.
const load = () => {
  const wanted = config();
  if (!wanted) return Promise.resolve({error: 'LiteRT-LM for the browser is not installed here'});
  loading ??= new Promise((settle) => {
    waiting.set('open', settle);
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
    const url = absolute(wanted.url);
    worker.postMessage({wanted: {...wanted, url, runtime: absolute(wanted.runtime)}});
  });
  return loading.then((outcome) => {
    if (outcome.error) end(outcome);
    return outcome;
  });
};

const ask = (message) => new Promise((settle) => {
  asked += 1;
  waiting.set(asked, settle);
  worker.postMessage({id: asked, message});
});

// Whether the model is or will be here; where it cannot be, the reason is shown and given back as {error}.
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

// What each message is answered with; null where the server is to answer. A failure ends the list.
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
