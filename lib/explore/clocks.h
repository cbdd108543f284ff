/* SPDX-License-Identifier: MIT */
/* Vector clocks: how many steps of each fiber happened before. */
#ifndef EXPLORE_CLOCKS_H
#define EXPLORE_CLOCKS_H

#include <stdint.h>

#include "explore/engine.h"

typedef uint16_t clock_vector[FIBERS_MAX];

/* Written so that a compiler makes a few vector instructions of it. */
static inline void clock_join(uint16_t *clock, const uint16_t *other)
{
	for (unsigned int i = 0; i < FIBERS_MAX; i++)
		clock[i] = other[i] > clock[i] ? other[i] : clock[i];
}

#endif
