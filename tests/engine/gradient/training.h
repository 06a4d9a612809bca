/* Tests of training.c, run by test_gradients. Returns the number of failures. */
#ifndef GB_TESTS_TRAINING_H
#define GB_TESTS_TRAINING_H

int test_training(void);

#endif
