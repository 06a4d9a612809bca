/* ganbend_gradient.h: gradients of anything with respect to latents, noise maps, layers and weights, and training.
 *
 * In a libganbend built with GANBEND_GRADIENTS=OFF no session can have the purpose GB_GRADIENT, and gb_adam_new() fails.
 * docs/gradients.md has examples. Everything else is as ganbend.h says. */
#ifndef GANBEND_GRADIENT_H
#define GANBEND_GRADIENT_H

#include "ganbend.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------------- gradients
 * In a session with the purpose GB_GRADIENT:
 *
 *     gb_session_want(session, "z", err);
 *     gb_session_render(session, image, err);
 *     gb_session_backward(session, output, cotangent, err);       (cotangent: ∂loss/∂image)
 *     gb_session_gradient(session, z, gradient, err);             (∂loss/∂z)
 *
 * Pictures have the bits that other purposes give, and gradients have the same bits for any number of threads. Each
 * sample of a batch has its own gradient. Sessions chain: the gradient of the picture that a session of another network
 * computes is the cotangent of the session that drew the picture. */

/* Asks for the gradient of a boundary: a node, an alias or a glob, such as z, "mapping" (every row of ws), the noise map
 * "synthesis.b8.conv1.noise_const", or a layer. "NODE:params" asks for the gradient of the parameters of the activation
 * at NODE. Takes effect at the next render. */
GB_API gb_status gb_session_want(gb_session *session, const char *name, gb_error *err);
/* Wants nothing any more. */
GB_API void gb_session_unwant(gb_session *session);
/* Computes what is wanted for the last render. `cotangent` [batch, shape…] is the gradient of the loss with respect to
 * `node`, usually the output. The forward pass is repeated first if its values are gone: in a second backward pass after
 * one render, and if `node` is another one than before. GB_BAD_ARGUMENT if the session has changed since the render, or if
 * the gradient would have to pass an operation that has none. */
GB_API gb_status gb_session_backward(gb_session *session, gb_node node, const float *cotangent, gb_error *err);
/* Reads the gradient of a node that is wanted, [batch, shape…]: zeros where `node` does not depend on it. */
GB_API gb_status gb_session_gradient(gb_session *session, gb_node node, float *out, gb_error *err);
/* The name of the activation at the node with the bends of the last render, or NULL, the number of its parameters, and their
 * gradient [batch, count]. */
GB_API const char *gb_session_activation(const gb_session *session, gb_node node);
GB_API int gb_session_param_count(const gb_session *session, gb_node node);
GB_API gb_status gb_session_param_gradient(gb_session *session, gb_node node, float *out, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- training
 * A session may have values of its own for weights of the model, which stays as it is. Names are those of the model's
 * tensors. Each function takes effect at the next render; a transaction does not undo them.
 *
 *     gb_session_train(session, "*", err);                        (every weight that has a gradient)
 *     gb_session_render(session, output, err);
 *     gb_session_backward(session, node, cotangent, err);
 *     for (size_t i = 0; (count = gb_session_trained(session, i, &name)); i++) {
 *         gb_session_weight(session, name, values, err);
 *         gb_session_weight_gradient(session, name, gradient, err);
 *         gb_adam_step(adam[i], 1e-4, gradient, values);
 *         gb_session_set_weight(session, name, values, err);
 *     }
 */

/* In a session with the purpose GB_GRADIENT: gives the session its own copy of a weight and asks for its gradient. A glob
 * takes every weight that has one. GB_BAD_ARGUMENT if the operation that reads the weight has no gradient of it: running
 * statistics, the mean w, FIR filters, the weights of a distance, and convolutions that demodulate without styles. */
GB_API gb_status gb_session_train(gb_session *session, const char *name, gb_error *err);
/* The number of values of the index-th weight that is trained and its name; 0 and NULL past the last. */
GB_API size_t gb_session_trained(const gb_session *session, size_t index, const char **name);
/* The gradient of a weight that is trained, in the tensor's shape: the sum over the samples of the batch; zeros if the
 * node that the backward pass started from does not depend on it. The same bits for any number of threads. */
GB_API gb_status gb_session_weight_gradient(gb_session *session, const char *name, float *out, gb_error *err);
/* Reads a tensor as the session has it: its own values, or the model's. */
GB_API gb_status gb_session_weight(const gb_session *session, const char *name, float *out, gb_error *err);
/* Gives a session of any purpose its own values of a weight; NULL restores the model's. Packed forms of weights that have
 * not changed are kept. Default values of inputs, such as noise maps, are no weights. */
GB_API gb_status gb_session_set_weight(gb_session *session, const char *name, const float *values, gb_error *err);
/* Gives a session the values of all weights that another session of the same model has of its own. */
GB_API gb_status gb_session_copy_weights(gb_session *session, const gb_session *from, gb_error *err);

/* The optimiser Adam, for `count` values that the caller holds: w's, noise maps, pixels, weights. */
typedef struct gb_adam gb_adam;

typedef struct gb_adam_options {
    size_t size;            /* sizeof the struct, see "Options" in ganbend.h */
    double beta1, beta2;    /* 0 = the published 0.9 and 0.999 */
    double epsilon;         /* 0 = 1e-8 */
} gb_adam_options;

/* `options` may be NULL for the defaults. */
GB_API gb_status gb_adam_new(size_t count, const gb_adam_options *options, gb_adam **adam, gb_error *err);
GB_API void gb_adam_free(gb_adam *adam);
/* One step with this learning rate: moves `values` [count] against `gradient` [count]. A rate of 0 leaves the values, but
 * the moments count the gradient. */
GB_API void gb_adam_step(gb_adam *adam, double rate, const float *gradient, float *values);

#ifdef __cplusplus
}
#endif

#endif
