/* SPDX-License-Identifier: MIT */
/*
 * What a vcmdq run has to say, once as text and once as JSON.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <glib.h>
#include <stdio.h>

#include "measure.h"
#include "stream.h"
#include "vmm.h"

#define REPORT_MAX_ROWS 256

struct error_story {
	uint8_t opcode;			/* the illegal command */
	uint32_t code;			/* CONS.ERR */
	uint64_t map[2];		/* of the vEVENT */
	guint events;
	gboolean recovered;
};

struct report {
	uint64_t seed;
	struct uiommufd_platform_config config;
	struct vmm vmm;			/* as built: IDs stay valid to print */
	guint queues;			/* built; vmm counts down at teardown */
	const struct stream *stream;	/* borrowed */
	struct measurement recorded;
	struct latency latency;
	guint row_count;
	struct measurement rows[REPORT_MAX_ROWS];
	struct error_story error;
	struct timeline line;
	struct uiommufd_vcmdq_counters counters;
	struct uiommufd_audit audit;
	gboolean complete;		/* every step got through */
	gboolean interrupted;		/* measured less than was asked */
};

void report_print(const struct report *report, FILE *out);
/* -1: could not be written. */
int report_write_json(const struct report *report, FILE *out);
gboolean report_is_clean(const struct report *report);

#endif
