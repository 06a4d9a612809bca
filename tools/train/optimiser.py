"""Adam (Kingma & Ba 2014, arXiv:1412.6980) over all parameters as one row, with the steps of some matrices replaced by
orthogonal ones of the same size (Muon: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/).

Hundreds of small tensors updated one by one would take longer than a step's convolutions.
"""
import torch


def line(a):
    """As one row, channels last, as the parameters lie in memory."""
    return (a.permute(0, 2, 3, 1) if a.dim() == 4 else a).reshape(-1)


def flatten(module):
    """Makes all parameters views of one row. Returns it and each parameter's place in it."""
    row, places, at = torch.cat([line(q.data) for q in module.parameters()]), {}, 0
    for q in module.parameters():
        places[q] = slice(at, at + q.numel())
        part, at = row[places[q]], at + q.numel()
        if q.dim() == 4:
            o, i, h, w = q.shape
            q.data = part.view(o, h, w, i).permute(0, 3, 1, 2)
        else:
            q.data = part.view(q.shape)
    return row, places


def orthogonal(x):
    """Nearly the closest matrix with equal singular values: five steps of Newton-Schulz in bfloat16. Its entries are as
    large as those of Adam's usual steps."""
    turned = x.shape[0] > x.shape[1]
    y = (x.t() if turned else x).bfloat16()
    y = y / (y.norm() + 1e-7)
    for _ in range(5):
        a = y @ y.t()
        y = 3.4445 * y + (-4.775 * a + 2.0315 * (a @ a)) @ y
    y = y.float() * (.2 * max(x.shape) ** .5)
    return y.t() if turned else y


class Optimiser:
    def __init__(self, row, places, matrices, pool):
        """matrices: the parameters that take orthogonal steps, by their first dimension against the others."""
        self.row, self.m, self.v, self.t, self.pool = row, torch.zeros_like(row), torch.zeros_like(row), 0, pool
        self.matrices = [(places[q], len(q)) for q in matrices]

    def state(self):
        return self.m, self.v, self.t

    def restore(self, state):
        self.m, self.v, self.t = state

    def step(self, grad, rate, b1=.9, b2=.99):
        self.t += 1
        self.m.lerp_(grad, 1 - b1)
        self.v.mul_(b2).addcmul_(grad, grad, value=1 - b2)
        step = self.m / (1 - b1 ** self.t)
        step.div_((self.v / (1 - b2 ** self.t)).sqrt_().add_(1e-8))

        def replace(matrix):
            place, rows = matrix
            ahead = grad[place].lerp(self.m[place], b1)
            if ahead.any():                             # else it's not in use yet
                step[place] = orthogonal(ahead.view(rows, -1)).reshape(-1)
        list(self.pool.map(replace, self.matrices))
        self.row.add_(step, alpha=-rate)
