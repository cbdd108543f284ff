// SPDX-License-Identifier: MIT
/*
 * The slowest hundredth.
 */
#include "tail.h"

#include <stdbool.h>

#define HUNDREDTH 100

struct tail_list {
	uint64_t took;
	uint64_t phase_ps[UIOMMUFD_LAB_PHASES];
};

void tail_init(struct tail *tail, uint64_t lists)
{
	tail->heap = g_array_new(FALSE, FALSE, sizeof(struct tail_list));
	tail->room = MAX(lists / HUNDREDTH, 1);
}

void tail_fini(struct tail *tail)
{
	g_array_unref(tail->heap);
}

static struct tail_list *at(const struct tail *tail, guint i)
{
	return &g_array_index(tail->heap, struct tail_list, i);
}

static void sift_up(struct tail *tail, guint i, const struct tail_list *list)
{
	for (; i && at(tail, (i - 1) / 2)->took > list->took; i = (i - 1) / 2)
		*at(tail, i) = *at(tail, (i - 1) / 2);
	*at(tail, i) = *list;
}

/* From the top, whose list is forgotten. */
static void sift_down(struct tail *tail, const struct tail_list *list)
{
	guint i = 0, child;

	for (; (child = 2 * i + 1) < tail->heap->len; i = child) {
		if (child + 1 < tail->heap->len &&
		    at(tail, child + 1)->took < at(tail, child)->took)
			child++;
		if (at(tail, child)->took >= list->took)
			break;
		*at(tail, i) = *at(tail, child);
	}
	*at(tail, i) = *list;
}

void tail_add(struct tail *tail, uint64_t took, const uint64_t *before,
	      const uint64_t *after)
{
	bool full = tail->heap->len == tail->room;
	struct tail_list list = { .took = took };

	if (full && took <= at(tail, 0)->took)
		return;
	for (int i = 0; i < UIOMMUFD_LAB_PHASES; i++)
		list.phase_ps[i] = after[i] - before[i];
	if (full) {
		sift_down(tail, &list);
		return;
	}
	g_array_set_size(tail->heap, tail->heap->len + 1);
	sift_up(tail, tail->heap->len - 1, &list);
}

void tail_collect(const struct tail *tail, struct uiommufd_lab_result *result)
{
	result->slowest_lists = tail->heap->len;
	for (guint i = 0; i < tail->heap->len; i++) {
		result->slowest_ps += at(tail, i)->took;
		for (int p = 0; p < UIOMMUFD_LAB_PHASES; p++)
			result->slowest_phase_ps[p] += at(tail, i)->phase_ps[p];
	}
}
