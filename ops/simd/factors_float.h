/* What products are made of: float32 numbers, multiplied and added by one fma. */

typedef float factor;
typedef vec factors;                    /* a register of them */
enum { PAIR = 1 };                      /* input channels that one instruction takes */

static inline void store_factors(factor *p, vec v) { vstore(p, v); }
static inline factor factor_of(float x) { return x; }
static inline factors load_factors(const factor *p) { return vload(p); }
static inline factors spread_factors(const factor *p) { return vset1(*p); }
static inline vec multiply_factors(factors x, factors w, vec sum) { return vfma(x, w, sum); }
