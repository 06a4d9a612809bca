/* An activation: softsign(x) = x / (1 + |x|). In the library this function belongs into ops/curves.h, before curve(), and
 * the row into gb_acts of ops/activation.c. */
CURVE vec vsoftsign(vec x) {
    return vdiv(x, vadd(vset1(1.0f), vabs(x)));
}

static const gb_act_row softsign_row = {.name = "softsign", .summary = "x / (1 + |x|)", .gain = 1.0f};
