/* Derivatives of the activations in ops/curves.h, for the same vectors, with PyTorch's choice at kinks.
 *
 * act'(x) from the input x, or, for activations that allow it, from the output y = act(x): then a fused layer need not
 * store its input. ∂act/∂p for the parameters p of parametric activations. */

CURVE vec dsigmoid(vec s) {                 /* σ' = σ (1 − σ) */
    return vmul(s, vsub(vset1(1.0f), s));
}

/* act'(x) */
OUT_OF_LINE vec derivative(gb_act_kind act, const float *params, int count, vec x) {
#define P(i) param(act, params, count, i)
    const vec zero = vset1(0.0f), one = vset1(1.0f);
    switch (act) {
    case GB_ACT_LINEAR:
        return one;
    case GB_ACT_RELU:
        return vselect_lt(zero, x, one, zero);
    case GB_ACT_LRELU:
        return vselect_lt(zero, x, one, P(0));
    case GB_ACT_TANH: {
        vec t = vtanh(x);
        return vsub(one, vmul(t, t));
    }
    case GB_ACT_SIGMOID:
        return dsigmoid(times_sigmoid(one, x));
    case GB_ACT_ELU:
        return vselect_lt(zero, x, one, vmul(P(0), vexp(vselect_lt(x, zero, x, zero))));
    case GB_ACT_SELU:
        return vselect_lt(zero, x, vset1(1.05070098f),
                          vmul(vset1(1.05070098f * 1.67326324f), vexp(vselect_lt(x, zero, x, zero))));
    case GB_ACT_SOFTPLUS:
        return times_sigmoid(one, vmul(x, P(0)));
    case GB_ACT_SWISH: {
        vec s = times_sigmoid(one, x);
        return vadd(s, vmul(x, dsigmoid(s)));
    }
    case GB_ACT_SINLU: {
        vec s = times_sigmoid(one, x), angle = vmul(P(1), x);
        vec wave = vadd(x, vmul(P(0), vsin(angle))), slope = vadd(one, vmul(vmul(P(0), P(1)), vcos(angle)));
        return vadd(vmul(slope, s), vmul(wave, dsigmoid(s)));
    }
    case GB_ACT_COSLU: {
        vec s = times_sigmoid(one, x), angle = vmul(P(1), x);
        vec wave = vadd(x, vmul(P(0), vcos(angle))), slope = vsub(one, vmul(vmul(P(0), P(1)), vsin(angle)));
        return vadd(vmul(slope, s), vmul(wave, dsigmoid(s)));
    }
    case GB_ACT_RELUN:
        return vselect_lt(zero, x, vselect_lt(x, P(0), one, zero), zero);
    case GB_ACT_SHILU:
        return vselect_lt(zero, x, P(0), zero);
    case GB_ACT_POLY: {
        int n = count < 1 ? ACT_PARAMS(act) : count < GB_MAX_ACT_PARAMS ? count : GB_MAX_ACT_PARAMS;
        vec s = times_sigmoid(one, x), sum = zero;
        for (int i = n - 1; i >= 1; i--)
            sum = vfma(sum, s, vmul(vset1((float)i), P(i)));
        n--;
        sum = vmul(sum, vset1((n % 2 ? 0.707106781f : 1.0f) / (float)(1 << n / 2)));
        return vmul(sum, dsigmoid(s));
    }
    case GB_ACT_GELU: {
        vec density = vmul(vset1(0.398942280f), vexp(vmul(vmul(x, x), vset1(-0.5f))));
        return vadd(vnormal(x), vmul(x, density));
    }
    case GB_ACT_SINE:
        return vmul(vmul(P(0), P(1)), vcos(vmul(P(0), x)));
    default:
        return zero;
    }
#undef P
}

/* act'(x) from y = act(x), for the activations of gb_act_from_output(). */
CURVE vec derivative_of_output(gb_act_kind act, const float *params, int count, vec y) {
    const vec zero = vset1(0.0f), one = vset1(1.0f);
    switch (act) {
    case GB_ACT_RELU:
        return vselect_lt(zero, y, one, zero);
    case GB_ACT_LRELU:
        return vselect_lt(zero, y, one, param(act, params, count, 0));
    case GB_ACT_TANH:
        return vsub(one, vmul(y, y));
    case GB_ACT_SIGMOID:
        return dsigmoid(y);
    default:
        return one;
    }
}

/* x from y = act(x) where act'(x) is not 0, for the activations of gb_act_invertible(). */
CURVE vec inverse(gb_act_kind act, const float *params, int count, vec y) {
    if (act != GB_ACT_LRELU)
        return y;
    return vselect_lt(y, vset1(0.0f), vdiv(y, param(act, params, count, 0)), y);
}
