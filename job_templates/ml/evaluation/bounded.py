"""The most likely next token of a large vocabulary, exactly, without most of the products.

The hidden states of answers lie close to a subspace of few dimensions. A logit is the product along these directions,
which is computed, plus a rest that is at most the product of both lengths (Cauchy and Schwarz), summed over a few
groups of directions. A logit is computed exactly only if this bound reaches the best known logit: for most states that
is a handful of 262,144 words.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from job_templates.ml.evaluation.output_layer import SLICE, TILE, likeliest
from job_templates.ml.models import one_thread, portions, run_threads

EDGES = (64, 96, 128, 192)
"""The number of directions that are computed one by one (64), and the ends of the groups of further ones."""
MOST_CANDIDATES = 1500
"""The most candidates of a state: for more, the whole product of many states is faster than gathering words."""
ALL_CANDIDATES = 24000
"""The candidates of all states that take about as long to gather as it takes to read all weights once."""
GATHERED = 4096
"""Candidates whose logits are computed at a time."""
UNIT = 2.0**-24
"""Half the distance from 1 to the next float32."""


class BoundedLayer:
    """An output layer (vocabulary, size), float32 on a CPU, prepared for hidden states like `examples`.

    For a state with more than `most_candidates` words whose logits may be the largest, all logits are computed.
    """

    def __init__(self, weight: Tensor, examples: Tensor, most_candidates: int = MOST_CANDIDATES) -> None:
        self._weight = weight
        self._most_candidates = most_candidates
        with one_thread():
            moments = examples.double().T @ examples.double()
            self._directions = torch.linalg.eigh(moments)[1].flip(1)[:, : EDGES[-1]].to(weight.dtype).contiguous()
        self._bounds = torch.empty(len(weight), EDGES[0] + len(EDGES))
        run_threads(self._project, portions(len(weight), SLICE))
        # the error of a sum of n products is below n u / (1 - n u) of the lengths' product (Higham 2002, section 3.1);
        # four of them: the projections of both sides, their product, and the logit it is held against
        rounding = weight.shape[1] * UNIT / (1 - weight.shape[1] * UNIT)
        self._margin = 4 * rounding * float(weight.norm(dim=1).max())

    def likeliest(self, hidden: Tensor, known: Tensor) -> Tensor:
        """The token of the largest logit for each hidden state; `known` holds a logit that some token reaches."""
        lengths = self._lengths(hidden)
        slack = self._margin * hidden.norm(dim=1)
        found = run_threads(
            lambda words: self._candidates(lengths, known - slack, words), portions(len(self._weight), SLICE)
        )
        words, states = (torch.cat([pairs[side] for pairs in found]) for side in (0, 1))
        count = torch.bincount(states, minlength=len(hidden))
        few = (count > 0) & (count <= self._most(hidden)) & ~torch.stack([pairs[2] for pairs in found]).any(0)
        mine = few[states]
        tokens, clear = self._best(hidden, words[mine], states[mine], slack)
        rest = (~(few & clear)).nonzero()[:, 0]
        if len(rest):
            tokens[rest] = likeliest(self._weight, hidden[rest])
        return tokens

    def _project(self, words: range) -> None:
        for start in range(words.start, words.stop, SLICE):
            part = slice(start, min(start + SLICE, words.stop))
            self._bounds[part] = self._lengths(self._weight[part])

    def _lengths(self, vectors: Tensor) -> Tensor:
        """The coordinates along the first directions, and the length of the vector in each group of others."""
        along = vectors @ self._directions
        groups = [along[:, first:last].norm(dim=1) for first, last in pairwise(EDGES)]
        squares = vectors.square().sum(1)
        # rounded up, because it is the difference of two rounded sums
        left = (squares - along.square().sum(1)).clamp_(min=0) + 4 * vectors.shape[1] * UNIT * squares
        return torch.cat([along[:, : EDGES[0]], torch.stack([*groups, left.sqrt()], dim=1)], dim=1)

    def _candidates(self, lengths: Tensor, bar: Tensor, words: range) -> tuple[Tensor, Tensor, Tensor]:
        """Pairs of given words and states whose logit may reach `bar`, as two tensors; which states have too many."""
        pairs = [torch.zeros((2, 0), dtype=torch.long)]
        most_words = self._most(lengths)
        bar, count = bar.clone(), torch.zeros(len(bar), dtype=torch.long)
        for first in range(0, len(bar), TILE):
            states = lengths[first : first + TILE].T.contiguous()
            here, so_far = bar[first : first + TILE], count[first : first + TILE]
            for start in range(words.start, words.stop, SLICE):
                most = self._bounds[start : min(start + SLICE, words.stop)] @ states
                reaching = (most.amax(0) >= here).nonzero()[:, 0]
                if len(reaching):
                    word, state = (most[:, reaching] >= here[reaching]).nonzero().T
                    pairs.append(torch.stack([word + start, reaching[state] + first]))
                    so_far += torch.bincount(reaching[state], minlength=len(so_far))
                    here[so_far > most_words] = torch.inf
        word, state = torch.cat(pairs, dim=1)
        return word, state, count > most_words

    def _best(self, hidden: Tensor, words: Tensor, states: Tensor, slack: Tensor) -> tuple[Tensor, Tensor]:
        """The candidate with the largest logit for each state, and whether no other is within the rounding error."""
        logits = torch.cat(
            [
                (self._weight[some] * hidden[of]).sum(1)
                for some, of in zip(torch.split(words, GATHERED), torch.split(states, GATHERED), strict=True)
            ]
        )
        best = hidden.new_full((len(hidden),), -torch.inf).scatter_reduce_(0, states, logits, "amax")
        close = logits >= (best - slack)[states]
        tokens = torch.zeros(len(hidden), dtype=torch.long)
        tokens[states[close]] = words[close]
        return tokens, torch.bincount(states[close], minlength=len(hidden)) == 1

    def _most(self, states: Tensor) -> int:
        """The most candidates that one of these states may have."""
        return max(self._most_candidates, ALL_CANDIDATES // len(states))
