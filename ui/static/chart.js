// Draws the figure in props.value with plotly, which the app serves itself, and draws it again when the colours change.
const box = element.querySelector('.chart');
const load = () => {
  if (window.Plotly) return Promise.resolve();
  window.ftPlotly ??= new Promise((ready, failed) => {
    const script = document.createElement('script');
    script.src = 'plotly.min.js';
    script.onload = ready;
    script.onerror = failed;
    document.head.append(script);
  });
  return window.ftPlotly;
};
const coloured = (value, style) => {
  if (typeof value === 'string') return value.replace(/^var\((--ft-[\w-]+)\)$/, (_, name) => style.getPropertyValue(name).trim());
  if (Array.isArray(value)) return value.map((item) => coloured(item, style));
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, style)]));
  }
  return value;
};
let listening = false;
const draw = async () => {
  if (!props.value || !box.isConnected) return;
  await load();
  const style = getComputedStyle(box);
  const figure = coloured(JSON.parse(props.value), style);
  figure.layout.font.family = style.fontFamily;
  await Plotly.react(box, figure.data, figure.layout, {displayModeBar: false, responsive: true});
  if (listening) return;
  listening = true;
  box.on('plotly_click', (event) => trigger('act', {do: 'bar', label: String(event.points[0].y)}));
  new ResizeObserver(() => { if (box.offsetWidth) Plotly.Plots.resize(box); }).observe(box);
};
watch('value', draw);
new MutationObserver(draw).observe(document.body, {attributes: true, attributeFilter: ['class']});
draw();
