// SPDX-License-Identifier: MIT
/*
 * Laws about the object graph when every thread has returned.
 *
 *   counts  Each object is counted by exactly those who hold it.
 *   ids     An ID that was reserved shows its object, is a tombstone, or is
 *           free again.
 *   tables  Page tables, pins, reserved ranges and doorbells are those that
 *           follow from what is mapped and who is attached.
 */
#include <stdlib.h>
#include <string.h>
#include <uik/file.h>
#include <uiommufd/inspect.h>

#include "explore/laws.h"

static void check_context(struct uiommufd_run *run, int fd, const char *law,
			  int (*check)(int fd, FILE *out))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	if (check(fd, NULL) <= 0)
		return;
	out = open_memstream(&text, &size);
	if (!out)
		return;
	check(fd, out);
	fclose(out);
	if (text)
		uiommufd_run_break(run, law, "%.*s", (int)strcspn(text, "\n"),
				   text);
	free(text);
}

static void check_contexts(struct uiommufd_run *run, const char *law,
			   int (*check)(int fd, FILE *out))
{
	/* Who gave up with a warning has forgotten what it held. */
	if (run->scenario->flags & UIOMMUFD_SCENARIO_WARNINGS)
		return;
	for (int fd = uik_fd_next_virtual(-1); fd >= 0;
	     fd = uik_fd_next_virtual(fd))
		check_context(run, fd, law, check);
}

static void check_counts(struct uiommufd_run *run, void *memory)
{
	check_contexts(run, "counts", uiommufd_graph_check);
}

static void check_ids(struct uiommufd_run *run, void *memory)
{
	check_contexts(run, "ids", uiommufd_ids_check);
}

static void check_tables(struct uiommufd_run *run, void *memory)
{
	check_contexts(run, "tables", uiommufd_tables_check);
}

const struct uiommufd_law law_counts = {
	.name = "counts",
	.summary = "counts of objects equal the edges of the object graph",
	.end = check_counts,
};

const struct uiommufd_law law_ids = {
	.name = "ids",
	.summary = "reserved IDs end published, given up or as tombstones",
	.end = check_ids,
};

const struct uiommufd_law law_tables = {
	.name = "tables",
	.summary = "page tables have what is mapped, and nothing else",
	.end = check_tables,
};
