// Draws the figure in props.value with plotly, which the app serves, and draws it again when the colours change.
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
const painted = () => {
  const style = getComputedStyle(box);
  const figure = coloured(JSON.parse(props.value), style);
  figure.layout.font.family = style.fontFamily;
  return figure;
};
let listening = false;
const draw = async () => {
  if (!props.value || !box.isConnected) return;
  await load();
  const figure = painted();
  await Plotly.react(box, figure.data, figure.layout, {displayModeBar: false, responsive: true});
  if (listening) return;
  listening = true;
  box.on('plotly_click', (event) => {
    const {x, y, data} = event.points[0];
    trigger('act', {do: data.type === 'heatmap' ? 'cell' : 'bar', label: String(y), column: String(x)});
  });
  new ResizeObserver(() => { if (box.offsetWidth) Plotly.Plots.resize(box); }).observe(box);
};
// A button whose `data-png` is this chart's id saves the chart as a PNG with the page's background.
document.addEventListener('click', async (event) => {
  const name = event.target.closest('[data-png]')?.dataset.png;
  if (!name || !props.value || !element.closest(`#${name}`)) return;
  await load();
  const {data, layout} = painted();
  layout.paper_bgcolor = getComputedStyle(box).getPropertyValue('--ft-surface').trim();
  await Plotly.downloadImage(
    {data, layout}, {format: 'png', filename: name, width: box.offsetWidth, height: layout.height, scale: 2});
});
watch('value', draw);
new MutationObserver(draw).observe(document.body, {attributes: true, attributeFilter: ['class']});
draw();
