/* Operands in float32, multiplied and added by vmadd(). */
#include "ops/simd/lanes.h"

typedef float operand;
typedef vec operands;                    /* a register of them */
enum { PAIR = 1 };                      /* input channels that one instruction takes */

static inline void store_operands(operand *p, vec v) { vstore(p, v); }
static inline operand to_operand(float x) { return x; }
static inline operands load_operands(const operand *p) { return vload(p); }
typedef factor_vec operand_factor;         /* PAIR of them, by which all lanes are multiplied */
static inline operand_factor load_factor(const operand *p) { return vfactor(p); }
static inline vec multiply_operands(operand_factor x, operands w, vec sum) { return vmadd_factor(x, w, sum); }
