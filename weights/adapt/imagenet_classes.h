/* Names for the classes of models trained on ImageNet. */
#ifndef GB_WEIGHTS_ADAPT_IMAGENET_CLASSES_H
#define GB_WEIGHTS_ADAPT_IMAGENET_CLASSES_H

enum { GB_IMAGENET_CLASSES = 1000 };

extern const char *const gb_imagenet_classes[GB_IMAGENET_CLASSES];

#endif
