"""A tile of a fully connected layer as vector instructions: four outputs of a panel of points, summed in registers.

numba's own loops store every sum after every product. These instructions are written for LLVM's vectors, which
it adapts to the processor (AVX-512, AVX2, SSE, NEON). Points lie side by side, so that no lanes are shuffled.
"""

import re
from functools import lru_cache

import numpy as np
from llvmlite import binding, ir
from numba.core import cgutils, config, types
from numba.extending import intrinsic

# Least maximal error: 7e-8 relative for 2^x, |x| <= 1/2; 1.4e-6 absolute for log(1 + x) = x p(x), 0 <= x <= 1.
EXP2 = (1.00000007, 0.69314697, 0.2402212, 0.05550713, 0.00967554, 0.00132765)
LOG1P = (0.99990165, -0.49787508, 0.31764911, -0.19376105, 0.08557003, -0.0183389)
_ROUNDER = 12582912.0  # 1.5 * 2^23: adding it rounds to a whole number in the lowest bits of the sum
_LN_2 = 0.6931471805599453
_LARGEST = 86.0  # exp(-x) is computed as exp(-86) beyond it, before the exponent leaves float32's range


def _lanes() -> int:
    """Floats that one register holds, of this processor or of that which NUMBA_CPU_FEATURES describes."""
    chosen = config.CPU_FEATURES
    features = (
        binding.get_host_cpu_features()
        if chosen is None
        else {name: True for name in re.findall(r"\+([\w.]+)", chosen)}
    )
    if features.get("avx512f"):
        return 16
    return 8 if features.get("avx") else 4


LANES = _lanes()
ROWS = 4  # outputs of a tile
VECTORS = 3  # registers of points: 12 sums, 3 inputs and a weight fit the 16 registers that every processor has
PANEL = LANES * VECTORS  # points
_TOGETHER = 4  # vectors whose activations are computed in an interleaved way

_FLOAT, _INT = ir.FloatType(), ir.IntType(32)
_FLOATS, _INTS = ir.VectorType(_FLOAT, LANES), ir.VectorType(_INT, LANES)


def _floats(value: float) -> ir.Constant:
    return ir.Constant(_FLOATS, [value] * LANES)


def _ints(value: int) -> ir.Constant:
    return ir.Constant(_INTS, [value] * LANES)


def _fma(builder, a, b, c):  # a b + c
    name, kind = f"llvm.fma.v{LANES}f32", ir.FunctionType(_FLOATS, [_FLOATS] * 3)
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [a, b, c])


def _at_least(builder, x, least):  # NaN stays NaN
    return builder.select(builder.fcmp_ordered("<", x, least), least, x)


def _absolute(builder, x):
    return builder.bitcast(builder.and_(builder.bitcast(x, _INTS), _ints(0x7FFFFFFF)), _FLOATS)


@lru_cache(maxsize=8)
def softplus_constants(beta: float) -> np.ndarray:  # [8] float32, read only
    """What the softplus functions below read of beta: -beta / ln 2, 86 / beta, and LOG1P / beta."""
    return np.array([-beta / _LN_2, _LARGEST / beta, *(coefficient / beta for coefficient in LOG1P)], np.float32)


def _spread(builder, base, index):  # one number of an array in every lane
    number = builder.insert_element(_floats(0.0), builder.load(builder.gep(base, [index])), _INT(0))
    return builder.shuffle_vector(number, _floats(0.0), _ints(0))


# The activations emit each step for several vectors before the next step, because the steps of one vector depend on one
# another and a processor executes independent instructions in parallel.


def _polynomial(builder, xs, coefficients):  # vectors that hold one coefficient each
    values = [coefficients[-1]] * len(xs)
    for coefficient in coefficients[-2::-1]:
        values = [_fma(builder, value, x, coefficient) for value, x in zip(values, xs, strict=True)]
    return values


def _decays(builder, xs, log2, largest):  # exp(-rate |x|), with log2 = -rate / ln 2 and largest = 86 / rate
    xs = [_absolute(builder, x) for x in xs]
    xs = [builder.select(builder.fcmp_ordered(">", x, largest), largest, x) for x in xs]
    shifted = [_fma(builder, x, log2, _floats(_ROUNDER)) for x in xs]
    wholes = [builder.fsub(_floats(_ROUNDER), value) for value in shifted]
    fractions = [_fma(builder, x, log2, whole) for x, whole in zip(xs, wholes, strict=True)]
    powers = _polynomial(builder, fractions, [_floats(coefficient) for coefficient in EXP2])
    exponents = [builder.shl(builder.bitcast(value, _INTS), _ints(23)) for value in shifted]
    return [
        builder.bitcast(builder.add(builder.bitcast(power, _INTS), exponent), _FLOATS)
        for power, exponent in zip(powers, exponents, strict=True)
    ]


def _softplus(builder, xs, constants):  # max(x, 0) + log(1 + exp(-beta |x|)) / beta
    log2, largest, *log1p = constants
    decays = _decays(builder, xs, log2, largest)
    logs = _polynomial(builder, decays, log1p)
    ramps = _relu(builder, xs)
    return [_fma(builder, *terms) for terms in zip(decays, logs, ramps, strict=True)]


def _relu(builder, xs):
    return [_at_least(builder, x, _floats(0.0)) for x in xs]


def _sigmoid(builder, xs):
    decays = _decays(builder, xs, _floats(-1.0 / _LN_2), _floats(_LARGEST))
    shares = [builder.fdiv(_floats(1.0), builder.fadd(decay, _floats(1.0))) for decay in decays]
    return [
        builder.select(builder.fcmp_ordered("<", x, _floats(0.0)), builder.fmul(decay, share), share)
        for x, decay, share in zip(xs, decays, shares, strict=True)
    ]


def _identity(builder, xs):
    return xs


# A tile is target[row, point] = activate(bias[row] + sum_k weight[row, k] source[k, point]) for ROWS rows of a PANEL.
# Its arguments are one-dimensional float32 arrays, each followed by where to begin in it, and the number of k.


def _tile(activate, has_rows=False):
    @intrinsic
    def tile(typing, source, source_at, weight, weight_at, bias, bias_at, target, target_at, depth):
        arguments = [source, types.intp, weight, types.intp, bias, types.intp, target, types.intp, types.intp]
        return types.void(*arguments), _tile_code(activate, has_rows)

    return tile


def _softplus_tile(has_rows):
    @intrinsic
    def tile(typing, source, source_at, weight, weight_at, bias, bias_at, target, target_at, depth, constants):
        arguments = [source, types.intp, weight, types.intp, bias, types.intp, target, types.intp, types.intp]
        return types.void(*arguments, constants), _tile_code(_softplus, has_rows)

    return tile


def _tile_code(activate, has_rows):  # has_rows: a bias for every point, [rows, PANEL]
    def generate(context, builder, signature, arguments):
        def start(number):
            array = context.make_array(signature.args[number])(context, builder, arguments[number])
            return builder.gep(array.data, [arguments[number + 1]])

        def vector(base, index):
            return builder.bitcast(builder.gep(base, [index]), _FLOATS.as_pointer())

        source, weight, bias, target, depth = start(0), start(2), start(4), start(6), arguments[8]
        size = depth.type
        sums = []  # LLVM keeps them in registers
        for row in range(ROWS):
            if has_rows:
                firsts = [builder.load(vector(bias, size(row * PANEL + v * LANES)), align=4) for v in range(VECTORS)]
            else:
                firsts = [_spread(builder, bias, size(row))] * VECTORS
            sums += [cgutils.alloca_once_value(builder, first) for first in firsts]
        with cgutils.for_range(builder, depth) as loop:
            column = builder.mul(loop.index, size(PANEL))
            inputs = [
                builder.load(vector(source, builder.add(column, size(v * LANES))), align=4) for v in range(VECTORS)
            ]
            for row in range(ROWS):
                factor = _spread(builder, weight, builder.add(builder.mul(depth, size(row)), loop.index))
                for total, values in zip(sums[row * VECTORS : (row + 1) * VECTORS], inputs, strict=True):
                    builder.store(_fma(builder, values, factor, builder.load(total)), total)
        constants = [_constants(context, builder, signature, arguments, 9)] if len(arguments) > 9 else []
        for first in range(0, len(sums), _TOGETHER):
            values = activate(builder, [builder.load(total) for total in sums[first : first + _TOGETHER]], *constants)
            for number, value in enumerate(values, first):
                builder.store(value, vector(target, size(number * LANES)), align=4)
        return context.get_dummy_value()

    return generate


def _constants(context, builder, signature, arguments, number):
    """The array of `softplus_constants`, one vector a number."""
    data = context.make_array(signature.args[number])(context, builder, arguments[number]).data
    return [_spread(builder, data, _INT(index)) for index in range(2 + len(LOG1P))]


relu_tile, sigmoid_tile, linear_tile = (_tile(activate) for activate in (_relu, _sigmoid, _identity))
softplus_tile = _softplus_tile(has_rows=False)  # with the beta of `softplus_constants`
relu_rows_tile, softplus_rows_tile = _tile(_relu, has_rows=True), _softplus_tile(has_rows=True)


def _panel(work, num_sources):
    """target[point] = work(source[point], ...) for a PANEL of one-dimensional float32 arrays, each with its start.

    The last argument is the array of `softplus_constants`.
    """

    def generate(context, builder, signature, arguments):
        def start(number):
            array = context.make_array(signature.args[number])(context, builder, arguments[number])
            base = builder.gep(array.data, [arguments[number + 1]])
            return builder.bitcast(base, _FLOATS.as_pointer())

        sources, target = [start(2 * number) for number in range(num_sources)], start(2 * num_sources)
        constants = _constants(context, builder, signature, arguments, 2 * num_sources + 2)

        def vectors(base):
            return [builder.load(builder.gep(base, [_INT(v)]), align=4) for v in range(VECTORS)]

        for v, value in enumerate(work(builder, *(vectors(base) for base in sources), constants)):
            builder.store(value, builder.gep(target, [_INT(v)]), align=4)
        return context.get_dummy_value()

    return generate


def _softplus_gradient(builder, ys, gradients, constants):
    """Of softplus y = log(1 + exp(beta x)) / beta the slope is 1 - exp(-beta y), so that x is not needed."""
    log2, largest, *_ = constants
    decays = _decays(builder, ys, log2, largest)
    return [builder.fsub(g, builder.fmul(g, decay)) for g, decay in zip(gradients, decays, strict=True)]


@intrinsic
def softplus_panel(typing, source, source_at, target, target_at, constants):
    """target = softplus(source)."""
    return types.void(source, types.intp, target, types.intp, constants), _panel(_softplus, 1)


@intrinsic
def softplus_gradient_panel(typing, result, result_at, gradient, gradient_at, target, target_at, constants):
    """target = the gradient by what softplus turned into `result`, from the gradient by `result`."""
    signature = types.void(result, types.intp, gradient, types.intp, target, types.intp, constants)
    return signature, _panel(_softplus_gradient, 2)
