"""AdamW and Muon for many models at once: the members' weights and states as whole tensors.

In: the trainers of S members and the batched model that holds their weights. Out: the same update
that each member's own optimisers would make, in a number of launches that does not grow with S.
Members keep their own rates, restarts and step counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from cl_utils.training.batches.on_device import on_device
from cl_utils.training.muon import MOMENTUM, Muon, orthogonal
from cl_utils.training.optimisers import Optimisers

BETAS, EPSILON = (0.9, 0.999), 1e-8  # AdamW's, PyTorch's defaults
Share = tuple[nn.Parameter, Sequence[nn.Parameter]]  # a whole parameter (S, ...), and its parts


@dataclass
class _Moments:
    """A whole parameter under AdamW and its two moments, each (S, ...)."""

    whole: nn.Parameter
    parts: Sequence[nn.Parameter]
    mean: Tensor
    square: Tensor


@dataclass
class _Momentum:
    """A whole parameter under Muon and its momentum, each (S, m, n)."""

    whole: nn.Parameter
    parts: Sequence[nn.Parameter]
    momentum: Tensor


class JointOptimisers:
    """Steps all members: takes their states over when it is made; `give_back` returns them."""

    def __init__(self, optimisers: Sequence[Optimisers], shares: Sequence[Share]) -> None:
        self.device, first = shares[0][0].device, optimisers[0]
        self.rates = first.rates
        self.decay = first.members[0].param_groups[0]["weight_decay"]
        self.steps = np.zeros(len(optimisers))  # that AdamW took since a member's last restart
        muon = [each.param_groups[0]["params"] for each in first.members if isinstance(each, Muon)]
        under_muon = {id(parameter) for group in muon for parameter in group}
        self.moments: list[_Moments] = []
        self.momenta: list[_Momentum] = []
        for whole, parts in shares:
            states = [each.state_of(part) for each, part in zip(optimisers, parts, strict=True)]
            if id(parts[0]) in under_muon:
                momentum = _gathered(whole, states, "momentum")
                self.momenta.append(_Momentum(whole, parts, momentum))
                continue
            pair = [_gathered(whole, states, name) for name in ("exp_avg", "exp_avg_sq")]
            self.moments.append(_Moments(whole, parts, *pair))
            self.steps[:] = [float(state.get("step", 0)) for state in states]

    def restart(self, member: int) -> None:
        """Forget a member's past, as a fresh optimiser would."""
        self.steps[member] = 0
        for moments in self.moments:
            moments.mean[member], moments.square[member] = 0, 0
        for held in self.momenta:
            held.momentum[member] = 0

    @torch.no_grad()
    def step(self, factors: Sequence[float]) -> None:
        """Update all weights, each member by its factor times the recipe's rates."""
        self.steps += 1
        corrections = [1 - beta**self.steps for beta in BETAS]
        small = np.stack([np.asarray(factors), *corrections]).astype(np.float32)
        factor, first, second = on_device(small, self.device)  # (S,) each
        rate = self.rates[0] * factor
        for each in self.moments:
            self._adamw(each, rate, rate / first, second.sqrt())
        if self.momenta:
            self._muon(self.rates[1] * factor)

    def _adamw(self, of: _Moments, rate: Tensor, scaled: Tensor, root: Tensor) -> None:
        """Loshchilov and Hutter 2019, as `torch.optim.AdamW` computes it."""
        gradient = of.whole.grad
        if gradient is None:
            return
        rate, scaled, root = (_over(each, gradient) for each in (rate, scaled, root))
        of.mean.lerp_(gradient, 1 - BETAS[0])
        of.square.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
        if self.decay:
            of.whole.mul_(1 - self.decay * rate)
        of.whole.sub_(scaled * of.mean / (of.square.sqrt() / root + EPSILON))

    def _muon(self, rate: Tensor) -> None:
        by_shape: Mapping[torch.Size, list[_Momentum]] = defaultdict(list)
        for each in self.momenta:
            if each.whole.grad is not None:
                by_shape[each.whole.shape].append(each)
        for shape, members in by_shape.items():
            ahead = []
            for each in members:
                gradient: Tensor = each.whole.grad  # type: ignore[assignment]
                each.momentum.lerp_(gradient, 1 - MOMENTUM)
                ahead.append(gradient.lerp(each.momentum, MOMENTUM))
            updates = orthogonal(torch.cat(ahead)).to(ahead[0].dtype).chunk(len(members))
            scale = max(1.0, shape[1] / shape[2]) ** 0.5
            for each, update in zip(members, updates, strict=True):
                each.whole.sub_(_over(rate * scale, update) * update)

    def give_back(self, optimisers: Sequence[Optimisers]) -> None:
        """Leave the members' own optimisers as if they had taken the steps themselves."""
        for member, own in enumerate(optimisers):
            for of in self.moments:
                state = own.state_of(of.parts[member])
                state["step"] = torch.tensor(float(self.steps[member]), device=self.device)
                state["exp_avg"] = of.mean[member].clone()
                state["exp_avg_sq"] = of.square[member].clone()
            for held in self.momenta:
                own.state_of(held.parts[member])["momentum"] = held.momentum[member].clone()


def _gathered(whole: nn.Parameter, states: Sequence[Mapping[str, Tensor]], name: str) -> Tensor:
    """Return one entry of all members' states, (S, ...), zero where a member has none yet."""
    gathered = torch.zeros_like(whole, requires_grad=False)
    for member, state in enumerate(states):
        if name in state:
            gathered[member] = state[name]
    return gathered


def _over(values: Tensor, like: Tensor) -> Tensor:
    """Return (S,) as (S, 1, ...) with as many dimensions as `like`."""
    return values.view(-1, *[1] * (like.dim() - 1))
