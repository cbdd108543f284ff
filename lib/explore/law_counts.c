// SPDX-License-Identifier: MIT
/*
 * Law "counts": when every thread has returned, each object is counted by
 * exactly those who hold it.
 */
#include <stdlib.h>
#include <string.h>
#include <uik/file.h>
#include <uiommufd/inspect.h>

#include "explore/laws.h"

static void check_context(struct uiommufd_run *run, int fd)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	if (uiommufd_graph_check(fd, NULL) <= 0)
		return;
	out = open_memstream(&text, &size);
	if (!out)
		return;
	uiommufd_graph_check(fd, out);
	fclose(out);
	if (text)
		uiommufd_run_break(run, "counts", "%.*s",
				   (int)strcspn(text, "\n"), text);
	free(text);
}

static void check_end(struct uiommufd_run *run, void *memory)
{
	/* Who gave up with a warning has forgotten what it held. */
	if (run->scenario->flags & UIOMMUFD_SCENARIO_WARNINGS)
		return;
	for (int fd = uik_fd_next_virtual(-1); fd >= 0;
	     fd = uik_fd_next_virtual(fd))
		check_context(run, fd);
}

const struct uiommufd_law law_counts = {
	.name = "counts",
	.summary = "counts of objects equal the edges of the object graph",
	.end = check_end,
};
