/* Training one classifier of feature maps: mean cross-entropy, Adam, normalisation by the statistics of each batch. */
#ifndef GB_ENGINE_CLASSIFIER_TRAINER_H
#define GB_ENGINE_CLASSIFIER_TRAINER_H

#include "engine/ganbend_analysis.h"
#include "engine/ganbend_gradient.h"

typedef struct gb_trained_weight {
    const char *name;
    size_t count, at;           /* its values are values + at */
} gb_trained_weight;

typedef struct gb_classifier_trainer {
    gb_model *model;            /* the classifier before training; borrowed */
    gb_session *session;
    gb_node output;
    size_t classes, pixels;     /* of a map */
    int batch;
    double rate;
    gb_trained_weight *weights; /* trained ones, then the running statistics */
    size_t trained, count;      /* weights, and weights with statistics */
    size_t values, all;         /* values of the trained ones, and of all */
    float *value;               /* [all]; those of the statistics are set only by gb_trainer_read() */
    float *gradient;            /* [values] */
    float *logits, *cotangent;  /* [batch, classes] */
    gb_adam *adam;
} gb_classifier_trainer;

/* `rate` is Adam's. Call gb_trainer_free() also if it fails. */
gb_status gb_trainer_new(gb_classifier_trainer *t, gb_model *model, int batch, double rate, gb_error *err);
void gb_trainer_free(gb_classifier_trainer *t);
/* One step with maps [batch, pixels] and the rows of the last layer [batch] that they belong to. Writes the mean loss. */
gb_status gb_trainer_step(gb_classifier_trainer *t, const float *maps, const int *labels, double *loss, gb_error *err);
/* Only looks at a batch, which moves the running statistics, as it does in the published code. Counts the maps that are named
 * rightly. */
gb_status gb_trainer_look(gb_classifier_trainer *t, const float *maps, const int *labels, size_t *right, gb_error *err);
/* Brings t->value up to date with the session, the running statistics too; or the session with t->value. */
gb_status gb_trainer_read(gb_classifier_trainer *t, gb_error *err);
gb_status gb_trainer_write(gb_classifier_trainer *t, gb_error *err);

/* A file of what is needed to go on: values, Adam's moments, and `step`. `signature` stands for everything that the state depends
 * on; a file with another one is refused. */
gb_status gb_trainer_save(gb_classifier_trainer *t, const char *path, uint32_t signature, uint64_t step, gb_error *err);
gb_status gb_trainer_restore(gb_classifier_trainer *t, const char *path, uint32_t signature, uint64_t *step, gb_error *err);
/* Writes the classifier as a .gbw. */
gb_status gb_trainer_save_model(gb_classifier_trainer *t, const char *path, gb_error *err);

#endif
