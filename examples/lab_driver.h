/* SPDX-License-Identifier: MIT */
/* What the two halves of this example share. */
#ifndef LAB_DRIVER_H
#define LAB_DRIVER_H

struct device;

/* Commands that our driver forwards before it waits for them. */
#define OWN_CHUNK 4

/* Swaps our vIOMMU ops in, and out again. */
void lab_driver_install(struct device *dev);
void lab_driver_remove(struct device *dev);

#endif
