#!/usr/bin/env python3
"""tests/golden/cpt_reference.py - reference files of the published code, and how far it is from itself.

    cpt_reference.py CODE make SEED REFERENCE.h5 [FORWARD_BITS BACKWARD_BITS]
        vectors of another seed, in the layout of experiments/verify/verify.h, with one trained network or all three
    cpt_reference.py CODE spread REFERENCE.h5
        REFERENCE_spread.csv: each training vector, and the largest distance from it of the same code with float32 sums
        in other orders

CODE is the folder cpt_cifar of https://github.com/RICE-EIC/CPT (commit eb9cdaa). Needs PyTorch and h5py (Debian:
python3-torch, python3-h5py). The code runs on a CPU, where a scale is a true division; stochastic rounding is off.
"""
import sys

import h5py
import numpy
import torch

STEPS, BATCH, SIDE = 5, 4, 32
TRAINED = [(0, 0), (3, 8), (8, 8)]
LAYER_BITS = [(0, 0), (2, 4), (3, 6), (4, 8), (8, 8)]
WIDTHS = [2, 3, 4, 5, 6, 7, 8, 12, 16]
SCHEDULES = [(3, 8, 64000, 32), (3, 8, 999, 10), (4, 6, 10000, 8)]
# kind: batch, input channels, side, filters, kernel, stride, padding, groups
LAYERS = {
    "conv1x1_stride2": (2, 4, 8, 6, 1, 2, 0, 1),
    "conv3x3": (3, 5, 9, 7, 3, 1, 1, 1),
    "conv3x3_stride2": (2, 4, 8, 6, 3, 2, 1, 1),
    "conv5x5_pad2": (1, 3, 11, 4, 5, 1, 2, 1),
    "depthwise": (2, 6, 8, 6, 3, 1, 1, 6),
}
# An order of summation: whether oneDNN sums, whether channels lie innermost, the type, a seed that permutes the hidden
# channels of the network and the images of a batch, or None.
ORDERS = [
    (True, False, torch.float32, None),
    (False, False, torch.float32, None),
    (True, True, torch.float32, None),
    (True, False, torch.float64, None),
] + [(True, False, torch.float32, seed) for seed in range(8)]


def published(code):
    """The modules of the published code, on a CPU and without stochastic rounding."""
    sys.path.insert(0, code)
    torch.Tensor.cuda = lambda self, *args, **names: self
    import models
    import modules.quantize as quantize

    grad = quantize.quantize_grad
    quantize.quantize_grad = lambda x, **names: grad(x, stochastic=False, **names)
    return models, quantize


def array(tensor):
    return tensor.detach().to(torch.float32).contiguous().numpy().copy()


def put(group, name, x):
    group.create_dataset(name, data=x, **({"compression": "gzip", "shuffle": True} if x.size > 4096 else {}))


def state_of(net):
    return {name: x for name, x in net.state_dict().items() if not name.endswith("num_batches_tracked")}


def permutations(seed):
    """Of the channels between layers: {tensor's name: (of its first dimension, of its second)}; None: as it is."""
    random = numpy.random.default_rng(seed)
    stream = {g: random.permutation(8 << g) for g in (1, 2, 3)}  # what a group hands on
    inner = {g: random.permutation(8 << g) for g in (1, 2, 3)}
    out = {"conv1": (stream[1], None), "bn1": (stream[1], None), "fc.weight": (None, stream[3])}
    for g in (1, 2, 3):
        before, block = stream[max(g - 1, 1)], f"group{g}_layer0."
        out.update({block + "conv1": (inner[g], before), block + "bn1": (inner[g], None),
                    block + "conv2": (stream[g], inner[g]), block + "bn2": (stream[g], None),
                    block + "bn3": (stream[g], None), block + "downsample": (stream[g], before)})
    return out


def permuted(tensors, seed, back=False):
    """The same network with its channels in another order, or back again."""
    if seed is None:
        return tensors
    out, tables = {}, permutations(seed)
    for name, x in tensors.items():
        for prefix, orders in tables.items():
            if "quantize_input" not in name and (name == prefix or name.startswith(prefix + ".")):
                for axis, order in enumerate(orders):
                    if order is not None:
                        x = x.take(numpy.argsort(order) if back else order, axis)
        out[name] = x
    return out


def train(models, init, images, labels, bits, order):
    """All vectors that training from `init` gives, as {path: array}."""
    onednn, channels_last, dtype, seed = order
    rows = numpy.arange(BATCH) if seed is None else numpy.random.default_rng(seed).permutation(BATCH)
    forward, backward = (float(b) for b in bits)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    out, losses = {}, []
    torch.set_default_dtype(dtype)
    with torch.backends.mkldnn.flags(enabled=onednn):
        net = models.ResNet(models.BasicBlock, [1, 1, 1], num_classes=10)
        net.load_state_dict({name: torch.tensor(x) for name, x in permuted(init, seed).items()}, strict=False)
        net = net.to(dtype).to(memory_format=layout)
        sgd = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9, weight_decay=1e-4)
        batch = [torch.tensor(x).to(dtype).to(memory_format=layout) for x in images[:, rows].astype("f4")]
        for step in range(len(batch)):
            net.train()
            loss = torch.nn.functional.cross_entropy(net(batch[step], forward, backward), torch.tensor(labels[step][rows]))
            sgd.zero_grad()
            loss.backward()
            if step == 0:
                grads = {name: array(p.grad) for name, p in net.named_parameters() if p.grad is not None}
                out.update({f"grad_step0/{name}": x for name, x in permuted(grads, seed, back=True).items()})
            sgd.step()
            losses.append(loss.item())
        state = {name: array(x) for name, x in state_of(net).items()}
        out.update({f"after{len(batch)}/{name}": x for name, x in permuted(state, seed, back=True).items()})
        net.eval()
        out["eval_logits"] = array(net(batch[0], forward, backward))[numpy.argsort(rows)]
    torch.set_default_dtype(torch.float32)
    out["losses"] = numpy.array(losses, "f4")
    return out


def distance(x, want):
    """Relative, in the 2-norm; where nothing is wanted, absolute."""
    norm = numpy.linalg.norm(want.astype("f8"))
    away = numpy.linalg.norm(x.astype("f8") - want.astype("f8"))
    return away / norm if norm > 0 else away


def spread(code, path):
    models, _ = published(code)
    with h5py.File(path) as f, open(path.removesuffix(".h5") + "_spread.csv", "w") as csv:
        csv.write("vector,spread\n")
        for name, group in f["train"].items():
            bits = [int(b) for b in name.split("_fw")[1].split("_bw")]
            init = {key: x[()] for key, x in group["init"].items()}
            runs = [train(models, init, group["images"][()], group["labels"][()], bits, order) for order in ORDERS]
            for key in runs[0]:
                want = group[key][()]
                if key == "losses":
                    for i in range(len(want)):
                        far = max(distance(run[key][i : i + 1], want[i : i + 1]) for run in runs)
                        csv.write(f"/train/{name}/losses[{i}],{far:.3g}\n")
                else:
                    csv.write(f"/train/{name}/{key},{max(distance(run[key], want) for run in runs):.3g}\n")


def make_quantizers(f, quantize, random):
    tensors = {
        "activation_relu": random.standard_normal((3, 6, 7, 7)).clip(0) * 2,
        "activation_signed": random.standard_normal((3, 6, 7, 7)) * 2 - 0.3,
        "constant": numpy.full((2, 3), 0.75),
        "error": random.standard_normal((3, 6, 7, 7)) * 1.4e-4,
        "weight": random.standard_normal((8, 5, 3, 3)) * 0.2,
        "zeros": numpy.zeros((2, 3)),
    }
    for name, values in tensors.items():
        x = torch.tensor(values.astype("f4"))
        put(f, f"quantizer/{name}/input", array(x))
        for bits in WIDTHS:
            reduce = {"reduce_dim": None} if name == "weight" else {"reduce_dim": 0, "reduce_type": "extreme"}
            params = quantize.calculate_qparams(x, num_bits=float(bits), flatten_dims=(1, -1), **reduce)
            put(f, f"quantizer/{name}/bits{bits}", array(quantize.quantize(x, qparams=params)))


def make_layers(f, quantize, random):
    for kind, (n, c, side, filters, kernel, stride, padding, groups) in LAYERS.items():
        for forward, backward in LAYER_BITS:
            conv = quantize.QConv2d(c, filters, kernel, stride=stride, padding=padding, groups=groups, bias=False)
            x = torch.tensor(random.standard_normal((n, c, side, side)).clip(0).astype("f4"), requires_grad=True)
            conv.weight.data = torch.tensor((random.standard_normal(conv.weight.shape) * 0.3).astype("f4"))
            y = conv(x, float(forward), float(backward))
            error = torch.tensor((random.standard_normal(y.shape) * 1e-2).astype("f4"))
            y.backward(error)
            conv.eval()
            vectors = {
                "input": x, "weight": conv.weight, "error": error, "output": y,
                "grad_input": x.grad, "grad_weight": conv.weight.grad,
                "running_zero_point": conv.quantize_input.running_zero_point,
                "running_range": conv.quantize_input.running_range,
                "eval_output": conv(x, float(forward), float(backward)),
            }
            group = f.create_group(f"layer/{kind}/fw{forward}_bw{backward}")
            group.attrs.update({"stride": stride, "padding": padding, "groups": groups})
            for name, vector in vectors.items():
                put(group, name, array(vector))


def make_training(f, models, random, seed, trained):
    for bits in trained:
        torch.manual_seed(seed)
        init = {name: array(x) for name, x in state_of(models.ResNet(models.BasicBlock, [1, 1, 1], num_classes=10)).items()}
        images = random.standard_normal((STEPS, BATCH, 3, SIDE, SIDE)).astype("f2")
        labels = random.integers(0, 10, (STEPS, BATCH))
        group = f.create_group(f"train/resnet8_fw{bits[0]}_bw{bits[1]}")
        put(group, "images", images)
        put(group, "labels", labels)
        for name, x in init.items():
            put(group, f"init/{name}", x)
        for name, x in train(models, init, images, labels, bits, ORDERS[0]).items():
            put(group, name, x)


def make_schedules(f):
    """As train.py of the published code computes them, in its own words."""
    for low, high, iterations, cycles in SCHEDULES:
        period = int(iterations / cycles)
        i = numpy.arange(iterations)
        bits = numpy.rint(low + 0.5 * (high - low) * (1 + numpy.cos(numpy.pi * ((i % period) / period) + numpy.pi)))
        put(f, f"schedule/cosine_{low}_{high}_{iterations}_{cycles}", bits.astype("f4"))


def make(code, seed, path, trained):
    models, quantize = published(code)
    random = numpy.random.default_rng(seed)
    with h5py.File(path, "w") as f:
        f.attrs.update({"seed": seed, "torch": str(torch.__version__), "note": "float32, NCHW, OIHW; stochastic rounding off"})
        make_quantizers(f, quantize, random)
        make_layers(f, quantize, random)
        make_training(f, models, random, seed, trained)
        make_schedules(f)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if len(sys.argv) in (5, 7) and sys.argv[2] == "make":
        one = [tuple(int(bits) for bits in sys.argv[5:])]
        make(sys.argv[1], int(sys.argv[3]), sys.argv[4], one if len(sys.argv) == 7 else TRAINED)
    elif len(sys.argv) == 4 and sys.argv[2] == "spread":
        spread(sys.argv[1], sys.argv[3])
    else:
        sys.exit(__doc__)
