"""Grows with a teacher: estimates the cost, asks one request after another, and stops at every limit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend.errors import InputError
from backend.growing.grower import Grower
from backend.growing.ledger import Entry, Ledger, Totals
from backend.growing.material import Material
from backend.growing.orders import ROWS_A_REQUEST, Order, next_orders, orders_of
from backend.growing.plan import Plan
from backend.growing.prompt import Prompt, labelling_prompt, writing_prompt
from backend.growing.teachers import TOKENS_A_LABEL, TOKENS_A_ROW, Price, Teacher, tokens_in

MOST_ANSWER_TOKENS = 8000
"""Of one answer: twenty rows have 1,500; a model that thinks first needs the others."""
REPEATED = 1.25
"""The share of requests that refused rows need besides."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Requests, tokens of prompts and of answers, and the cost in US dollars if the price is known."""

    requests: int
    prompt_tokens: int
    answer_tokens: int
    cost: float | None

    def sentence(self) -> str:
        """Returns one sentence."""
        cost = "at an unknown price" if self.cost is None else f"for about {self.cost:.2f} US dollars"
        return (
            f"About {self.requests:,} requests with {self.prompt_tokens:,} tokens and {self.answer_tokens:,} tokens of "
            f"answers, {cost}; a model that thinks before it answers writes several times as many."
        )


def estimate(material: Material, grower: Grower, price: Price | None) -> Estimate:
    """Returns what the missing rows will cost; half of the requests are for second labels."""
    request = grower.next_request()
    orders = [grower.orders[at] for at in grower.missing]
    return _estimate(material, orders, request.prompt if request else None, price)


def estimate_plan(material: Material, plan: Plan, price: Price | None) -> Estimate:
    """Returns what all rows of a plan will cost, before the growth begins."""
    orders = orders_of(plan, material.options.seed)
    first = [orders[at] for at in next_orders(orders, (), {})]
    return _estimate(material, orders, writing_prompt(material, first) if first else None, price)


def _estimate(material: Material, orders: Sequence[Order], first: Prompt | None, price: Price | None) -> Estimate:
    """Returns the cost of the orders; `first` is the next request, None if there is none."""
    if first is None:
        return Estimate(0, 0, 0, 0.0)
    asked = Counter(order.tool for order in orders)
    pairs = sum(math.ceil(rows / ROWS_A_REQUEST) for rows in asked.values())
    labelling = labelling_prompt(material, ["x" * 40] * ROWS_A_REQUEST)
    read = round(REPEATED * pairs * (tokens_in(first.text) + tokens_in(labelling.text)))
    written = round(REPEATED * len(orders) * (TOKENS_A_ROW + TOKENS_A_LABEL))
    return Estimate(2 * round(REPEATED * pairs), read, written, price.cost(read, written) if price else None)


def check_cost(planned: Estimate, ceiling: float | None) -> None:
    """Raises InputError if the estimate is above the ceiling in US dollars, or if the price is not known."""
    if ceiling is None:
        return
    if planned.cost is None:
        raise InputError("--most-cost needs a price, and this teacher's is not known. Give --price PROMPT ANSWER.")
    if planned.cost > ceiling:
        raise InputError(
            f"The rows would cost about {planned.cost:.2f} US dollars, more than the limit of {ceiling:g}. Plan fewer "
            "rows, or raise the limit."
        )


def grow(
    grower: Grower,
    ledger: Ledger,
    teacher: Teacher,
    report: Callable[[Totals], None],
    *,
    price: Price | None = None,
    ceiling: float | None = None,
    second_labels: bool = True,
) -> None:
    """Asks the teacher until the plan is fulfilled or nothing more can be gained; everything is saved on the way.

    Raises InputError if the teacher does not answer or the ceiling in US dollars is reached, and Cancelled.
    """
    while True:
        entry = grower.waiting
        if entry is None:
            request = grower.next_request()
            if request is None:
                return
            _check_spent(ledger, price, ceiling)
            done = teacher.ask(request.prompt, MOST_ANSWER_TOKENS)
            entry = grower.take_answer(request, done.text, done.tokens or (0, 0), cut=done.cut)
        _decide(grower, entry, teacher, second_labels=second_labels)
        report(ledger.totals)


def _decide(grower: Grower, entry: Entry, teacher: Teacher, *, second_labels: bool) -> None:
    prompt = grower.labelling(grower.sift(entry.answer, entry.orders)) if second_labels else None
    if prompt is None:
        grower.decide(entry, None)
        return
    done = teacher.ask(prompt, MOST_ANSWER_TOKENS)
    grower.decide(entry, done.text, done.tokens or (0, 0))


def _check_spent(ledger: Ledger, price: Price | None, ceiling: float | None) -> None:
    spent = price.cost(*ledger.totals.tokens) if price else 0.0
    if ceiling is not None and spent >= ceiling:
        raise InputError(
            f"{spent:.2f} US dollars are spent, and the limit is {ceiling:g}. The rows are kept. Continue with "
            "a higher limit."
        )
