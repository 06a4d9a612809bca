/* The list of operations. The including source defines GB_OP(ID, name): ops.h makes the identifier GB_OP_ID of it,
 * table.c the table of the gb_op_name that the operation's own file defines. The comments number inputs and weights as
 * gb_op_row.run() and pack() receive them. From GB_OP_FILTER on, operations are bends. */
GB_OP(CONSTANT, constant)                       /* weights[0] [C,H,W] for every sample; out.n is the batch size */
GB_OP(PIXEL_NORM, pixel_norm)                   /* x / √(mean_c x² + eps) */
GB_OP(LINEAR, linear)                           /* x Wᵀ · gain for vectors x; weights[0] [out,in] */
GB_OP(CONCAT, concat)                           /* channels of in[0], then of in[1] */
GB_OP(TRUNCATE, truncate)                       /* w [N,C] → ws [N,num_ws,1,C]: w_avg + ψ (w − w_avg) for rows < cutoff,
                                                 * w for the rest and for ψ = 1; weights[0] w_avg [C] */
GB_OP(SELECT, select)                           /* row `row` of ws [N,num_ws,1,C] → [N,C] */
GB_OP(MODULATED_CONV2D, modulated_conv2d)       /* the convolution of both networks, see gb_conv; in[1] styles [N,C];
                                                 * weights[0] [cout,cin,kernel,kernel], for up = 2 [1] FIR [4,4] */
GB_OP(UPFIRDN2D, upfirdn2d)                     /* see gb_fir; weights[0] [taps,taps] */
GB_OP(NOISE, noise)                             /* x + strength · noise [N or 1,1,H,W] */
GB_OP(BIAS_ACT, bias_act)                       /* clamp(act(x + bias) · gain) */
GB_OP(ADD, add)                                 /* in[0] + in[1] */
GB_OP(BATCH_NORM, batch_norm)                   /* (x − mean) · gain / √(var + eps) + bias; weights[0], [1] mean and var
                                                 * [rows,C], used unless the batch's own are; gain and bias are in[1],
                                                 * in[2] [N,C] or weights[2], [3] [C] */
GB_OP(SLICE, slice)                             /* channels from … from + count − 1 */
GB_OP(RESHAPE, reshape)                         /* a vector [N,C·H·W] as maps [N,C,H,W] */
GB_OP(UPSAMPLE_NEAREST, upsample_nearest)       /* each pixel becomes 2×2 pixels */
GB_OP(MAX_POOL, max_pool)                       /* maximum of each window, see gb_pool */
GB_OP(SCORES, scores)                           /* θ, φ → [N,queries,1,keys]: dot products of queries and keys */
GB_OP(SOFTMAX, softmax)                         /* over the last dimension */
GB_OP(MIX, mix)                                 /* values g, matrix [N,queries,1,keys], any map of the queries' size →
                                                 * for each query the sum of the values weighted by its row */
GB_OP(ATTENTION, attention)                     /* θ, φ, g → scores, softmax and mix without storing the matrix */
GB_OP(CONV2D, conv2d)                           /* convolution without styles, see gb_conv2d; weights[0]
                                                 * [cout,cin/groups,kernel,kernel] */
GB_OP(AVG_POOL, avg_pool)                       /* mean of each window, zeros of the padding counted, see gb_pool */
GB_OP(GLOBAL_MEAN, global_mean)                 /* mean of each map: [N,C,H,W] → [N,C,1,1] */
GB_OP(RESIZE, resize)                           /* any size, see gb_resize */
GB_OP(SHUFFLE, shuffle)                         /* channel i · groups + g is channel g · C/groups + i of the input */
GB_OP(FLATTEN, flatten)                         /* maps [N,C,H,W] as a vector [N,C·H·W] */
GB_OP(CHANNEL_AFFINE, channel_affine)           /* x · scale + offset; weights[0], [1] scale and offset [C] */
GB_OP(UNIT_NORM, unit_norm)                     /* x / (√(Σ_c x²) + eps), each pixel */
GB_OP(CROSS_ENTROPY, cross_entropy)             /* −Σ_c t · log softmax(x): logits x [N,C], shares t [N,C] → [N,1] */
GB_OP(L1, l1)                                   /* mean |a − b| of each sample → [N,1] */
GB_OP(L2, l2)                                   /* mean (a − b)² of each sample → [N,1] */
GB_OP(COSINE, cosine)                           /* Σ a b / √(Σ a² · Σ b²) of each sample → [N,1] */
GB_OP(WEIGHTED_L2, weighted_l2)                 /* mean over the pixels of Σ_c weights[0] (a − b)² → [N,1];
                                                 * weights[0] [C] */
/* Adjoints, for gradients. g is the gradient of the operation's result; "live" ones read the epilogue of the layer. */
GB_OP(BIAS_ACT_GRAD, bias_act_grad)             /* g, x or the layer's output, maybe [2] factors [N,C]; live */
GB_OP(ACT_PARAM_GRAD, act_param_grad)           /* g, x → [N,params]; live */
GB_OP(CHANNEL_DOT, channel_dot)                 /* a, maybe b → [N,C]: Σ_p a b; live with before_act */
GB_OP(PIXEL_SUM, pixel_sum)                     /* g → [N,1,H,W]: strength · Σ_c g; live */
GB_OP(CHANNEL_SCALE, channel_scale)             /* x, factors [N,C] */
GB_OP(CONV_DOWN, conv_down)                     /* the upsampling convolution's adjoint, see gb_conv; in[1] factors
                                                 * [N,C]; weights[0] [cout,cin,3,3], [1] FIR [4,4] */
GB_OP(DEMODULATE, demodulate)                   /* styles [N,cin] → [N,cout]; weights[0] [cout,cin,kernel,kernel] */
GB_OP(STYLE_GRAD, style_grad)                   /* styles, Σ x t, Σ g y, demodulation → [N,cin]; the same weights */
GB_OP(PIXEL_NORM_GRAD, pixel_norm_grad)         /* x, g */
GB_OP(TRUNCATE_GRAD, truncate_grad)             /* g [N,num_ws,1,C] → [N,C] */
GB_OP(SELECT_GRAD, select_grad)                 /* g [N,C] → [N,rows,1,C] */
GB_OP(SLICE_GRAD, slice_grad)                   /* g → maps of more channels */
GB_OP(RESHAPE_GRAD, reshape_grad)               /* maps → vector */
GB_OP(PASS_GRAD, pass_grad)                     /* g → sums of up×up pixels */
GB_OP(FIR_GRAD, fir_grad)                       /* g, see gb_fir; weights[0] [taps,taps] */
GB_OP(MAX_POOL_GRAD, max_pool_grad)             /* x, g */
GB_OP(AVG_POOL_GRAD, avg_pool_grad)             /* x, g */
GB_OP(MEAN_GRAD, mean_grad)                     /* x, g [N,C] */
GB_OP(RESIZE_GRAD, resize_grad)                 /* g → maps of another size */
GB_OP(SPREAD, spread)                           /* g → maps with zeros between its pixels */
GB_OP(AFFINE_GRAD, affine_grad)                 /* g; weights[0] scale [C] */
GB_OP(UNIT_NORM_GRAD, unit_norm_grad)           /* x, g */
GB_OP(DISTANCE_GRAD, distance_grad)             /* a, b, g [N,1]; weights of the distance */
GB_OP(CROSS_ENTROPY_GRAD, cross_entropy_grad)   /* logits, shares, g [N,1] */
GB_OP(BATCH_NORM_OWN_GRAD, batch_norm_own_grad) /* x, g, and gain and bias [N,C] as for batch_norm; its weights */
GB_OP(TRANSPOSE, transpose)                     /* [N,rows,1,columns] → [N,columns,1,rows] */
GB_OP(SOFTMAX_GRAD, softmax_grad)               /* the softmax, g */
GB_OP(BATCH_NORM_GRAD, batch_norm_grad)         /* g, and gain and bias [N,C] as for batch_norm; its weights */
GB_OP(BATCH_NORM_DOT, batch_norm_dot)           /* x, g → [N,C]; weights[0], [1] mean and var */
/* Gradients of weights: sums over the batch. */
GB_OP(BATCH_SUM, batch_sum)                     /* g → [1,C,H,W], or [1,C] with `pixels` */
GB_OP(WEIGHT_GRAD, weight_grad)                 /* x, g → [cout,cin/groups · kernel²], see gb_weight_grad */
GB_OP(NORM_GAIN_GRAD, norm_gain_grad)           /* x, g → [1,C]; weights[0], [1] mean and var */
GB_OP(BATCH_MOMENTS, batch_moments)             /* x → [2,C]: mean and biased variance over the batch */
GB_OP(STRENGTH_GRAD, strength_grad)             /* g → one number; live */
GB_OP(DEMODULATE_GRAD, demodulate_grad)         /* styles, Σ g y, demodulation → [cout,cin · kernel²]; the weights */
GB_OP(FILTER, filter)                           /* a bending filter on some channels */
GB_OP(PASS, pass)                               /* a disabled layer: its input in place of its output */
GB_OP(PAINT, paint)                             /* activation vectors at some pixels */
GB_OP(SET, set)                                 /* given values replace the input or are added to it */
GB_OP(CALLBACK, callback)                       /* a function of the caller reads and may change the values */
GB_OP(FILTER_GRAD, filter_grad)                 /* x, g */
GB_OP(PAINT_GRAD, paint_grad)                   /* g */
GB_OP(SET_GRAD, set_grad)                       /* g → of the input, or of the values */
#undef GB_OP
