// Sends each number of the plan that was changed, and keeps what is being typed when the plan is drawn again.
// This code is the last part of a Part's js_on_load, so `element` is that part and `trigger` sends an event to Python.
let typing, focused;
const open = new Set();
const fieldOf = (name) => [...element.querySelectorAll('[data-plan]')].find((field) => field.dataset.plan === name);

element.addEventListener('input', (event) => {
  const {plan} = event.target.dataset;
  if (plan) typing = {plan, value: event.target.value};
});
element.addEventListener('change', (event) => {
  const {plan} = event.target.dataset;
  if (!plan) return;
  if (typing?.plan === plan) typing = undefined;
  trigger('planned', {field: plan, number: event.target.value});
});
document.addEventListener('focusin', (event) => { focused = event.target.dataset?.plan; });
element.addEventListener('toggle', (event) => {
  const {more} = event.target.dataset;
  if (event.target.open) open.add(more); else open.delete(more);
}, true);

watch('value', () => {
  element.querySelectorAll('details[data-more]').forEach((one) => { one.open = open.has(one.dataset.more); });
  const field = focused && fieldOf(focused);
  if (!field) return;
  if (typing?.plan === focused) field.value = typing.value;
  field.focus({preventScroll: true});
});
